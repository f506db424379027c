// Workers are killed right behind their 202s. What was accepted and waited in their memory is processed by the next ones, and
// each actor's activities in the order in which they were accepted: who followed last follows, who undid it last does not.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { full } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const KILLS = full ? 60 : 6;
const PEOPLE = 12;
const EACH = 6; // activities of each between two kills, at most
const SOON = 60;

await story(`${KILLS} kills behind accepted activities`, async () => {
  const world = await step("Plaza and a gateway of two workers run", () => World.start({ workers: 2 }));
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const people = [];
  for (let i = 0; i < PEOPLE; i++) people.push(await Stranger.start(`person${i}`));
  atEnd(() => people.forEach((person) => person.close()));

  /** As a server does: again and again until it is taken. */
  const post = (person, activity) =>
    until(`${activity.id} is taken`, SOON, async () => (await person.post(`${actor}/inbox`, activity)).status === 202);
  const changeMind = async (person) => {
    const follow = person.follow;
    person.follow = follow ? undefined : person.activity("Follow", actor);
    await post(person, person.follow ?? person.activity("Undo", follow));
  };

  await step(`${PEOPLE} people follow and undo it, over and over, while workers are killed`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      let killed = false;
      const changes = people.map(async (person) => {
        for (let i = 0; i < EACH && !(killed && i > 2); i++) await changeMind(person);
      });
      await delay(randomInt(150));
      await (kill % 2 ? gateway.killWorkers() : gateway.killWorker());
      killed = true;
      await Promise.all(changes);
      await gateway.killWorkers();
    }
  });

  await step("nothing waits any more", () =>
    until("the queues are empty", SOON, async () => (await Promise.all([0, 1, 2, 3].map((queue) => gateway.redis("XLEN", `work:inbox:${queue}`)))).every((length) => Number(length) === 0)));

  await step("who followed last follows, and nobody else", async () => {
    const followers = (await gateway.redis("HKEYS", `followers:${actor.split("/").pop()}`)).split("\n").filter(Boolean).sort();
    const expected = people.filter(({ follow }) => follow).map((person) => person.actor).sort();
    assert.deepEqual(followers, expected);
    assert.equal((await get(`${actor}/followers`)).json.totalItems, expected.length);
    console.log(`         ${people.reduce((sum, { serial }) => sum + serial, 0)} activities, ${expected.length} follow`);
  });
});
