// Thousands of connections that mean no good, and one honest server that is served as if they were not there. Full size:
// 12,000, of which 10,000 stand at once, for 60 s, against the build without sanitizers; in CI a few hundred for some seconds.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { full } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const CONNECTIONS = full ? 12_000 : 300;
const AT_ONCE = full ? 10_000 : 240;
const SECONDS = full ? 60 : 5;
const P99_MS = 1000;
// What both workers may take in all above what they take when nothing happens, and what may be left a minute later.
// Sanitizers keep what was freed and take several times as much.
const PEAK_MIB = full ? 450 : 800;
const LEFT_MIB = full ? 64 : 400;

const program = process.env.DRAWBRIDGE_HOSTILE;

const percentile = (values, part) => [...values].sort((one, other) => one - other)[Math.ceil(values.length * part) - 1];
const summary = (values) =>
  `${values.length} times, p50 ${percentile(values, 0.5).toFixed(0)} ms, p99 ${percentile(values, 0.99).toFixed(0)} ms, most ${Math.max(...values).toFixed(0)} ms`;

/** Runs `action` again and again until `over()`; how long each took. */
async function measure(pause, over, action) {
  const times = [];
  while (!over()) {
    const began = performance.now();
    await action();
    times.push(performance.now() - began);
    await delay(Math.max(0, pause - (performance.now() - began)));
  }
  return times;
}

await story(`${CONNECTIONS} hostile connections for ${SECONDS} s`, async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const friend = await Stranger.start("friend");
  atEnd(() => friend.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${gateway.origin}/inbox`;
  const post = await plaza.post("alice", "Say what you like");
  const note = await until("the note is in the outbox", 20, async () => {
    const page = await get(`${actor}/outbox?page=0`);
    return page.json.orderedItems[0].object.id ?? page.json.orderedItems[0].object;
  });
  const workers = gateway.workers();
  const resident = () =>
    workers.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024, 0);

  const deliver = async () => {
    const answer = await friend.post(inbox, friend.activity("Wave", actor));
    assert.equal(answer.status, 202, answer.text);
  };
  let replies = 0;
  const reply = async () => {
    const text = `Reply number ${++replies}.`;
    const id = `${friend.actor}/notes/${replies}`;
    const to = ["https://www.w3.org/ns/activitystreams#Public"];
    const object = { id, type: "Note", attributedTo: friend.actor, inReplyTo: note, to, published: new Date().toISOString(), content: `<p>${text}</p>` };
    const answer = await friend.post(inbox, friend.activity("Create", object, { to }));
    assert.equal(answer.status, 202, answer.text);
    await until("the reply on Plaza", 30, () => plaza.replyWith(post, text));
  };
  const fetchActor = async () => assert.equal((await get(actor)).status, 200);

  await step("an honest server is known", async () => {
    await deliver();
    await reply();
  });
  const idle = resident();

  let over = false;
  let peak = idle;
  const watch = (async () => {
    while (!over) {
      peak = Math.max(peak, resident());
      await delay(200);
    }
  })();
  watch.catch(() => {}); // a worker that is gone is told by the last step
  const attacker = spawn(program, ["127.0.0.1", new URL(gateway.origin).port, CONNECTIONS, SECONDS + 5].map(String), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  atEnd(() => {
    over = true;
    attacker.kill("SIGKILL");
  });
  const lines = [];
  createInterface({ input: attacker.stdout }).on("line", (line) => lines.push(line));
  const ended = new Promise((resolve) => attacker.once("exit", resolve));
  await step("the hostile connections stand", () => until("eight of ten stand", 5 + SECONDS, () => lines.includes("ready")));

  const end = performance.now() + SECONDS * 1000;
  const isOver = () => performance.now() > end;
  const [deliveries, answers, reads] = await step("meanwhile the honest server delivers, replies and reads", () =>
    Promise.all([measure(50, isOver, deliver), measure(250, isOver, reply), measure(100, isOver, fetchActor)]),
  );
  assert.equal(await ended, 0, "the attacker ends by itself");
  const attack = JSON.parse(lines.at(-1));
  console.log(`       ${JSON.stringify(attack)}`);
  for (const [name, times] of Object.entries({ deliveries, replies: answers, reads })) {
    console.log(`       ${name}: ${summary(times)}`);
    await step(`${name}: 99 of 100 within ${P99_MS} ms`, async () => assert.ok(percentile(times, 0.99) < P99_MS, summary(times)));
  }
  await step(`there were ${AT_ONCE} at once, and they were answered`, async () => {
    assert.ok(attack.peak >= AT_ONCE, `${attack.peak}`);
    assert.ok(attack.answers[400] > 0);
  });
  await step(`memory stayed within ${PEAK_MIB} MiB of where it was`, async () => {
    over = true;
    await watch;
    console.log(`       idle ${idle.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB`);
    assert.ok(peak - idle < PEAK_MIB, `${(peak - idle).toFixed(0)} MiB`);
  });
  await step(`and is within ${LEFT_MIB} MiB of it again`, async () => {
    await until("the memory is given back", 120, () => resident() - idle < LEFT_MIB);
    console.log(`       left ${resident().toFixed(0)} MiB`);
  });
  await step("the workers are the same, and the honest server goes on", async () => {
    assert.deepEqual(gateway.workers(), workers);
    await deliver();
    await reply();
  });
});
