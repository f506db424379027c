// A TCP proxy in front of Plaza that can break the gateway's connections at the worst place.
import net from "node:net";
import { freePort } from "./ports.mjs";

export class Proxy {
  static async start(targetPort) {
    const proxy = new Proxy();
    proxy.pairs = new Set();
    proxy.armed = false;
    proxy.cuts = 0;
    proxy.server = net.createServer((client) => proxy.join(client, net.connect(targetPort, "127.0.0.1")));
    proxy.port = await freePort();
    proxy.origin = `http://127.0.0.1:${proxy.port}`;
    await new Promise((resolve) => proxy.server.listen(proxy.port, "127.0.0.1", resolve));
    return proxy;
  }

  join(client, platform) {
    const pair = { client, platform, isStream: false };
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      client.destroy();
      platform.destroy();
    };
    for (const socket of [client, platform]) socket.on("error", end).on("close", end);
    client.on("data", (data) => {
      if (/^upgrade: *websocket/im.test(data.toString("latin1"))) pair.isStream = true;
      platform.write(data);
    });
    platform.on("data", (data) => {
      const isFrame = pair.isStream && !data.toString("latin1", 0, 4).startsWith("HTTP");
      if (!this.armed || !isFrame || data.length < 8) {
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

  close() {
    for (const { client, platform } of this.pairs) for (const socket of [client, platform]) socket.destroy();
    this.server.close();
  }
}
