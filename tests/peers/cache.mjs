// What is served from a worker's own memory is as true as the store: an edit, a 410, consent withdrawn are seen at once,
// whichever worker wrote them.
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;

await story("Answers that are kept", async () => {
  const world = await step("Plaza and the gateway run, two workers", () => World.start());
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

  await step("while Redis hangs, what was asked for before is still answered; what was not is 503 or waits", async () => {
    assert.ok(await everywhere(note, ({ status }) => status === 200));
    assert.ok(await everywhere(actor, ({ status }) => status === 200));
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
});
