// Hosts that are away for five minutes, three days and forty days: each gets every Delete when it comes back, and no post
// that is older than the three days for which posts are kept for a host.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { full } from "../peers/lib/paths.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Clock } from "./lib/clock.mjs";
import { Fleet } from "./lib/fleet.mjs";
import { ACCEPTED, isAccepted } from "./lib/host.mjs";
import { Work } from "./lib/work.mjs";

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const EACH = full ? 12 : 4; // posts of each kind
const RECOVERED = 60;

await story("Hosts that are away", async () => {
  const world = await step("Plaza and a gateway run", () => World.start({ clock: Clock }));
  const { plaza, gateway, clock } = world;
  const fleet = new Fleet(world);
  atEnd(() => fleet.close());
  const work = new Work(plaza, ["alice"]);
  const groups = { living: [], minutes: [], days: [], weeks: [], months: [] };
  let actor, missing, leaver;

  // One of each group refuses connections while it is away, the other takes them and answers nothing but 503.
  await step("two hosts of each kind follow", async () => {
    for (const user of ["alice", "bob"]) await plaza.federate(user, true);
    actor = await fleet.meet("alice");
    leaver = await fleet.meet("bob");
    for (const [name, hosts] of Object.entries(groups))
      for (const refuses of [true, false]) {
        const host = await fleet.add({ name: `${name} ${refuses ? "down" : "503"}`, people: refuses ? ["fan"] : ["ann", "ben"], shared: refuses, answer: () => (host.away ? { status: 503 } : ACCEPTED) });
        host.leave = () => (refuses ? host.down() : (host.away = true));
        host.come = () => (refuses ? host.up() : (host.away = false));
        hosts.push(host);
      }
    missing = await fleet.add({ name: "404", people: ["eve", "fay"] });
    await fleet.follow(fleet.hosts.flatMap((host) => host.people.map((person) => ({ host, person, actor }))));
    await fleet.follow([...groups.living, ...groups.weeks].map((host) => ({ host, person: host.people[0], actor: leaver })));
  });

  const inboxesOf = (host) => (host.shared ? ["shared"] : host.people);
  const took = (host, type, note) => inboxesOf(host).every((inbox) => host.about(note, inbox).some((post) => post.type === type && isAccepted(post)));
  const all = (hosts, type, posts) => posts.every(({ note }) => hosts.every((host) => took(host, type, note)));
  const named = async (post) => {
    post.note = await until(`the id of ${post.mark}`, RECOVERED, () => fleet.notesWith(post.mark)[0]);
    return post;
  };
  const publish = async (words, user = "alice") => {
    const posts = [];
    for (let i = 0; i < EACH; i++) posts.push(await work.post(user, { words }));
    return Promise.all(posts.map(named));
  };
  const state = async (host) => fleet.ledger(`${host.origin}/`);
  const away = () => [...groups.minutes, ...groups.days, ...groups.weeks, ...groups.months];
  const tried = (host) => async () => Number(await fleet.field(host, "open_until")) > clock.now().getTime();

  /** Nothing for the hosts that are here waits any more. */
  const settled = () => until("nothing is ready to be sent", RECOVERED, async () => Number(await gateway.redis("ZCARD", "ready")) + Number(await gateway.redis("ZCARD", "fanouts")) === 0);

  const left = []; // posts of the one who leaves
  const kept = []; // those that are deleted when hosts are dead
  const old = await step("all get the first posts", async () => {
    const posts = await publish("Before.");
    kept.push(...(await publish("Kept for long.")));
    await until("the Creates", RECOVERED, () => all(fleet.hosts, "Create", posts.concat(kept)));
    left.push(...(await publish("Before I leave.", "bob")));
    await until("the leaver's Creates", RECOVERED, () => left.every(({ note }) => [...groups.living, ...groups.weeks].every((host) => host.about(note).some(isAccepted))));
    return posts;
  });

  /** A host has the Deletes of the leaver's posts and then of the leaver, as far as it had anything. */
  const saidFarewell = (host) => {
    const deletes = host.posts.filter((post) => post.type === "Delete" && post.actor === leaver && isAccepted(post));
    return left.every(({ note }) => deletes.some(({ object }) => object === note)) && deletes.at(-1).object === leaver;
  };

  const followers = async () => (await get(`${actor}/followers`)).json.totalItems;
  const peopleOf = (hosts) => hosts.reduce((sum, { people }) => sum + people.length, 0);

  const during = await step("four groups leave; posts, edits and deletes go on", async () => {
    for (const host of away()) await host.leave();
    missing.gone = 404;
    const posts = await publish("While you were away.");
    for (const post of posts) await work.edit(post);
    for (const post of old) await work.remove(post);
    const short = await publish("Deleted while you were away.");
    await until("the living have the posts", RECOVERED, () => all(groups.living, "Update", posts) && all(groups.living, "Create", short) && all(groups.living, "Delete", old));
    for (const post of short) await work.remove(post);
    await plaza.federate("bob", false);
    await until("the living know who left", RECOVERED, () => groups.living.every(saidFarewell));
    await until("the living have the Deletes", RECOVERED, () => all(groups.living, "Delete", short));
    return { posts, short };
  });

  await step("those that come back after five minutes get everything, in order", async () => {
    for (let i = 0; i < 5; i++) clock.advance(MINUTE);
    for (const host of groups.minutes) await host.come();
    clock.advance(20 * MINUTE); // the next probe of a host that was given up
    await until("every Delete", RECOVERED, () => all(groups.minutes, "Delete", old));
    await until("the posts as they are", RECOVERED, () => during.posts.every(({ note, text }) => groups.minutes.every((host) => inboxesOf(host).every((inbox) => host.about(note, inbox).filter(isAccepted).at(-1)?.json.object.content.includes(text)))));
    for (const host of groups.minutes) await until("it is healthy", RECOVERED, async () => (await state(host)).state === "healthy");
  });

  await step("those that are away are given up and probed", async () => {
    for (const host of [...groups.days, ...groups.weeks, ...groups.months]) {
      await until(`${host.name} is given up`, RECOVERED, async () => (await state(host)).state === "open" || (clock.advance(MINUTE), false));
      const { unreachable_since: since } = await state(host);
      assert.ok(since > 0 && since <= clock.now().getTime());
    }
  });

  /** Day after day, each with a probe of those hosts. */
  const days = async (from, to, hosts, extra) => {
    for (let day = from; day < to; day++) {
      clock.advance(DAY + MINUTE);
      for (const host of hosts) await until(`${host.name} is probed on day ${day}`, RECOVERED, tried(host));
      await extra?.(day);
    }
  };

  await step("those that come back after three days get every Delete and no stale post", async () => {
    await days(0, 3, [...groups.days, ...groups.weeks, ...groups.months]);
    const fresh = await publish("On the third day.");
    for (const host of groups.days) await host.come();
    clock.advance(6 * HOUR + MINUTE);
    await until("every Delete and the new posts", RECOVERED, () => all(groups.days, "Delete", old) && all(groups.days, "Create", fresh));
    await settled();
    for (const host of groups.days) {
      for (const { note } of [...during.posts, ...during.short])
        assert.deepEqual(host.about(note).filter((post) => post.type !== "Delete" && isAccepted(post)), [], `${host.name} got what was older than three days`);
    }
  });

  const later = [];
  await step("who was not found on three days follows no more", async () => {
    const everybody = peopleOf(fleet.hosts);
    assert.equal(await followers(), everybody, "404 on two days is perhaps a mistake");
    clock.advance(DAY);
    later.push(...(await publish("On the fourth day.")));
    // Behind a shared inbox one after the other.
    await until("the first of two", RECOVERED, async () => (await followers()) === everybody - 1);
  });

  await step("after seven bad days a host is dead, and Deletes are kept for it all the same", async () => {
    await days(3, 10, groups.weeks.concat(groups.months), async (day) => {
      if (day === 8) later.push(...(await publish("For the living.")));
    });
    for (const host of [...groups.weeks, ...groups.months]) assert.equal((await state(host)).state, "dead", host.name);
    const more = await publish("For the living too.");
    later.push(...more);
    await until("the living have it", RECOVERED, () => all(groups.living, "Create", more));
    for (const post of during.posts.concat(kept)) await work.remove(post);
    await until("the Deletes", RECOVERED, () => all([...groups.living, ...groups.minutes, ...groups.days], "Delete", kept) && all(groups.living, "Delete", during.posts));
  });

  await step("those that come back after forty days get every Delete and no stale post", async () => {
    clock.advance(30 * DAY);
    for (const host of groups.weeks) await host.come();
    clock.advance(6 * HOUR + MINUTE);
    await until("every Delete", RECOVERED, () => all(groups.weeks, "Delete", old.concat(kept)));
    await until("the Deletes of the one who left", RECOVERED, () => groups.weeks.every(saidFarewell));
    const fresh = await publish("After forty days.");
    await until("the next posts", RECOVERED, () => all(groups.weeks, "Create", fresh));
    await settled();
    for (const host of groups.weeks) {
      assert.equal((await state(host)).state, "healthy");
      for (const { note } of [...during.posts, ...during.short, ...later])
        assert.deepEqual(host.about(note).filter((post) => post.type !== "Delete" && isAccepted(post)), [], `${host.name} got what was older than three days`);
    }
  });

  await step("order held, and the ledger says what the logs say", async () => {
    fleet.checkSignatures();
    console.log(`         ${fleet.checkOrder()} threads of activities`);
    assert.equal(fleet.checkRepetitions([]), 0);
    const objects = new Set([...fleet.threads()].map(({ object }) => object).filter((object) => object.includes("/p/")));
    const figures = await fleet.checkLedger(objects, (host) => away().includes(host));
    console.log(`         ${figures.pairs} pairs: ${figures.accepted} accepted, ${figures.refused} refused, ${figures.unproven} that were tried in vain`);
    for (const { note } of old.concat(kept))
      for (const entry of (await fleet.ledger(note)).hosts) {
        const host = fleet.hosts.find(({ port }) => entry.host.endsWith(`:${port}`));
        assert.equal(entry.delete, groups.months.includes(host) ? "queued" : host === missing ? "refused" : "accepted", host.name);
        assert.equal(entry.unreachable_since > 0, groups.months.includes(host), host.name);
      }
    assert.deepEqual((await fleet.ledger(leaver)).hosts.map((entry) => entry.delete), Array(4).fill("accepted"));
    assert.equal((await get(leaver)).status, 410);
  });

  await step("followers on hosts that are dead for ninety days are let go", async () => {
    const before = await followers();
    clock.advance(60 * DAY);
    await until("they are gone", RECOVERED, async () => (await followers()) === before - peopleOf(groups.months));
  });
});
