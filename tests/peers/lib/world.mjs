// One small fediverse on loopback: Plaza, the gateway beside it, and a real server whose people follow and answer.
import assert from "node:assert/strict";
import fs from "node:fs";
import { randomBytes } from "node:crypto";
import { Fedify } from "./fedify.mjs";
import { Gateway } from "./gateway.mjs";
import { atEnd } from "./harness.mjs";
import { Plaza } from "./plaza.mjs";
import { freePort } from "./ports.mjs";
import { Folder } from "./processes.mjs";
import { Proxy } from "./proxy.mjs";
import { Snac } from "./snac.mjs";

const peerClasses = { fedify: Fedify, snac: Snac };

export class World {
  /**
   * `peer` is "fedify", "snac" or nothing; `proxied` puts the proxy that reads along between the gateway and
   * Plaza; `platform` is Plaza or the example of docs/contract; `settings` is more of the gateway's configuration; `clock` a class whose instance the gateway's clock goes by; `environment` a function from its data folder to more of its environment.
   * `ownerPages`: Plaza lets members in to their pages at the gateway; [admin] is the caller's to set.
   * `events` is the carrier of Plaza's events, "websocket", "poll" or "webhook"; without it the gateway chooses.
   */
  static async start({ peer, proxied = true, ports = {}, workers = 2, testApi = true, platform: Platform = Plaza, settings = "", clock: Clock, events, ownerPages = false, environment: more } = {}) {
    const world = new World();
    world.folder = new Folder();
    atEnd((failed) => world.close(failed));
    const plazaPort = await freePort(ports.plaza);
    const gatewayPort = await freePort(ports.gateway);
    if (proxied) world.proxy = await Proxy.start(plazaPort);
    if (events) settings = `events = ${events}\n${settings}`;
    if (events === "webhook" || ownerPages) {
      if (events === "webhook") world.hookProxy = await Proxy.start(gatewayPort, { contract: world.proxy.contract, judge: "hook" });
      world.hookSecret = world.folder.join("webhook-secret");
      fs.writeFileSync(world.hookSecret, `whsec_${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
      settings = `webhook_secret_file = ${world.hookSecret}\n${settings}`;
    }
    world.plaza = new Platform(world.folder, {
      port: plazaPort,
      fediverseHost: `127.0.0.1:${gatewayPort}`,
      publicOrigin: world.proxy?.origin,
      testApi,
      more: [
        ...(world.hookProxy ? ["--webhook", `${world.hookProxy.origin}/hooks/contract/plaza`] : []),
        ...(ownerPages ? ["--owner-pages", `http://127.0.0.1:${gatewayPort}/hooks/contract/plaza/sign-in`] : []),
        ...(world.hookSecret ? ["--webhook-secret-file", world.hookSecret] : []),
      ],
    });
    await world.plaza.start();
    if (Clock) world.clock = new Clock(world.folder);
    const environment = { ...(world.clock ? { DRAWBRIDGE_TEST_CLOCK: world.clock.path } : {}), ...more?.(world.folder.join("gateway")) };
    world.gateway = new Gateway(world.folder, { port: gatewayPort, plaza: world.plaza, workers, settings, environment });
    await world.gateway.start();
    if (peer) world.peer = await peerClasses[peer].start(world.folder, { port: ports.peer });
    return world;
  }

  /** Stops what can be stopped by itself and checks how it went; ends the rest; shows the logs of a failure. */
  async close(failed) {
    const problems = [];
    for (const { process } of [this.gateway, this.plaza].filter((server) => server?.process?.alive)) {
      const code = await process.stop().catch((error) => error.message);
      if (code !== 0) problems.push(`${process.name} ended with ${code} on SIGTERM`);
    }
    problems.push(...(this.gateway?.process ? this.gateway.findings() : []));
    for (const proxy of [this.proxy, this.hookProxy].filter(Boolean)) {
      problems.push(...proxy.problems.slice(0, 10));
      proxy.close();
    }
    const bad = failed || problems.length > 0;
    if (bad) this.showLogs();
    await this.folder.close({ keep: bad });
    assert.deepEqual(problems, [], "the servers stop by themselves and leave nothing bad in their logs");
  }

  showLogs() {
    for (const [name, text] of this.folder.logs())
      console.log(`---- ${this.folder.join(name)}, its end:\n${text.trimEnd().split("\n").slice(-40).join("\n")}`);
  }
}
