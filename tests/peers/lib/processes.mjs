// The processes of a test: each in a process group of its own and in the folder of the test, so that none outlives it.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { until } from "./wait.mjs";

const guardScript = fileURLToPath(new URL("guard.sh", import.meta.url));

/** A folder in which processes run; `close` ends them all, and a guard does so when this process dies. */
export class Folder {
  constructor() {
    // Short, because a unix socket's path must fit 107 bytes.
    this.path = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "drawbridge-"));
    this.guard = spawn("/bin/sh", [guardScript, this.path], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.guardEnded = new Promise((resolve) => this.guard.once("exit", resolve));
  }

  join(...parts) {
    return path.join(this.path, ...parts);
  }

  async close({ keep = false } = {}) {
    this.guard.stdin.end();
    const code = await this.guardEnded;
    if (code !== 0) throw new Error(`processes in ${this.path} could not be ended`);
    if (!keep) fs.rmSync(this.path, { recursive: true, force: true });
  }

  /** Every log that a process wrote: [name, text]. */
  logs() {
    return fs
      .readdirSync(this.path)
      .filter((name) => name.endsWith(".log"))
      .map((name) => [name, fs.readFileSync(this.join(name), "utf8")]);
  }
}

/** One process. Its output goes to NAME.log in the folder, over restarts too. */
export class Process {
  constructor(folder, name, command, args, environment = {}) {
    this.name = name;
    this.logPath = folder.join(`${name}.log`);
    const log = fs.openSync(this.logPath, "a");
    this.child = spawn(command, args, {
      cwd: folder.path,
      env: { ...process.env, ...environment },
      stdio: ["ignore", log, log],
      detached: true,
    });
    fs.closeSync(log);
    this.pid = this.child.pid;
    this.ended = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => resolve((this.end = { code, signal })));
      this.child.once("error", (error) => resolve((this.end = { error })));
    });
  }

  get alive() {
    return this.end === undefined;
  }

  /** Waits until `probe` is true; fails at once when the process ends before that. */
  async ready(what, seconds, probe) {
    await until(what, seconds, async () => !this.alive || (await probe()));
    if (!this.alive) throw new Error(`${this.name} ended (${JSON.stringify(this.end)}): ${this.tail(8)}`);
  }

  tail(lines) {
    return fs.readFileSync(this.logPath, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  signal(name) {
    if (this.alive) process.kill(this.pid, name);
  }

  async kill() {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** SIGTERM; the exit code. After `seconds` it is killed and that is an error. */
  async stop(seconds = 45) {
    this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), seconds * 1000);
    const { code, signal, error } = await this.ended;
    clearTimeout(late);
    if (error) throw error;
    if (signal) throw new Error(`${this.name} did not end by itself within ${seconds} s of SIGTERM (${signal})`);
    return code;
  }
}

/** Runs a program to its end; its standard output. */
export function run(command, args, { cwd = "/", input, seconds = 20, environment = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...environment } });
    let out = "";
    let err = "";
    const late = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(late);
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(" ")}: ${signal ?? code}: ${(err || out).trim()}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}

/** The children of a process: [{pid, name}]. */
export function childrenOf(pid) {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children
    .split(" ")
    .filter(Boolean)
    .map((child) => ({ pid: Number(child), name: nameOf(child) }));
}

function nameOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

/** Whether a process runs. One that ended and that nobody has buried (in a container without an init) does not. */
export const isAlive = (pid) => {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};
