// A small network on loopback: PLC directory, PDS and AppView, the gateway beside them, and a Fedify server.
import assert from "node:assert/strict";
import fs from "node:fs";
import { spawn } from "node:child_process";
import { Atproto } from "../../peers/lib/atproto.mjs";
import { Fedify } from "../../peers/lib/fedify.mjs";
import { Gateway } from "../../peers/lib/gateway.mjs";
import { atEnd } from "../../peers/lib/harness.mjs";
import { binaries } from "../../peers/lib/paths.mjs";
import { freePort } from "../../peers/lib/ports.mjs";
import { Folder } from "../../peers/lib/processes.mjs";
import { until } from "../../peers/lib/wait.mjs";

export class World {
  /** `firehose` is what the gateway takes for the PDS's stream; `settings` more of the platform's section. */
  static async start({ peer = true, appview = true, workers = 2, settings = "", source = (network) => `source = firehose\nfirehose = ${new URL(network.firehose).origin}`, clock: Clock, hold = 0, page, windowMs, puppetDomain, invites } = {}) {
    const world = new World();
    world.folder = new Folder();
    atEnd((failed) => world.close(failed));
    const port = await freePort();
    const prove = puppetDomain && `${puppetDomain}=http://127.0.0.1:${port}`;
    world.network = await Atproto.start(world.folder, { appview, windowMs, prove, invites });
    if (Clock) world.clock = new Clock(world.folder);
    const own = `${await source(world.network)}
plc = ${world.network.plc}
appview = ${world.network.appview}
hold_seconds = ${hold}
${typeof settings === "function" ? await settings(world) : settings}`;
    const fetching = `[fetch]\nca_file = ${world.network.front.ca}\n`;
    world.gateway = new Gateway(world.folder, {
      configure: page && ((gateway) => `${world.asWritten(page.configuration[0] + page.configuration[1], gateway)}${own}${fetching}`),
      port,
      workers,
      environment: world.clock ? { DRAWBRIDGE_TEST_CLOCK: world.clock.path } : {},
      settings: `${fetching}
[platform bluesky]
adapter = bluesky
${own}`,
    });
    await world.gateway.start();
    if (peer) world.peer = await Fedify.start(world.folder);
    return world;
  }

  /** An account that speaks for remote people, with an app password; the page's configuration names both. */
  static async relay(world) {
    const { network, folder } = world;
    network.relay = await network.join("relay");
    const { password } = await network.relay.call("com.atproto.server.createAppPassword", { name: "drawbridge" });
    const file = folder.join("relay.token");
    fs.writeFileSync(file, password, { mode: 0o600 });
    world.relayFile = file;
    return "";
  }

  /** What the page says of somebody's machine, said of this one. */
  asWritten(text, gateway) {
    const here = {
      "https://bridge.example.com": gateway.origin,
      "127.0.0.1:8080": gateway.host,
      "data_dir = /var/lib/drawbridge": `data_dir = ${gateway.data}\nmode = lab\nworkers = 2`,
      "bridge-bot.bsky.social": "relay.test",
      "/etc/drawbridge/bluesky.password": this.relayFile,
      "alice.bsky.social": "alice.test",
    };
    return Object.entries(here).reduce((written, [there, ours]) => written.replaceAll(there, ours), text);
  }

  /** A command of the page: it names a configuration file, which is ours. */
  runAsWritten(command) {
    const [program, ...words] = this.asWritten(command, this.gateway).split(" ");
    assert.deepEqual([program, ...words.slice(-2)], ["drawbridge", "-c", "drawbridge.ini"]);
    return this.drawbridge(...words.slice(0, -2));
  }

  /** The command line: {status, stdout, stderr}. First may come {input}: what stands on its standard input. */
  drawbridge(...words) {
    const { input = "" } = typeof words[0] === "object" ? words.shift() : {};
    const child = spawn(binaries.drawbridge, [...words, "-c", this.gateway.configuration], { env: { ...process.env, ...this.gateway.environment } });
    const said = { stdout: "", stderr: "" };
    child.stdin.on("error", () => {}).end(input);
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (said[name] += text));
    return new Promise((resolve) => child.once("close", (status) => resolve({ status, ...said })));
  }

  /** Proves control of a person's account by a code in the profile; the actor's id. */
  async enrol(person, ...options) {
    const first = await this.drawbridge("account", "add", `bluesky:${person.handle}`, ...options);
    const code = /drawbridge-[a-z0-9]{4}-[a-z0-9]{4}/.exec(first.stdout)?.[0];
    assert.ok(code, `no code: ${first.stdout}${first.stderr}`);
    await person.profile({ displayName: person.handle, description: `Here is ${code}` });
    const second = await this.drawbridge("account", "add", `bluesky:${person.handle}`, ...options);
    assert.equal(second.status, 0, second.stdout + second.stderr);
    return second.stdout.trim().split("\n").pop().trim();
  }

  /** Fedify follows the actor and was accepted. */
  async follow(actor, handle) {
    await this.peer.follow(handle);
    await until("the Accept", 20, () => this.peer.follows(actor));
  }

  /** What the gateway has logged. */
  log() {
    return fs.readFileSync(this.gateway.process.logPath, "utf8");
  }

  arrivals() {
    return this.peer.arrivals(this.gateway.origin);
  }

  /** The first activity that passes; every one that does counts with `all`. */
  arrived(what, test, seconds = 20) {
    return until(what, seconds, async () => (await this.arrivals()).find(test));
  }

  create(text, seconds) {
    return this.arrived(`the Create of "${text}"`, ({ type, object }) => type === "Create" && object.content?.includes(text), seconds);
  }

  async close(failed) {
    const problems = [];
    if (this.gateway?.process?.alive) {
      const code = await this.gateway.process.stop().catch((error) => error.message);
      if (code !== 0) problems.push(`the gateway ended with ${code} on SIGTERM`);
    }
    if (this.gateway?.process) problems.push(...this.gateway.findings());
    await this.network?.process.stop().catch((error) => problems.push(error.message));
    this.network?.front.server.close();
    this.network?.front.server.closeAllConnections();
    const bad = failed || problems.length > 0;
    if (bad)
      for (const [name, text] of this.folder.logs())
        console.log(`---- ${this.folder.join(name)}, its end:\n${text.trimEnd().split("\n").slice(-40).join("\n")}`);
    await this.folder.close({ keep: bad });
    assert.deepEqual(problems, [], "the servers stop by themselves and leave nothing bad in their logs");
  }
}
