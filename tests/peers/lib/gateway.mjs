// The gateway under test: `drawbridge serve` with its own folder, and what a test may ask of it from outside.
import fs from "node:fs";
import { get, webfingerUrl } from "./http.mjs";
import { binaries } from "./paths.mjs";
import { Process, childrenOf, isAlive, run } from "./processes.mjs";
import { until } from "./wait.mjs";

export class Gateway {
  /** `settings` is more of the configuration file, at its end, `configure` writes all of it; `environment` more of the process's. `publicUrl` where others reach it, if not at its port. */
  constructor(folder, { port, plaza, workers = 2, settings = "", environment = {}, publicUrl, mode = "lab", configure }) {
    this.folder = folder;
    this.environment = environment;
    this.host = `127.0.0.1:${port}`;
    this.origin = `http://${this.host}`;
    this.data = folder.join("gateway");
    this.configuration = folder.join("drawbridge.ini");
    fs.writeFileSync(
      this.configuration,
      configure?.(this) ??
        `[gateway]
public_url = ${publicUrl ?? this.origin}
listen = ${this.host}
data_dir = ${this.data}
mode = ${mode}
workers = ${workers}

${plaza ? `[platform plaza]\nadapter = platform\nurl = ${plaza.publicOrigin}\ntoken_file = ${plaza.tokenFile}\n` : ""}${settings}`,
    );
  }

  async start() {
    this.process = new Process(this.folder, "gateway", binaries.drawbridge, ["serve", "-c", this.configuration], this.environment);
    await this.isReady(60);
  }

  async isReady(seconds = 30) {
    await this.process.ready("the gateway is ready", seconds, async () => (await get(`${this.origin}/readyz`)).status === 200);
  }

  /** The worker processes' ids. */
  workers() {
    return childrenOf(this.process.pid)
      .filter(({ name }) => name.startsWith("drawbridge"))
      .map(({ pid }) => pid);
  }

  redis(...args) {
    return run("redis-cli", ["-s", `${this.data}/redis.sock`, ...args]);
  }

  async redisPid() {
    return Number(/process_id:(\d+)/.exec(await this.redis("INFO", "server"))[1]);
  }

  async killWorkers() {
    const pids = this.workers();
    if (pids.length === 0) throw new Error("the supervisor has no worker");
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await until("the supervisor has new workers", 20, () => this.workers().some((pid) => !pids.includes(pid)));
    await this.isReady();
  }

  /** Kills one of the workers, whichever. */
  async killWorker() {
    const pids = this.workers();
    if (pids.length === 0) return;
    process.kill(pids[Math.floor(Math.random() * pids.length)], "SIGKILL");
    await this.isReady(60);
  }

  /** As an init system would: kills the supervisor and starts another while the first one's workers still drain. */
  async replaceSupervisor() {
    await this.process.kill();
    await this.start();
  }

  /** Kills the supervisor and nothing else; its workers must notice and drain. Then starts anew on what is left. */
  async killSupervisor() {
    const workers = this.workers();
    await this.process.kill();
    await until("the workers of a killed supervisor end", 45, () => !workers.some(isAlive));
    await this.start();
  }

  async killRedis() {
    const pid = await this.redisPid();
    process.kill(pid, "SIGKILL");
    await until("Redis runs again", 40, async () => (await this.redisPid()) !== pid);
    await this.isReady();
  }

  /** The actor's id behind an account's handle. */
  async actorOf(name) {
    const { status, json } = await get(webfingerUrl(this.origin, `acct:${name}@${this.host}`));
    if (status !== 200) throw new Error(`webfinger for ${name}: ${status}`);
    return json.links.find(({ rel }) => rel === "self").href;
  }

  /** What no run may leave behind in the log: findings of the sanitizers, crashes. */
  findings() {
    const log = fs.readFileSync(this.process.logPath, "utf8");
    return log.match(/^.*(ERROR: (Address|Leak|Undefined)|runtime error:|Assertion .* failed|SUMMARY: ).*$/gm) ?? [];
  }
}
