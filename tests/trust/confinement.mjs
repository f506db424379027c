// C: what the processes have given up, asked from inside: foreign code wakes in a worker, and in Redis, and tries.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { build } from "../peers/lib/paths.mjs";
import { childrenOf } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { guard } from "./guard.mjs";

const status = (pid, name) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
const RSA = Buffer.from("2a864886f70d010101", "hex"); // rsaEncryption, in any private key that lies open

await story("What the processes have given up", async () => {
  const place = fs.mkdtempSync("/tmp/drawbridge-trust-");
  atEnd(() => fs.rmSync(place, { recursive: true, force: true }));
  let seen;
  const outside = path.join(place, "outside");
  const world = await step("Plaza and the gateway run, foreign code in it", () =>
    World.start({
      workers: 1,
      environment: (data) => (fs.mkdirSync(data, { mode: 0o700 }), (seen = path.join(data, "seen")), {
        DRAWBRIDGE_TEST_HARDENING: "1",
        LD_PRELOAD: path.join(build, "tests/trust/libtrust_implant.so"),
        ASAN_OPTIONS: "detect_leaks=0:verify_asan_link_order=0",
        TRUST_SEEN: seen,
        TRUST_OUTSIDE: outside,
        TRUST_INSIDE: path.join(data, "foreign"),
      }),
    }),
  );
  const { plaza, gateway } = world;
  const supervisor = gateway.process.pid;
  const redis = childrenOf(supervisor).find(({ name }) => name.startsWith("redis")).pid;
  const stranger = await Stranger.start("stranger");
  atEnd(() => stranger.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  await step("it works", async () => assert.equal((await stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor))).status, 202));

  /** What foreign code in that program could do. */
  const can = (who) => {
    const lines = fs.readFileSync(seen, "utf8").split("\n").filter((line) => line.startsWith(who));
    return Object.fromEntries(lines.map((line) => [line.split(" ").slice(1, -1).join(" "), line.endsWith(" yes")]));
  };
  const inWorker = await step("foreign code wakes in a worker", async () => {
    const place = "http://implant.example/users/x";
    await stranger.post(`${gateway.origin}/inbox`, { ...stranger.activity("Wave", actor), actor: place }, { keyId: `${place}#main-key` });
    return until("it has tried", 10, () => Object.keys(can("drawbridge")).length === 8 && can("drawbridge"));
  });
  const inRedis = await step("foreign code wakes in Redis", async () => {
    await gateway.redis("REPLICAOF", "implant.example", "6379");
    const result = await until("it has tried", 10, () => Object.keys(can("redis-server")).length === 8 && can("redis-server"));
    await gateway.redis("REPLICAOF", "NO", "ONE");
    return result;
  });
  /** A kernel may not have it; then the log says so. */
  const isMissing = (what) => new RegExp(`missing=.*${what}`).test(fs.readFileSync(gateway.process.logPath, "utf8"));
  const cannot = (found, ...acts) => assert.deepEqual(acts.map((act) => [act, found[act]]), acts.map((act) => [act, false]));

  await guard("C1", "no program that is started gets more rights than its parent", async () => {
    for (const pid of [supervisor, redis, ...gateway.workers()]) assert.equal(status(pid, "NoNewPrivs"), "1", `process ${pid}`);
  });
  await guard("C2", "no process leaves its memory on the disk", async () => {
    for (const pid of [supervisor, redis, ...gateway.workers()]) assert.match(fs.readFileSync(`/proc/${pid}/limits`, "utf8"), /^Max core file size +0 +0 /m);
  });
  await guard("C3", "nobody writes outside of the data folder", async () => {
    assert.equal(inRedis["writes outside"], isMissing("Landlock"));
    assert.equal(inRedis["writes inside"], true, "or this test would see nothing");
    assert.equal(fs.existsSync(outside), isMissing("Landlock"));
  });
  await guard("C4", "a worker opens no file for writing", async () => cannot(inWorker, "writes inside", "writes outside"));
  await guard("C5", "a worker starts no program and no process", async () => cannot(inWorker, "forks", "starts programs"));
  await guard("C6", "a worker makes no code", async () => cannot(inWorker, "makes code"));
  await guard("C7", "a worker has sockets of the kinds that it needs and of no other", async () => cannot(inWorker, "opens packet sockets"));
  await guard("C8", "a worker looks into no other process and sends it nothing", async () => cannot(inWorker, "reads its parent", "signals its parent"));
  await guard("C9", "keys that are used lie in locked memory", async () => {
    for (const pid of gateway.workers()) assert.ok(Number(status(pid, "VmLck")) >= 4096 || isMissing("locked memory"), `${status(pid, "VmLck")} kB`);
  });
  await guard("C10", "keys that rest are sealed", async () => {
    const folder = path.join(gateway.data, "appendonlydir");
    const bytes = Buffer.concat(fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name))));
    assert.ok(bytes.includes("private_key"), "or this test would see nothing");
    assert.ok(!bytes.includes(RSA) && !bytes.includes("PRIVATE KEY"));
  });
  await guard("C11", "what the gateway writes is for its owner only", async () => {
    const open = fs.readdirSync(gateway.data, { recursive: true }).filter((name) => fs.statSync(path.join(gateway.data, name)).mode & 0o077);
    assert.deepEqual(open, []);
  });
});
