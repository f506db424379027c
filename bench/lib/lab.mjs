// What the benches share: a gateway of one worker with Plaza beside it, CPU time of processes, figures.
import fs from "node:fs";
import path from "node:path";
import { execFileSync, spawn } from "node:child_process";
import { atEnd } from "../../tests/peers/lib/harness.mjs";
import { build } from "../../tests/peers/lib/paths.mjs";
import { freePort } from "../../tests/peers/lib/ports.mjs";
import { Process, childrenOf } from "../../tests/peers/lib/processes.mjs";
import { until } from "../../tests/peers/lib/wait.mjs";
import { World } from "../../tests/peers/lib/world.mjs";

export const tools = path.join(build, "bench/tools");
const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** `figure NAME VALUE UNIT`: what ./dev bench keeps. */
export const figure = (name, value, unit = "") => console.log(`figure ${name} ${Number(value.toPrecision(4))} ${unit}`.trimEnd());

/** CPU seconds of a process, its threads included. */
export function cpuOf(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export const cpuOfAll = (pids) => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);

/** Waits until the processes have used no CPU to speak of for half a second: keys that are being made, work that is left. */
export async function untilRest(pids) {
  let last = cpuOfAll(pids);
  let since = performance.now();
  await until("the server is at rest", 120, () => {
    const now = cpuOfAll(pids);
    if (now - last > 0.015) [last, since] = [now, performance.now()];
    return performance.now() - since > 500;
  });
}

export const rssOf = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

/** A gateway of one worker without limits on who comes how often, Plaza, and alice switched on. */
export async function startLab({ settings = "", limits = "", workers = 1, proxied = false } = {}) {
  const world = await World.start({ workers, proxied, settings: `[limits]\naddress_per_second = 0\nhost_per_second = 0\ninbox_queue = 999999\nmemory_mib = 4096\n${limits}\n[log]\nlevel = warning\n${settings}` });
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 30, () => gateway.actorOf("alice"));
  const worker = gateway.workers()[0];
  const redis = await gateway.redisPid();
  await untilRest([worker, redis]);
  return { world, folder: world.folder, plaza, gateway, actor, aid: actor.split("/").pop(), worker, redis };
}

/** CPU seconds that `action` costs each of the processes: {took, worker: …, redis: …}. */
export async function measured(processes, action) {
  const before = Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuOf(pid)]));
  const began = performance.now();
  const value = await action();
  const took = (performance.now() - began) / 1000;
  return { value, took, ...Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuOf(pid) - before[name]])) };
}

/** A server on all of 127.0.0.0/8 that takes every POST; with an `authority` over TLS, each address with a certificate of its own. */
export async function startSink(folder, { delay = 0, authority } = {}) {
  const port = await freePort();
  const stats = await freePort();
  const tls = authority ? [authority.certificate, authority.key] : [];
  const process = new Process(folder, `sink-${port}`, path.join(tools, "sink"), [port, stats, delay, ...tls].map(String));
  const posts = async () => (await (await fetch(`http://127.0.0.1:${stats}/`)).json()).posts;
  await process.ready("the sink answers", 10, async () => (await posts()) >= 0);
  return { port, scheme: authority ? "https" : "http", process, posts };
}

/**
 * Signs all messages, then lets `go` decide when they are sent: `go(pid, send)`, where send() answers
 * {sent, accepted, other, seconds}. `words` as bench/tools/inbox_load takes them.
 */
export async function load(words, go) {
  const child = spawn(path.join(tools, "inbox_load"), words.map(String), { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  const signed = new Promise((resolve) => child.stdout.on("data", (data) => ((out += data).includes("signed") ? resolve() : undefined)));
  const ended = new Promise((resolve, reject) => child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`inbox_load ended with ${code}`)))));
  await Promise.race([signed, ended]);
  return go(child.pid, async () => {
    child.stdin.end("\n");
    await ended;
    return JSON.parse(out.split("\n")[1]);
  });
}

/**
 * Requests that wrk had answered; every answer must be 200 with the whole body. `closes`: the server closes each
 * connection after its answer, which wrk takes for an error of reading.
 */
export function wrk(url, { seconds, connections, closes = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-H", "Accept: application/activity+json", url]);
    let out = "";
    child.stdout.on("data", (data) => (out += data));
    child.once("error", reject);
    child.once("close", () => {
      const text = closes ? out.replace(/Socket errors: connect 0, read \d+, write 0, timeout 0/, "") : out;
      if (/Non-2xx|Socket errors/.test(text)) reject(new Error(out));
      else resolve(Number(/(\d+) requests in/.exec(out)[1]));
    });
  });
}

/** One nginx worker that serves the bytes as files. */
export async function startNginx(folder, files) {
  const port = await freePort();
  fs.mkdirSync(folder.join("www"));
  for (const [name, body] of Object.entries(files)) fs.writeFileSync(folder.join("www", name), body);
  fs.chmodSync(folder.path, 0o755);
  fs.writeFileSync(
    folder.join("nginx.conf"),
    `worker_processes 1; daemon off; pid ${folder.join("nginx.pid")}; error_log ${folder.join("nginx-error.log")};
events { worker_connections 20000; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_timeout 600; keepalive_requests 100000000; default_type application/activity+json;
  client_body_temp_path ${folder.join("t1")}; proxy_temp_path ${folder.join("t2")}; fastcgi_temp_path ${folder.join("t3")};
  uwsgi_temp_path ${folder.join("t4")}; scgi_temp_path ${folder.join("t5")};
  open_file_cache max=100; server { listen 127.0.0.1:${port}; root ${folder.join("www")}; } }\n`,
  );
  const process = new Process(folder, "nginx", "nginx", ["-c", folder.join("nginx.conf"), "-p", folder.path]);
  await process.ready("nginx answers", 10, async () => (await fetch(`http://127.0.0.1:${port}/actor`)).ok);
  return { origin: `http://127.0.0.1:${port}`, worker: childrenOf(process.pid)[0].pid };
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/**
 * What nothing can pass, in microseconds of CPU, by a bare loop: "sign" or "verify_parse". It is measured anew beside each
 * measurement that is held against it, since a virtual machine is not as fast from one minute to the next.
 */
export function limit(folder, what, body = "") {
  const file = folder.join("limit-body");
  fs.writeFileSync(file, body);
  return Number(execFileSync(path.join(tools, "limits"), [file, what], { encoding: "utf8" }));
}

/** The note that Plaza's post becomes, once it is served. */
export async function noteOf({ gateway, actor }) {
  return until("the note is served", 30, async () => {
    const page = await (await fetch(`${actor}/outbox?page=0`, { headers: { accept: "application/activity+json" } })).json();
    return page.orderedItems?.[0]?.object?.id;
  });
}

export { atEnd, until, World };
