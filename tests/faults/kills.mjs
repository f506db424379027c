// Kills at random moments while posts, edits and deletes run to fifty hosts of every kind. What came of it is read from the
// hosts' own logs: order, no Delete missing, nothing twice without a kill, and the ledger tells the same.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { full } from "../peers/lib/paths.mjs";
import { isAlive } from "../peers/lib/processes.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Clock } from "./lib/clock.mjs";
import { Fleet } from "./lib/fleet.mjs";
import { ACCEPTED, isAccepted } from "./lib/host.mjs";
import { Work } from "./lib/work.mjs";

const KILLS = Number(process.env.KILLS ?? (full ? 200 : 12));
const DEEDS = Number(process.env.DEEDS ?? (full ? 2000 : 150));
const STALL_MS = 9000;
const USERS = ["alice", "bob", "carol"];
const POISON = "poison";

const often = (share) => Math.random() < share;
const isPoison = ({ type, json }) => type === "Create" && json.object.content.includes(POISON);
const sometimes = (share, script) => () => (often(share) ? script() : ACCEPTED);

// What each kind of host does once the storm begins; before that, all take everything.
const kinds = [
  { name: "takes all", count: 17 },
  { name: "answers 200", count: 6, answer: () => ({ status: 200 }) },
  { name: "429 with Retry-After", count: 3, answer: sometimes(0.1, () => ({ status: 429, headers: { "retry-after": "2" } })) },
  { name: "500 now and then", count: 4, answer: sometimes(0.2, () => ({ status: 500 })) },
  { name: "503", count: 3, answer: sometimes(0.2, () => ({ status: 503, headers: { "retry-after": "1" } })) },
  { name: "gone", count: 2, gone: true },
  { name: "inbox moved", count: 2, moves: true },
  { name: "500 to one activity", count: 2, answer: (post) => (isPoison(post) ? { status: 500 } : ACCEPTED) },
  { name: "hangs now and then", count: 2, answer: sometimes(0.05, () => ({ hang: true })), rests: true },
  { name: "hangs for a while", count: 1, ails: () => ({ hang: true }) },
  { name: "closes early", count: 3, answer: sometimes(0.15, () => ({ close: true })) },
  { name: "slow", count: 3, answer: () => ({ status: 202, delay: 100 + randomInt(2500) }) },
  { name: "down for a while", count: 2, down: true },
];

