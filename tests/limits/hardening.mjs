// What a gateway that runs has given up, as the system tells it, and that it works without it. The build that is tested
// carries sanitizers: what they need (reading their own process at its end) is switched off for this test.
import assert from "node:assert/strict";
import fs from "node:fs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { childrenOf } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const status = (pid, name) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
const softLimit = (pid, name) => new RegExp(`^${name}\\s+(\\S+)`, "m").exec(fs.readFileSync(`/proc/${pid}/limits`, "utf8"))[1];

await story("A gateway that has given up its rights", async () => {
  process.env.DRAWBRIDGE_TEST_HARDENING = "1";
  process.env.ASAN_OPTIONS = "detect_leaks=0";
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const supervisor = gateway.process.pid;
  const redis = childrenOf(supervisor).find(({ name }) => name.startsWith("redis")).pid;
  const log = () => fs.readFileSync(gateway.process.logPath, "utf8");

  const bothAreBound = () =>
    until("both are bound", 20, () => gateway.workers().filter((pid) => status(pid, "Seccomp") === "2").length === 2);

  await step("the whole family: no new privileges, no core dumps", async () => {
    for (const pid of [supervisor, redis, ...gateway.workers()]) {
      assert.equal(status(pid, "NoNewPrivs"), "1", `process ${pid}`);
      assert.equal(softLimit(pid, "Max core file size"), "0", `process ${pid}`);
    }
  });
  await step("workers: a filter of system calls on each thread, keys in locked memory, as many files as they need", async () => {
    await bothAreBound();
    for (const pid of gateway.workers()) {
      for (const thread of fs.readdirSync(`/proc/${pid}/task`)) assert.equal(status(`${pid}/task/${thread}`, "Seccomp"), "2");
      assert.ok(Number(softLimit(pid, "Max open files")) <= 65536);
      if (!log().includes("locked memory")) assert.ok(Number(status(pid, "VmLck")) >= 4096);
    }
  });
  await step("a worker that is killed is followed by one as bound", async () => {
    await gateway.killWorkers();
    await bothAreBound();
  });
  await step("it works: an account is switched on, a name resolved, an actor fetched, an activity kept, a post published", async () => {
    const stranger = await Stranger.start("stranger");
    atEnd(() => stranger.close());
    await plaza.federate("alice", true);
    const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
    assert.equal((await stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor))).status, 202);
    const followers = async () => (await get(`${actor}/followers`)).json?.totalItems;
    await until("the Follow counted", 20, async () => (await followers()) === 1);
    await plaza.post("alice", "written by a gateway with few rights");
    await until("the post is in the outbox", 20, async () => (await get(`${actor}/outbox`)).json?.totalItems === 1);
  });
  await step("the log says of nothing that it is missing, where the kernel has it all", async () => {
    const missing = log().match(/missing=.*/g) ?? [];
    assert.deepEqual(missing.filter((line) => !/Landlock|locked memory/.test(line)), []);
  });
});
