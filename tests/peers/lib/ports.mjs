// Ports below 32768: those above are handed out to outgoing connections at random.
import net from "node:net";
import { randomInt } from "node:crypto";

const isFree = (port) =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });

const given = new Set();

// Tests run side by side: each process looks in a block of its own first, so that two of them do not find the same port
// free at the same moment.
const BLOCK = 80;
const first = 12000 + (process.pid % 250) * BLOCK;

/** A port on loopback that nothing listens on; `wanted` if that one is free. */
export async function freePort(wanted) {
  for (let tries = 0; tries < 200; tries++) {
    const port = tries === 0 && wanted ? wanted : tries < 50 ? first + randomInt(BLOCK) : randomInt(12000, 32000);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error("no free port on 127.0.0.1 between 12000 and 32000");
}
