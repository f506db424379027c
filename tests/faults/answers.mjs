// What hosts answer is obeyed: the time that they name, the address, and that they are back.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Clock } from "./lib/clock.mjs";
import { Fleet } from "./lib/fleet.mjs";
import { ACCEPTED, isAccepted } from "./lib/host.mjs";

const SOON = 60;
const MINUTE = 60;

await story("What hosts answer", async () => {
  const world = await step("Plaza and a gateway run", () => World.start({ clock: Clock }));
  const { plaza, gateway, clock } = world;
  const fleet = new Fleet(world);
  atEnd(() => fleet.close());
  const limits = { busy: null, away: null, sick: null }; // what these hosts answer to everything; null: they take it
  const hosts = {};
  let actor;

  await step("four hosts follow", async () => {
    await plaza.federate("alice", true);
    actor = await fleet.meet("alice");
    for (const name of ["steady", "busy", "away", "sick"])
      hosts[name] = await fleet.add({ name, answer: () => limits[name] ?? ACCEPTED });
    await fleet.follow(fleet.hosts.map((host) => ({ host, actor })));
  });

  const { steady, busy, away, sick } = hosts;
  const has = (host, type, text) => host.posts.find((post) => post.type === type && isAccepted(post) && post.json.object.content?.includes(text));
  const publish = async (text) => {
    const native = await plaza.post("alice", text);
    await until(`${text} at the one that takes all`, SOON, () => has(steady, "Create", text));
    return native;
  };
  const settled = () => until("nothing is ready to be sent", SOON, async () => Number(await gateway.redis("ZCARD", "ready")) + Number(await gateway.redis("ZCARD", "fanouts")) === 0);
  const asked = (host) => host.posts.filter(({ type }) => type !== "Accept").length;
  const state = async (host) => (await fleet.ledger(`${host.origin}/`)).state;

  await step("Retry-After, in seconds or as a date, holds for all that waits for the host", async () => {
    limits.busy = { status: 429, headers: { "retry-after": String(10 * MINUTE) } };
    limits.away = { status: 503, headers: { "retry-after": new Date(clock.now().getTime() + 20 * MINUTE * 1000).toUTCString() } };
    await publish("First.");
    await until("both were asked", SOON, () => asked(busy) === 1 && asked(away) === 1);
    await settled();
    const second = await publish("Second.");
    await plaza.edit(second, "Second, mended.");
    await until("the edit", SOON, () => has(steady, "Update", "mended"));
    clock.advance(9 * MINUTE);
    await publish("Third.");
    await settled();
    assert.deepEqual([asked(busy), asked(away)], [1, 1], "nobody was asked again before the time");
    limits.busy = null;
    clock.advance(MINUTE + 5);
    await until("all of it at the busy one", SOON, () => has(busy, "Create", "First") && has(busy, "Create", "Second") && has(busy, "Update", "mended") && has(busy, "Create", "Third"));
    await settled();
    assert.equal(asked(away), 1);
    limits.away = null;
    clock.advance(10 * MINUTE);
    await until("all of it at the other", SOON, () => has(away, "Create", "First") && has(away, "Create", "Second") && has(away, "Update", "mended") && has(away, "Create", "Third"));
  });

  await step("who says 503 to everything is given up, and not before the time that it named asked again", async () => {
    limits.away = { status: 503, headers: { "retry-after": String(120 * MINUTE) } };
    for (let i = 0; i < 5; i++) {
      await publish(`For nobody ${i}.`);
      const { object } = has(steady, "Create", `For nobody ${i}.`);
      await until("it was asked", SOON, () => away.about(object).length > 0);
      await settled();
      if (i < 4) clock.advance(121 * MINUTE);
    }
    await until("it is given up", SOON, async () => (await state(away)) === "open");
    const count = asked(away);
    clock.advance(115 * MINUTE);
    await publish("Before the time.");
    await settled();
    assert.equal(asked(away), count);
    limits.away = null;
    clock.advance(6 * MINUTE);
    await until("it has everything", SOON, () => has(away, "Create", "Before the time."));
    assert.equal(await state(away), "healthy");
  });

  await step("a host that was given up and speaks to us is tried at once", async () => {
    limits.sick = { close: true };
    for (let i = 0; i < 5; i++) await publish(`Lost ${i}.`);
    await until("it is given up", SOON, async () => (await state(sick)) === "open");
    const count = asked(sick);
    await publish("Found again.");
    await settled();
    assert.equal(asked(sick), count);
    const shown = await fleet.ledger(`${sick.origin}/`);
    assert.equal(shown.last_reason, "broken");
    const printed = (...words) => run(binaries.drawbridge, ["host", ...words, "-c", gateway.configuration], { seconds: 60 });
    const name = sick.origin.replace("http://", "");
    assert.deepEqual(JSON.parse(await printed("list", "--state", "open", "--json")).items.map(({ host }) => host.replace("http://", "")), [name]);
    assert.equal(JSON.parse(await printed("list", "--json")).total, 4);
    const json = JSON.parse(await printed("show", name, "--json"));
    assert.deepEqual([json.state, json.last_reason, json.failures >= 5], ["open", "broken", true]);
    assert.match(await printed("show", name), /^state +open$[\s\S]*^unreachable_since +20\S+Z$[\s\S]*^next_probe +20\S+Z$/m);
    assert.match(await printed("list"), new RegExp(`^${name}\\t.*open`, "m"));
    limits.sick = null;
    const { object } = has(steady, "Create", "Found again.");
    let spoke = -Infinity;
    await until("it has the newest", SOON, async () => {
      // A worker takes note of a host every ten seconds at most.
      if (performance.now() - spoke > 3000) {
        spoke = performance.now();
        await sick.send(`${actor}/inbox`, "Like", object);
      }
      return has(sick, "Create", "Found again.");
    });
    clock.advance(MINUTE); // the first retry of what failed before it was given up
    await until("it has everything", SOON, () => [0, 1, 2, 3, 4].every((i) => has(sick, "Create", `Lost ${i}.`)));
    assert.equal(await state(sick), "healthy");
  });

  await step("a host that is nowhere is told apart from one that refuses", async () => {
    await sick.down();
    await publish("Refused.");
    await until("the reason", SOON, async () => (await fleet.ledger(`${sick.origin}/`)).last_reason === "connect");
    await sick.up();
    clock.advance(2 * MINUTE);
    await until("it has it", SOON, () => has(sick, "Create", "Refused."));
  });

  await step("order held, and the ledger says what the logs say", async () => {
    fleet.checkSignatures();
    fleet.checkOrder();
    assert.equal(fleet.checkRepetitions([]), 0);
    const objects = new Set([...fleet.threads()].map(({ object }) => object));
    const { pairs } = await fleet.checkLedger(objects, () => false);
    console.log(`         ${pairs} pairs`);
  });
});
