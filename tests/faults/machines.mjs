// Two machines on one Redis, and nothing else in common: one is killed with all its processes, again and again, and the
// other sends what it had in hand.
import assert from "node:assert/strict";
import fs from "node:fs";
import { Gateway } from "../peers/lib/gateway.mjs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { full } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Folder, Process, run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Clock } from "./lib/clock.mjs";
import { Fleet } from "./lib/fleet.mjs";
import { ACCEPTED, isAccepted } from "./lib/host.mjs";
import { Work } from "./lib/work.mjs";

const ROUNDS = full ? 20 : 2;
const SOON = 90;
const WORKERS = 2;

/** Like an operator's: every write on disk before it is acknowledged. */
async function startRedis(folder) {
  const socket = folder.join("redis.sock");
  const server = new Process(folder, "redis", "redis-server", [
    ...["--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
  ]);
  await server.ready("Redis answers", 20, async () => (await run("redis-cli", ["-s", socket, "PING"])).trim() === "PONG");
  return socket;
}

await story("Two machines on one Redis", async () => {
  const shared = new Folder();
  atEnd((failed) => shared.close({ keep: failed }));
  const socket = await startRedis(shared);
  const settings = `[redis]\nurl = unix://${socket}\n`;
  const world = await step("the first machine runs", () => World.start({ clock: Clock, settings }));
  const { plaza, gateway: first } = world;
  const redis = (...words) => run("redis-cli", ["-s", socket, ...words]);
  first.redis = redis;
  const living = async () => (await redis("--scan", "--pattern", "worker:*")).split("\n").filter(Boolean);
  /** The names of a machine's workers: those that come when it starts. */
  const start = async (machine) => {
    if (!machine.process?.alive) await machine.start();
    machine.names = await until("its workers live", SOON, async () => {
      const names = (await living()).filter((name) => !machines.some((one) => one !== machine && one.names.includes(name)));
      return names.length === WORKERS && names;
    });
  };

  const folder = new Folder();
  atEnd((failed) => folder.close({ keep: failed }));
  const second = new Gateway(folder, { port: await freePort(), plaza, settings, environment: { DRAWBRIDGE_TEST_CLOCK: world.clock.path } });
  second.redis = redis;
  const machines = [first, second];
  for (const machine of machines) machine.names = [];
  await step("the second one serves the same accounts by the same key", async () => {
    const text = fs.readFileSync(second.configuration, "utf8");
    const own = `public_url = ${first.origin}\nkey_file = ${first.data}/key`;
    fs.writeFileSync(second.configuration, text.replace(/^public_url = .*$/m, own));
    await start(first);
    await start(second);
  });
  atEnd(async () => assert.equal(second.process.alive ? await second.process.stop() : 0, 0, "the second machine stops by itself"));

  const fleet = new Fleet(world);
  atEnd(() => fleet.close());
  const work = new Work(plaza, ["alice"]);
  const kills = [];
  let hanging; // hosts hang on what they are asked to take of this post for the first time

  await step("twenty hosts follow", async () => {
    await plaza.federate("alice", true);
    const actor = await fleet.meet("alice");
    const answer = (post, host) => (hanging && post.json.object.content?.includes(hanging) && host.about(post.object).length === 1 ? { hang: true } : ACCEPTED);
    for (let i = 0; i < 20; i++) await fleet.add({ name: `host ${i}`, answer });
    await fleet.follow(fleet.hosts.map((host) => ({ host, actor })));
  });

  const arrivals = (host, text) => host.posts.filter(({ json }) => json.object?.content?.includes(text));
  const all = (test) => fleet.hosts.every(test);
  /** How much a machine has in hand. */
  const inHand = async ({ names }) => {
    const counts = await Promise.all(names.map(async (name) => Number(await redis("HLEN", name.replace("worker:", "claims:")))));
    return counts.reduce((sum, count) => sum + count);
  };
  const dies = async (machine) => {
    const workers = machine.workers();
    kills.push(performance.now());
    for (const pid of [machine.process.pid, ...workers]) process.kill(pid, "SIGKILL");
    await machine.process.ended;
  };

  for (let round = 0; round < ROUNDS; round++) {
    const [victim, other] = round % 2 ? [second, first] : [first, second];
    await step(`machine ${round % 2 ? 2 : 1} dies, and the other sends what it had in hand`, async () => {
      hanging = `[round ${round}]`;
      const post = await work.post("alice", { words: hanging, kept: true });
      await until("it is on its way to each", SOON, () => all((host) => arrivals(host, hanging).length > 0));
      const count = await inHand(victim);
      await dies(victim);
      const died = kills.at(-1);
      const again = () => fleet.hosts.filter((host) => arrivals(host, hanging).some(({ at }) => at > died));
      await until("what it had in hand comes again", 10, () => again().length >= count);
      console.log(`         ${count} of ${fleet.hosts.length}, after ${((performance.now() - died) / 1000).toFixed(1)} s`);
      for (let i = 0; i < 6; i++) await work.deed();
      // What the other one had in hand breaks, and is tried again in its time.
      for (const host of fleet.hosts) host.server.closeAllConnections();
      await until("everybody has it", SOON, () => all((host) => arrivals(host, hanging).some(isAccepted)) || (world.clock.advance(1), false));
      await work.remove(post);
      const { object } = arrivals(fleet.hosts[0], hanging)[0];
      await until("everybody has the Delete", SOON, () => all((host) => host.about(object).some((one) => one.type === "Delete" && isAccepted(one))));
      hanging = undefined;
      await start(victim);
      assert.ok(other.process.alive);
    });
  }

  await step("all is told, in order, and the ledger says what the logs say", async () => {
    for (const post of work.living) await work.remove(post);
    const lacks = ({ arrivals }) => !arrivals.some((one) => one.type === "Delete" && isAccepted(one));
    await until("every Delete", SOON, () => {
      const [thread] = [...fleet.threads()].filter(lacks);
      if (thread) throw new Error(`${thread.object} at ${thread.host.name}`);
      return true;
    });
    await until("nothing waits", SOON, async () => {
      const left = (await redis("--scan")).split("\n").filter((key) => /^(lane|busy|behind|parked|tried|delays|ready|fanouts|claims|work:jobs)(:|$)/.test(key));
      const jobs = Number(await redis("XLEN", "work:jobs"));
      return jobs === 0 && left.filter((key) => key !== "work:jobs").length === 0;
    });
    fleet.checkSignatures();
    console.log(`         ${fleet.checkOrder()} threads of activities, ${fleet.checkRepetitions(kills)} activities came again`);
    const { pairs, accepted } = await fleet.checkLedger(new Set([...fleet.threads()].map(({ object }) => object)), () => true);
    assert.equal(accepted, pairs);
    for (const machine of machines) assert.deepEqual(machine.findings(), []);
  });
});
