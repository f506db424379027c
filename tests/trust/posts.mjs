// How much of a post counts, where it is shown and for whom.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { guard } from "./guard.mjs";
import { Scene } from "./scene.mjs";
import { PUBLIC, pemOf, post, rsaKey } from "./village.mjs";

const SOON = 20;

await story("How much of a post counts, and where", async () => {
  const scene = await Scene.open();
  const { honest, hostile, victor, mallory, alice, inbox, plaza, gateway } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  const { object, reply } = scene;
  const say = (note, type = "Create", to = [PUBLIC]) => scene.say(mallory, hostile.activity(mallory, type, note, { to }));
  const shown = (text) => until(`"${text}" on Plaza`, SOON, async () => (await plaza.whole(scene.post)).replies.find((one) => one.text.includes(text)));
  const texts = async () => (await plaza.show(scene.post)).replies.map(({ text }) => text);
  /** A field of what is kept of a note, "" when nothing is. */
  const kept = async ({ id }, field = "state") => {
    const script = `for _, key in ipairs(redis.call('KEYS', 'remote_object:*')) do
      if redis.call('HGET', key, 'id') == ARGV[1] then return redis.call('HGET', key, ARGV[2]) or '' end end return ''`;
    return (await gateway.redis("EVAL", script, "0", id, field)).trim();
  };

  const naming = (place) => {
    const tag = Array.from({ length: 60 }, (_, index) => ({ type: "Mention", href: `${hostile.origin}/users/nobody${index}`, name: `@nobody${index}` }));
    tag[place - 1] = { type: "Mention", href: alice, name: "@alice" };
    return hostile.note(mallory, null, `You are number ${place}.`, { tag, cc: [alice] });
  };
  await guard("L31", "of the people that a post names the first fifty count", async () => {
    const [last, beyond] = [naming(50), naming(51)];
    await say(last);
    await until("alice is named on Plaza", SOON, () => kept(last));
    await say(beyond);
    await scene.settled();
    assert.equal(await kept(beyond), "");
  });
  await guard("L32", "of what is attached to a post sixteen things count", async () => {
    const attachment = Array.from({ length: 30 }, (_, index) => ({ type: "Image", mediaType: "image/png", url: `${hostile.origin}/pictures/${index}.png`, name: `picture ${index}` }));
    await say(hostile.note(mallory, object, "Look at all these.", { attachment }));
    const whole = JSON.stringify(await shown("Look at all these."));
    const pictures = new Set([...whole.matchAll(/pictures\/(\d+)\.png/g)].map(([, index]) => index));
    assert.equal(pictures.size, 16);
  });
  await guard("L33", "of the posts in one activity twenty count", async () => {
    const before = (await texts()).length;
    await say(Array.from({ length: 30 }, (_, index) => hostile.note(mallory, object, `One of many, ${index}.`)));
    await until("twenty of them on Plaza", SOON, async () => (await texts()).length >= before + 20);
    await scene.settled();
    assert.equal((await texts()).length, before + 20);
  });

  await guard("O14", "what is not public is shown to nobody", async () => {
    const addressed = { "to followers": [`${mallory.id}/followers`, alice], "to alice alone": [alice], "to nobody": [] };
    for (const [name, to] of Object.entries(addressed)) {
      const whispered = hostile.note(mallory, object, `Whispered ${name}.`, { to });
      await say(whispered, "Create", to);
      await scene.settled();
      assert.equal(await kept(whispered), "", name);
    }
    assert.ok(!(await texts()).some((text) => text.includes("Whispered")));
  });
  await guard("O15", "an edit changes the words, not the place where they were let in", async () => {
    const other = await plaza.post("alice", "Another matter.");
    const create = await until("the other post at victor's", SOON, () => honest.arrivals.find(({ activity }) => activity.type === "Create" && activity.object.content.includes("Another matter")));
    const place = [await kept(reply, "aid"), await kept(reply, "oid"), await kept(reply, "parent")];
    const moved = { ...reply, inReplyTo: create.activity.object.id, content: "<p>Said elsewhere.</p>", updated: new Date().toISOString() };
    await scene.say(victor, honest.activity(victor, "Update", moved, { to: [PUBLIC] }));
    await until("the new words where the old ones stood", SOON, async () => (await texts()).includes("Said elsewhere."));
    assert.deepEqual([await kept(reply, "aid"), await kept(reply, "oid"), await kept(reply, "parent")], place);
    assert.deepEqual((await plaza.show(other)).replies, []);
  });

  const keyed = (name, count) => {
    const id = `${hostile.origin}/users/${name}`;
    const key = rsaKey();
    const spare = pemOf(rsaKey());
    const keys = Array.from({ length: count }, (_, index) => ({ id: `${id}#key-${index + 1}`, owner: id, publicKeyPem: index + 1 === count ? pemOf(key) : spare }));
    hostile.show({ id, type: "Person", preferredUsername: name, inbox: `${id}/inbox`, publicKey: keys });
    return { id, key, keyId: `${id}#key-${count}` };
  };
  await guard("K10", "of an actor's keys the first ten count", async () => {
    for (const [count, status] of [[10, 202], [11, 401]]) {
      const person = keyed(`ring${count}`, count);
      assert.equal(await post(inbox, person, hostile.activity(person, "Wave", alice)), status, `${count} keys`);
    }
  });

  await guard("E3", "a post that is held back is nowhere to be read", async () => {
    await run(binaries.drawbridge, ["account", "set", `alice@${gateway.host}`, "--hold-seconds", "600", "-c", gateway.configuration]);
    const count = async () => (await get(`${alice}/outbox`)).json.totalItems;
    const before = await count();
    await plaza.post("alice", "Not yet.");
    const script = `for _, key in ipairs(redis.call('KEYS', 'post:*')) do if redis.call('HGET', key, 'state') == 'held' then return key end end return ''`;
    const key = await until("it is held", SOON, async () => (await gateway.redis("EVAL", script, "0")).trim());
    const [, aid, oid] = key.split(":");
    const id = `${gateway.origin}/u/${aid}/p/${oid}`;
    for (const part of ["", "/replies", "/likes", "/shares", "/context"]) assert.equal((await get(`${id}${part}`)).status, 404, part);
    assert.equal((await get(id, { accept: "text/html" })).status, 404);
    for (const page of [`${alice}/outbox?page=1`, `${alice}/featured`, `${gateway.origin}/@alice`]) assert.ok(!(await get(page, page.includes("@") ? { accept: "text/html" } : {})).text.includes("Not yet"), page);
    assert.equal(await count(), before);
  });
});
