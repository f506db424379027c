// Workers are killed while they have accepted activities in hand: one of each actor in work, others behind it. The next
// workers do all of it, and each actor's activities in the order in which they were accepted: who followed last follows,
// who undid it last does not.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { full } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const KILLS = full ? 30 : 3;
const PEOPLE = 12;
const BEHIND = 5; // activities that wait behind the one in work, at most
const SOON = 60;

await story(`${KILLS} kills of workers with accepted activities in hand`, async () => {
  const world = await step("Plaza and a gateway of two workers run", () => World.start({ workers: 2 }));
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const people = [];
  for (let i = 0; i < PEOPLE; i++) people.push(await Stranger.start(`person${i}`));
  atEnd(() => people.forEach((person) => person.close()));

  // Who is asked for a profile makes the asker wait while `held` is set.
  let held;
  for (const person of people) {
    person.asked = 0;
    person.script = async ({ method }) => {
      if (method !== "GET") return { status: 202 };
      person.asked++;
      await held;
      return undefined;
    };
  }

  const post = async (person, activity) => assert.equal((await person.post(`${actor}/inbox`, activity)).status, 202, activity.id);
  const changeMind = async (person) => {
    const follow = person.follow;
    person.follow = follow ? undefined : person.activity("Follow", actor);
    await post(person, person.follow ?? person.activity("Undo", follow));
  };
  const followers = async () => (await gateway.redis("HKEYS", `followers:${actor.split("/").pop()}`)).split("\n").filter(Boolean).sort();
  const expected = () => people.filter(({ follow }) => follow).map((person) => person.actor).sort();
  const workedOff = () =>
    until("the queues are empty", SOON, async () => (await Promise.all([0, 1, 2, 3].map((queue) => gateway.redis("XLEN", `work:inbox:${queue}`)))).every((length) => Number(length) === 0));

  await step(`${PEOPLE} people follow`, async () => {
    for (const person of people) await changeMind(person);
    await workedOff();
    assert.deepEqual(await followers(), expected());
  });

  for (let kill = 1; kill <= KILLS; kill++)
    await step(`kill ${kill}`, async () => {
      let letGo;
      held = new Promise((resolve) => (letGo = resolve));
      for (const person of people) {
        const before = person.asked;
        await post(person, person.activity("Update", person.document));
        await until("its profile is asked for", SOON, () => person.asked > before);
        for (let i = randomInt(BEHIND); i >= 0; i--) await changeMind(person);
      }
      for (const person of people) person.before = person.asked;
      await gateway.killWorkers();
      letGo();
      await workedOff();
      for (const person of people) assert.ok(person.asked > person.before, "what was in work is done again");
      assert.deepEqual(await followers(), expected());
      assert.equal((await get(`${actor}/followers`)).json.totalItems, expected().length);
      console.log(`         ${expected().length} follow`);
    });
});
