// Requests byte by byte, as no client would write them.
import net from "node:net";

/** Sends pieces, waiting `pause` ms between them, and reads until the server closes: {status, text, ms}. */
export function exchange(origin, pieces, { pause = 0, patience = 60_000 } = {}) {
  const { hostname, port } = new URL(origin);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    const chunks = [];
    let next = 0;
    const send = () => {
      if (next >= pieces.length || socket.destroyed) return;
      socket.write(Buffer.from(pieces[next++], "latin1"));
      if (pause) setTimeout(send, pause).unref();
      else send();
    };
    socket.setTimeout(patience, () => socket.destroy());
    socket.on("connect", send);
    socket.on("data", (data) => chunks.push(data));
    socket.on("error", () => {});
    socket.on("close", () => {
      const text = Buffer.concat(chunks).toString("latin1");
      const ms = performance.now() - began;
      if (ms >= patience) reject(new Error(`the server did not close within ${patience} ms: ${text.slice(0, 100)}`));
      else resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), answers: (text.match(/^HTTP\/1\.1 \d{3}/gm) ?? []).length, text, ms });
    });
  });
}

export const retryAfter = (text) => Number(/\r\nRetry-After: (\d+)\r\n/.exec(text)?.[1]);
