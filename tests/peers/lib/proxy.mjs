// A TCP proxy in front of Plaza: it can break the gateway's connections at the worst place, and it reads along, so that
// every message that crosses is judged by the contract's own files. Another one stands in front of the gateway where
// Plaza comes with webhooks (`judge` "hook").
import net from "node:net";
import { Contract } from "./contract.mjs";
import { freePort } from "./ports.mjs";
import { Wiretap } from "./wiretap.mjs";

export class Proxy {
  static async start(targetPort, { contract = new Contract(), judge = "http" } = {}) {
    const proxy = new Proxy();
    proxy.judge = judge;
    proxy.pairs = new Set();
    proxy.armed = false;
    proxy.cuts = 0;
    proxy.contract = contract;
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
      onExchange: (exchange) => this.problems.push(...this.contract[this.judge](exchange)),
      onUpgrade: (target) => this.problems.push(...this.contract.upgrade(target)),
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
      pair.isOpen ||= pair.isStream;
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

  /** Whether a websocket stands, so that what comes next is a frame. */
  get hasStream() {
    return [...this.pairs].some(({ isOpen }) => isOpen);
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
