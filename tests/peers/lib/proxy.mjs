// A TCP proxy in front of Plaza: it can break the gateway's connections at the worst place, and it reads along, so that
// every message that crosses is judged by the contract's own files.
import net from "node:net";
import { Contract } from "./contract.mjs";
import { freePort } from "./ports.mjs";
import { Wiretap } from "./wiretap.mjs";

export class Proxy {
  static async start(targetPort) {
    const proxy = new Proxy();
    proxy.pairs = new Set();
    proxy.armed = false;
    proxy.cuts = 0;
    proxy.contract = new Contract();
    proxy.problems = [];
    proxy.server = net.createServer((client) => proxy.join(client, net.connect(targetPort, "127.0.0.1")));
    proxy.port = await freePort();
    proxy.origin = `http://127.0.0.1:${proxy.port}`;
    await new Promise((resolve) => proxy.server.listen(proxy.port, "127.0.0.1", resolve));
    return proxy;
  }

  join(client, platform) {
    const pair = { client, platform, isStream: false };
    const tap = new Wiretap({
      onExchange: (exchange) => this.problems.push(...this.contract.http(exchange)),
      onFrame: (fromService, text) => this.problems.push(...this.contract.frame(fromService, text)),
    });
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      platform.destroy();
    };
    for (const socket of [client, platform]) socket.setNoDelay().on("error", end).on("close", end);
    client.on("data", (data) => {
      if (/^upgrade: *websocket/im.test(data.toString("latin1"))) pair.isStream = true;
      tap.fromClient(data);
      platform.write(data);
    });
    platform.on("data", (data) => {
      const isFrame = pair.isStream && !data.toString("latin1", 0, 4).startsWith("HTTP");
      if (!this.armed || !isFrame || data.length < 8) {
        tap.fromService(data);
        client.write(data);
        return;
      }
      this.armed = false;
      this.cuts++;
      // Half of the frame arrives, then the connection breaks.
      client.end(data.subarray(0, Math.floor(data.length / 2)));
      platform.destroy();
    });
  }

  /** The next frame of a websocket is cut in its middle. */
  cutNextFrame() {
    this.armed = true;
  }

  /** What crossed, and how often: {"getPost 200": 3, …}. */
  crossed() {
    return Object.fromEntries(this.contract.seen);
  }

  close() {
    for (const { client, platform } of this.pairs) for (const socket of [client, platform]) socket.destroy();
    this.server.close();
  }
}
