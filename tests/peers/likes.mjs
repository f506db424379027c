// Members like what people of other servers answered: a Like to its author while the member's switch is on, an Undo of that very Like.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { atEnd, step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

await story("Likes of members", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const rosa = await Stranger.start("rosa");
  atEnd(() => rosa.close());
  rosa.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
  const got = (type) => rosa.arrivals.filter((activity) => activity.type === type);
  const post = await plaza.post("alice", "Well?");
  const outbox = async () => (await get(`${actor}/outbox?page=0`)).json.orderedItems;
  const [create] = await until("the post is out", SOON, async () => ((await outbox()).length ? outbox() : undefined));
  let answers = 0;
  const answer = async (text) => {
    const object = { id: `${rosa.origin}/notes/${++answers}`, type: "Note", attributedTo: rosa.actor, inReplyTo: create.object.id, content: `<p>${text}</p>`, to: [PUBLIC], cc: [actor] };
    await rosa.post(`${actor}/inbox`, rosa.activity("Create", object, { to: object.to, cc: object.cc }));
    return { object: object.id, shown: await until("the reply is shown", SOON, () => plaza.replyWith(post, text)) };
  };
  const like = (user, target, on = true) => plaza.test("POST", `users/${user}/likes`, { target, on });
  const first = await step("somebody elsewhere answers", () => answer("Well."));

  await step("a like of it reaches its author, and nobody else may know", async () => {
    await like("alice", first.shown.id);
    const [activity] = await until("the Like", SOON, () => (got("Like").length ? got("Like") : undefined));
    assert.equal(activity.actor, actor);
    assert.equal(activity.object, first.object);
    assert.deepEqual(activity.to, [rosa.actor]);
    assert.equal(activity.cc, undefined);
    assert.ok(activity.id.startsWith(`${actor}#like-`));
  });

  await step("taken back, that very Like is undone; given anew it is another", async () => {
    await like("alice", first.shown.id, false);
    const [undo] = await until("the Undo", SOON, () => (got("Undo").length ? got("Undo") : undefined));
    const [old] = got("Like");
    assert.deepEqual([undo.actor, undo.object.type, undo.object.id, undo.object.object], [actor, "Like", old.id, first.object]);
    await like("alice", first.shown.id);
    await until("another Like", SOON, () => got("Like").length === 2);
    assert.notEqual(got("Like")[1].id, old.id);
  });

  await step("a member whose switch is off tells nobody, nor does one that blocked the author", async () => {
    await like("bob", first.shown.id);
    const second = await answer("Anything else?");
    await plaza.test("POST", "users/alice/blocks", { key: `ra_${createHash("sha256").update(rosa.actor).digest("base64url").slice(0, 22)}`, on: true });
    await like("alice", second.shown.id).catch(() => undefined); // Plaza hides what the blocked one wrote
    const third = await plaza.post("alice", "That is all.");
    await until("what came later is out", SOON, async () => (await outbox()).some(({ object }) => object.content?.includes("That is all.")));
    assert.ok(third);
    assert.equal(got("Like").length, 2);
  });

  await step("switched off, nothing of it is kept", async () => {
    assert.notEqual(await gateway.redis("KEYS", "liked:*"), "");
    await plaza.federate("alice", false);
    await until("it is gone", 60, async () => (await gateway.redis("KEYS", "liked:*")).trim() === "");
  });
});
