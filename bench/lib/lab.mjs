// What the benches share: a gateway of one worker with Plaza beside it, CPU time of processes, figures.
import fs from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { atEnd } from "../../tests/peers/lib/harness.mjs";
import { build } from "../../tests/peers/lib/paths.mjs";
import { freePort } from "../../tests/peers/lib/ports.mjs";
import { Process } from "../../tests/peers/lib/processes.mjs";
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

export const rssOf = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

/** A gateway of one worker without limits on who comes how often, Plaza, and alice switched on. */
export async function startLab({ settings = "", workers = 1, proxied = false } = {}) {
  const world = await World.start({ workers, proxied, settings: `[limits]\naddress_per_second = 0\nhost_per_second = 0\ninbox_queue = 999999\nmemory_mib = 4096\n[log]\nlevel = warning\n${settings}` });
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 30, () => gateway.actorOf("alice"));
  const worker = gateway.workers()[0];
  const redis = await gateway.redisPid();
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

export async function startSink(folder, { delay = 0 } = {}) {
  const port = await freePort();
  const process = new Process(folder, `sink-${port}`, path.join(tools, "sink"), [String(port), String(delay)]);
  const posts = async () => (await (await fetch(`http://127.0.0.1:${port}/stats`)).json()).posts;
  await process.ready("the sink answers", 10, async () => (await posts()) >= 0);
  return { port, process, posts };
}

/** The bare loops: microseconds of CPU {sign, verify_parse}. */
export function limits(folder, body) {
  const file = folder.join("limit-body");
  fs.writeFileSync(file, body);
  return JSON.parse(execFileSync(path.join(tools, "limits"), [file], { encoding: "utf8" }));
}

/** The note that Plaza's post becomes, once it is served. */
export async function noteOf({ gateway, actor }) {
  return until("the note is served", 30, async () => {
    const page = await (await fetch(`${actor}/outbox?page=0`, { headers: { accept: "application/activity+json" } })).json();
    return page.orderedItems?.[0]?.object?.id;
  });
}

export { atEnd, until, World };
