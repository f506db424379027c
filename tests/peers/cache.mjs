// What is served from a worker's own memory, or as it was rendered lately from the store, is as true as the store itself: an
// edit, a 410, consent withdrawn are seen at once, whichever worker wrote them.
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;

/** Redis stands still, and what was asked for before is answered all the same. */
const withoutStore = ({ gateway, actor, note, ask }) =>
  step("while Redis hangs, what was asked for before is still answered", async () => {
    const pid = await gateway.redisPid();
    process.kill(pid, "SIGSTOP");
    try {
      const answer = await ask(note);
      assert.equal(answer.status, 200);
      assert.match(answer.json.content, /Kept in memory/);
      assert.equal((await ask(note, { "if-none-match": answer.headers.get("etag") })).status, 304);
      assert.equal((await ask(actor)).json.preferredUsername, "alice");
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await gateway.isReady();
  });

/** A mark in the renderings is served: they are what is answered with, as long as nothing has changed. */
const fromRenderings = ({ gateway, actor, note, everywhere }) =>
  step("what was rendered is served by every worker", async () => {
    const [, aid, oid] = /\/u\/(\w+)\/p\/(\w+)$/.exec(note);
    for (const [url, key, type] of [[actor, `rendered:${aid}:`, "Person"], [note, `rendered:${aid}:${oid}`, "Note"]]) {
      const document = JSON.parse(await gateway.redis("HGET", key, "document"));
      assert.equal(document.type, type);
      await gateway.redis("HSET", key, "document", JSON.stringify({ ...document, mark: "from the store" }));
      assert.ok(await everywhere(url, ({ json }) => json?.mark === "from the store"));
    }
  });

/** `settings` of the gateway; `more(lab)` are steps of its own, before anything changes. */
async function truths(name, settings, more) {
  const world = await step(`${name}: Plaza and the gateway run, two workers`, () => World.start({ settings }));
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const post = await plaza.post("alice", "Kept in memory.");
  const note = await until("the post is served", SOON, async () => {
    const { json } = await get(`${actor}/outbox?page=0`);
    return json?.orderedItems?.[0]?.object.id;
  });
  /** One connection each, so that the kernel takes now this worker, now that. */
  const ask = (url, headers = {}) => get(url, { headers: { connection: "close", ...headers } });
  const everywhere = async (url, test) => {
    for (let i = 0; i < 16; i++) if (!test(await ask(url))) return false;
    return true;
  };

  assert.ok(await everywhere(note, ({ status }) => status === 200));
  assert.ok(await everywhere(actor, ({ status }) => status === 200));
  await more({ gateway, actor, note, ask, everywhere });

  await step("an edit is seen in every worker", async () => {
    await plaza.edit(post, "Edited in the store.");
    await until("the edit, everywhere", SOON, () => everywhere(note, ({ json }) => json?.content.includes("Edited in the store")));
  });

  await step("after Redis is killed, what changes meanwhile is seen", async () => {
    await gateway.killRedis();
    await plaza.edit(post, "Edited once more.");
    await until("the edit, everywhere", SOON, () => everywhere(note, ({ json }) => json?.content.includes("once more")));
    await plaza.edit(post, "And once more.");
    await until("the edit, everywhere", SOON, () => everywhere(note, ({ json }) => json?.content.includes("And once")));
  });

  await step("a page for people is a page", async () => {
    const page = await get(note, { accept: "text/html" });
    assert.match(page.headers.get("content-type"), /^text\/html/);
  });

  await step("a deleted post answers 410 in every worker", async () => {
    await plaza.remove(post);
    await until("410, everywhere", SOON, () => everywhere(note, ({ status }) => status === 410));
  });

  await step("consent withdrawn: the actor's document is gone in every worker", async () => {
    assert.ok(await everywhere(actor, ({ json }) => json?.outbox));
    await plaza.federate("alice", false);
    await until("gone, everywhere", SOON, () => everywhere(actor, ({ json }) => !json?.outbox));
  });
}

await story("Answers that are kept", async () => {
  await truths("in memory", "", withoutStore);
  await truths("in the store", "[limits]\nanswers_mib = 0\n", fromRenderings);
});