await story(`${KILLS} kills while ${DEEDS} posts, edits and deletes run`, async () => {
  const world = await step("Plaza and a gateway of three workers run", () => World.start({ workers: 3, clock: Clock }));
  const { plaza, gateway, clock } = world;
  const fleet = new Fleet(world);
  atEnd(() => fleet.close());
  const work = new Work(plaza, USERS);
  const actors = new Map();
  const kills = [];
  let stormy = false;

  await step("fifty hosts follow two of three accounts each", async () => {
    for (const user of USERS) await plaza.federate(user, true);
    for (const user of USERS) actors.set(user, await fleet.meet(user));
    for (const kind of kinds)
      for (let i = 0; i < kind.count; i++) {
        const many = i % 3 === 1; // two people with an inbox each
        const host = await fleet.add({
          name: `host ${fleet.hosts.length} (${kind.name})`,
          people: many ? ["ann", "ben"] : ["fan"],
          shared: !many,
          answer: (post, host) => (!stormy ? ACCEPTED : host.ails ? host.ails(post) : (kind.answer?.(post) ?? ACCEPTED)),
        });
        host.kind = kind;
      }
    assert.equal(fleet.hosts.length, 50);
    const pairs = fleet.hosts.flatMap((host, i) => {
      host.follows = [USERS[i % 3], USERS[(i + 1) % 3]];
      return host.follows.flatMap((user) => host.people.map((person) => ({ host, person, actor: actors.get(user) })));
    });
    await fleet.follow(pairs);
  });

  const arrivals = (host, { mark }) => host.posts.filter(({ type, json }) => type === "Create" && json.object.content.includes(mark));
  const inboxesOf = (host) => (host.shared ? ["shared"] : host.people);
  const followersOf = (user) => fleet.hosts.filter(({ follows }) => follows.includes(user));

  await step("one activity that a host always answers with 500 delays nobody and nothing else", async () => {
    stormy = true;
    const poisons = [];
    for (const user of USERS) poisons.push(await work.post(user, { words: POISON, kept: true }));
    const others = [];
    for (let i = 0; i < 8; i++) for (const user of USERS) others.push(await work.post(user));
    const took = (post) => (host) => inboxesOf(host).every((inbox) => host.posts.some((one) => one.inbox === inbox && isAccepted(one) && one.json.object?.content?.includes(post.mark)));
    const steady = (user, names) => followersOf(user).filter(({ kind }) => names.includes(kind.name));
    await until("the others have everything, and those hosts everything else", 60, () =>
      others.every((post) => steady(post.user, ["takes all", "answers 200", "500 to one activity"]).every(took(post))) &&
      poisons.every((post) => steady(post.user, ["takes all", "answers 200"]).every(took(post))));
    for (const host of fleet.hosts.filter(({ kind }) => kind.name === "500 to one activity")) {
      assert.ok(host.posts.some(isPoison), "it was tried");
      assert.equal((await fleet.ledger(`${host.origin}/`)).state, "healthy");
    }
  });

  await step("what dead workers had in flight is taken over within ten seconds", async () => {
    const host = fleet.hosts[0];
    host.ails = (post) => (post.type === "Create" && host.about(post.object).length === 1 ? { hang: true } : ACCEPTED);
    const post = await work.post(host.follows[0]);
    const [first] = await until("it is on its way", 30, () => arrivals(host, post)[0] && arrivals(host, post));
    kills.push(performance.now());
    await gateway.killWorkers();
    const second = await until("it comes again", 60, () => arrivals(host, post)[1]);
    host.ails = undefined;
    const seconds = (second.at - kills.at(-1)) / 1000;
    assert.ok(first.answer === "hang" && seconds < 10, `${seconds} s`);
    console.log(`         after ${seconds.toFixed(1)} s`);
  });

  await step(`${KILLS} kills of workers, supervisors and Redis`, async () => {
    for (const host of fleet.hosts) {
      if (host.kind.gone) host.gone = 410;
      if (host.kind.ails) host.ails = host.kind.ails;
      if (host.kind.moves) host.moves = 1;
      if (host.kind.down) await host.down();
    }
    // One that stands still for so long that it is taken for dead, and then goes on.
    const stall = () => {
      const workers = gateway.workers();
      const pid = workers[randomInt(workers.length)];
      process.kill(pid, "SIGSTOP");
      setTimeout(() => isAlive(pid) && process.kill(pid, "SIGCONT"), STALL_MS).unref();
    };
    const victims = [
      ["stalled worker", stall],
      ["worker", () => gateway.killWorker()],
      ["worker", () => gateway.killWorker()],
      ["Redis", () => gateway.killRedis()],
      ["supervisor", () => gateway.replaceSupervisor()],
    ];
    const counts = {};
    for (let i = 0; i < KILLS; i++) {
      const [name, kill] = victims[i < victims.length ? i : randomInt(victims.length)];
      counts[name] = (counts[name] ?? 0) + 1;
      const until = Math.round(((i + 1) * DEEDS) / KILLS);
      const deeds = async () => {
        while (work.done < until) await work.deed().then(() => delay(randomInt(60)));
      };
      await Promise.all([deeds(), delay(randomInt(1500)).then(() => (kills.push(performance.now()), kill()))]);
      // They come back one after the other, and others go.
      if (i === Math.floor(KILLS / 2)) for (const host of fleet.hosts.filter(({ kind }) => kind.down)) await host.up();
      if (full && i % 20 === 10) {
        const host = fleet.hosts[randomInt(17)];
        await host.down();
        setTimeout(() => host.up(), 20_000).unref();
      }
    }
    console.log(`         ${Object.entries(counts).map(([name, count]) => `${count} × ${name}`).join(", ")}`);
  });

  await step("the hosts come back, and what waits for them arrives", async () => {
    for (const host of fleet.hosts) {
      host.ails = host.kind.rests ? () => ACCEPTED : undefined;
      await host.up();
    }
    for (const post of work.posts.filter(({ text }) => text.includes(POISON))) await work.remove(post);
    await drain(gateway, clock);
  });

  await step("every host saw Create before Update before Delete", async () => {
    fleet.checkSignatures();
    console.log(`         ${fleet.checkOrder()} threads of activities, ${fleet.hosts.reduce((sum, { posts }) => sum + posts.length, 0)} requests`);
  });

  await step("every living host has what is left, and a Delete for all else that it may hold", async () => {
    const marks = new Map(work.posts.map((post) => [post.mark, { ...post, notes: new Set() }]));
    for (const { host, object, arrivals } of fleet.threads())
      for (const { json, type } of arrivals) {
        const mark = type === "Delete" ? null : /\[p\d+\]/.exec(json.object.content)?.[0];
        if (mark) marks.get(mark).notes.add(object);
      }
    let deletes = 0;
    let whole = 0;
    for (const post of marks.values()) {
      assert.ok(post.notes.size <= 1, `${post.mark} has one id`);
      const [note] = post.notes;
      if (!note) {
        assert.ok(post.deleted, `${post.mark} never left`);
        continue;
      }
      for (const host of followersOf(post.user).filter(({ kind }) => !kind.gone))
        for (const inbox of inboxesOf(host)) {
          const log = host.about(note, inbox);
          const where = `${post.mark} ${note} at ${host.name} ${inbox}: ${log.map(({ type, answer }) => `${type} ${answer}`)}`;
          if (post.deleted && log.length > 0) {
            assert.ok(log.some((one) => one.type === "Delete" && isAccepted(one)), `a Delete is missing: ${where}`);
            deletes++;
          } else if (!post.deleted) {
            const last = log.filter(isAccepted).at(-1);
            assert.ok(last?.json.object.content.includes(post.text), `it is not as it is on Plaza: ${where}`);
            whole++;
          }
        }
    }
    console.log(`         ${deletes} Deletes, ${whole} posts as they are now`);
  });

  await step("the followers whose servers confirmed that they are gone are followers no more", async () => {
    for (const [user, actor] of actors) {
      const left = followersOf(user).filter(({ kind }) => !kind.gone).reduce((sum, { people }) => sum + people.length, 0);
      assert.equal((await get(`${actor}/followers`)).json.totalItems, left, user);
    }
  });

  await step("nothing came twice but after a kill", async () => {
    console.log(`         ${fleet.checkRepetitions(kills)} activities came again, ${(await gateway.redis("GET", "counter:reclaimed")).trim() || 0} were sent anew after a death`);
  });

  await step("the ledger says what the hosts' logs say", async () => {
    const notes = new Set();
    for (const { object } of fleet.threads()) notes.add(object);
    const figures = await fleet.checkLedger(notes, () => true);
    console.log(`         ${figures.pairs} pairs: ${figures.accepted} accepted, ${figures.refused} refused, ${figures.unproven} that may have got it and did not`);
  });

  await step("nothing is left in the queue", async () => {
    const left = (await gateway.redis("--scan")).split("\n").filter((key) => /^(lane|busy|behind|parked|tried|fanned|activity|claims|fanouts|delays|ready|unparking|probes|exposing)(:|$)/.test(key));
    assert.deepEqual(left, []);
    for (const key of (await gateway.redis("--scan", "--pattern", "host:*")).trim().split("\n"))
      assert.equal(Number((await gateway.redis("HGET", key, "in_flight")).trim()), 0, key);
  });
});

/** Lets time pass until nothing waits any more. */
async function drain(gateway, clock) {
  const began = clock.seconds;
  const waiting = async () => {
    const counts = [];
    for (const [command, key] of [["ZCARD", "ready"], ["ZCARD", "fanouts"], ["XLEN", "work:jobs"], ["XLEN", "work:intake:plaza"], ["SCARD", "compactions"], ["SCARD", "unparking"]])
      counts.push(Number(await gateway.redis(command, key)));
    for (const key of (await gateway.redis("--scan", "--pattern", "claims:*")).split("\n").filter(Boolean)) counts.push(Number(await gateway.redis("HLEN", key)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  for (let rounds = 0; ; rounds++) {
    await until("all that can be sent is sent", 300, async () => (await waiting()) === 0);
    const later = Number(await gateway.redis("ZCARD", "delays")) + Number(await gateway.redis("ZCARD", "probes"));
    if (later === 0 && (await waiting()) === 0) break;
    assert.ok(clock.seconds - began < 2 * 86400, `${later} entries wait after two days`);
    clock.advance(rounds < 4 ? 120 : 1200);
    await delay(300);
  }
  console.log(`         after ${((clock.seconds - began) / 60).toFixed()} minutes of the gateway's time`);
}
