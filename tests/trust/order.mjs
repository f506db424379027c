// What comes by way of others, late, twice or in the wrong order: what is true gets in, once, and deletes win.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { until } from "../peers/lib/wait.mjs";
import { guard } from "./guard.mjs";
import { Scene } from "./scene.mjs";
import { PUBLIC, cavage, post, proven, send } from "./village.mjs";

const SOON = 20;

await story("By way of others, late, twice, in any order", async () => {
  const scene = await Scene.open();
  const { honest, hostile, victor, mallory, alice, inbox, plaza, gateway } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  const { object } = scene;
  const texts = async () => (await plaza.show(scene.post)).replies.map(({ text }) => text);
  const shows = (text) => until(`"${text}" on Plaza`, SOON, async () => (await texts()).includes(text));
  const hides = (text) => until(`no "${text}" on Plaza`, SOON, async () => !(await texts()).includes(text));
  const iso = (shift = 0) => new Date(Date.now() + shift).toISOString().replace(/\.\d+/, "");
  const told = (activity) => scene.say(mallory, activity);

  const note = honest.show(honest.note(victor, object, "From afar."));
  const other = honest.show(honest.note(victor, object, "To be missed."));
  await step("a reply that another server brings is fetched from its own, signed by the instance actor, and shown", async () => {
    await told(honest.activity(victor, "Create", { ...note, content: "<p>Not what he said.</p>" }));
    await shows("From afar.");
    const { headers } = honest.fetches.findLast(({ path }) => path === new URL(note.id).pathname);
    assert.match(headers.signature, new RegExp(`keyId="${gateway.origin}/actor#main-key"`));
    await told(honest.activity(victor, "Create", other.id));
    await shows("To be missed.");
  });
  await step("so is its edit, told by a group", async () => {
    honest.show({ ...note, content: "<p>From nearby.</p>", updated: iso(1000) });
    await told(hostile.activity(mallory, "Announce", honest.activity(victor, "Update", { ...note, content: "<p>Lies.</p>", updated: iso(2000) })));
    await shows("From nearby.");
  });
  await step("what is gone at its own server goes: 410, a Tombstone, 404", async () => {
    honest.script = ({ url }) => (url === new URL(note.id).pathname ? { status: 410 } : undefined);
    await told(honest.activity(victor, "Delete", note.id));
    await hides("From nearby.");
    honest.show({ id: other.id, type: "Tombstone" });
    await told(honest.activity(victor, "Delete", { id: other.id, type: "Tombstone" }));
    await hides("To be missed.");
    const third = honest.show(honest.note(victor, object, "Third."));
    await told(honest.activity(victor, "Create", third.id));
    await shows("Third.");
    honest.hide(third.id);
    await told(hostile.activity(mallory, "Announce", honest.activity(victor, "Delete", third.id)));
    await hides("Third.");
  });
  await step("a server that is away for a moment is asked again", async () => {
    const late = honest.show(honest.note(victor, object, "Late."));
    let asked = 0;
    honest.script = ({ url }) => (url === new URL(late.id).pathname && asked++ < 2 ? { status: 503 } : undefined);
    await told(honest.activity(victor, "Create", late.id));
    await shows("Late.");
    assert.equal(asked, 3);
  });
  await step("a boost that another server brings is counted when it is there", async () => {
    const boost = honest.show(honest.activity(honest.people.neighbour, "Announce", object, { to: [PUBLIC] }));
    await told(boost);
    await until("two boosts", SOON, async () => (await plaza.show(scene.post)).reposts === 2);
  });
  const proof = proven(honest.activity(victor, "Create", honest.note(victor, object, "Proven.")), victor);
  const unsigned = (activity) => {
    const request = cavage(inbox, activity, victor);
    delete request.headers.signature;
    return send(inbox, request);
  };
  await step("what carries its actor's proof is taken from whoever brings it, unsigned or signed by another, and nobody is asked", async () => {
    assert.equal((await unsigned(proof)).status, 202);
    await shows("Proven.");
    const before = honest.fetches.length;
    await told(proven(honest.activity(victor, "Create", honest.note(victor, object, "Proven too.")), victor));
    await shows("Proven too.");
    assert.deepEqual(honest.fetches.slice(before).filter(({ path }) => path.startsWith("/notes/")), []);
  });

  // ---- R
  const followers = (count) => until(`${count} followers`, SOON, async () => (await scene.followers()) === count);
  await guard("R1", "what comes again under its id is nothing new", async () => {
    const follow = await scene.say(mallory, hostile.activity(mallory, "Follow", alice));
    await followers(2);
    await scene.say(mallory, hostile.activity(mallory, "Undo", { ...follow, id: undefined }));
    await followers(1);
    await scene.say(mallory, follow);
    await scene.settled();
    assert.equal(await scene.followers(), 1);
    const seen = await gateway.redis("EVAL", "local n = 0 for _, key in ipairs(redis.call('KEYS', 'inbox_seen:*')) do n = math.max(n, redis.call('TTL', key)) end return n", "0");
    assert.ok(Number(seen) > 7 * 86_400 - 100, `remembered for ${seen} s`);
  });
  await step("an id on somebody else's server keeps nothing out", async () => {
    const true1 = honest.note(victor, object, "Under my own id.");
    const create = honest.activity(victor, "Create", true1);
    await told({ ...hostile.activity(mallory, "Wave", alice), id: create.id });
    await scene.settled();
    await scene.say(victor, create);
    await shows("Under my own id.");
  });
  await guard("R2", "what a stranger tells keeps the truth out neither", async () => {
    const future = honest.note(victor, object, "Not yet there.");
    const create = honest.activity(victor, "Create", future);
    await told(create);
    await scene.settled();
    assert.ok(!(await texts()).includes("Not yet there."));
    await scene.say(victor, create);
    await shows("Not yet there.");
  });
  await guard("R3", "a Delete that comes before its Create wins", async () => {
    const early = honest.note(victor, object, "Deleted before.");
    await scene.say(victor, honest.activity(victor, "Delete", early.id));
    await scene.settled();
    await scene.say(victor, honest.activity(victor, "Create", early));
    await scene.settled();
    assert.ok(!(await texts()).includes("Deleted before."));
    const held = await gateway.redis("EVAL", "for _, key in ipairs(redis.call('KEYS', 'remote_object:*')) do if redis.call('HGET', key, 'state') == 'gone' and redis.call('TTL', key) > 0 then return redis.call('TTL', key) end end", "0");
    assert.ok(Number(held) > 30 * 86_400 - 100, `remembered for ${held} s`);
  });
  await guard("R4", "an Undo that comes before its Follow wins", async () => {
    const follow = hostile.activity(mallory, "Follow", alice);
    await scene.say(mallory, hostile.activity(mallory, "Undo", follow));
    await scene.settled();
    await scene.say(mallory, follow);
    await scene.settled();
    assert.equal(await scene.followers(), 1);
    const held = await gateway.redis("EVAL", "return redis.call('TTL', redis.call('KEYS', 'undone_follow:*')[1])", "0");
    assert.ok(Number(held) > 6 * 3600 - 100, `remembered for ${held} s`);
  });
  await guard("R5", "nobody else undoes a Follow that is still on its way", async () => {
    const { neighbour } = honest.people;
    const follow = honest.activity(neighbour, "Follow", alice);
    await scene.say(victor, honest.activity(victor, "Undo", { ...follow, actor: victor.id }));
    await followers(0);
    await scene.say(neighbour, follow);
    await followers(1);
  });
  await guard("R6", "an old edition does not come over a newer one", async () => {
    const edited = honest.note(victor, object, "First.", { published: iso(-60_000) });
    await scene.say(victor, honest.activity(victor, "Create", edited));
    await scene.say(victor, honest.activity(victor, "Update", { ...edited, content: "<p>Third edition.</p>", updated: iso(-10_000) }));
    await shows("Third edition.");
    await scene.say(victor, honest.activity(victor, "Update", { ...edited, content: "<p>Second edition.</p>", updated: iso(-20_000) }));
    await scene.settled();
    assert.ok((await texts()).includes("Third edition."));
  });
  await guard("R7", "what is said of an object waits while it is looked at", async () => {
    const { published: _, ...slow } = honest.note(victor, object, "Slow, old.");
    honest.show(slow);
    let let_go;
    const held = new Promise((resolve) => (let_go = resolve));
    let asked = false;
    honest.script = ({ url }) => {
      if (url !== new URL(slow.id).pathname || asked) return undefined;
      asked = true;
      return { status: 200, body: JSON.stringify(slow), wait: held };
    };
    await told(honest.activity(victor, "Create", slow.id));
    await until("the old edition is on its way", SOON, () => asked);
    await scene.say(victor, honest.activity(victor, "Create", { ...slow, content: "<p>Slow, new.</p>" }));
    // What comes after it in the same queue is done with: the edition of victor's would be, too.
    await scene.say(honest.people.neighbour, honest.activity(honest.people.neighbour, "Like", object));
    await until("two likes", SOON, async () => (await plaza.show(scene.post)).likes === 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    let_go();
    await shows("Slow, new.");
    await scene.settled();
    assert.ok((await texts()).includes("Slow, new."));
  });
  await step("a proof that is sent again is nothing new", async () => {
    const { id } = (await plaza.show(scene.post)).replies.find(({ text }) => text === "Proven.") ?? {};
    const before = await scene.state();
    assert.equal((await unsigned(proof)).status, 202);
    assert.equal(await post(inbox, mallory, proof), 202);
    assert.deepEqual(await scene.state(), before, `${id}`);
  });
});
