// After the days that an owner set, the gateway keeps no words of what people wrote: on the platform they stay, and an edit and a Delete by
// their author still arrive there. What waited for the owner for so long is refused.
import assert from "node:assert/strict";
import { Clock } from "../faults/lib/clock.mjs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 40;
const DAY = 86_400;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

await story("Copies of replies are kept for so many days", async () => {
  const { plaza, gateway, clock } = await step("Plaza and the gateway run", () => World.start({ clock: Clock }));
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration], { environment: gateway.environment }));
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const uma = await Stranger.start("uma");
  atEnd(() => uma.close());
  uma.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
  const post = await plaza.post("alice", "What do you say?");
  const note = await until("the post is out", SOON, async () => {
    const { first } = (await get(`${actor}/outbox`)).json;
    return (await get(first)).json.orderedItems?.[0]?.object?.id;
  });
  const send = async (activity) => assert.equal((await uma.post(`${actor}/inbox`, activity, { date: clock.now() })).status, 202);
  const object = (id, text, more = {}) => ({ id, type: "Note", attributedTo: uma.actor, inReplyTo: note, content: `<p>${text}</p>`, published: clock.now().toISOString(), to: [PUBLIC], cc: [actor], ...more });
  const write = async (text) => {
    const written = object(`${uma.origin}/notes/${++uma.serial}`, text);
    await send(uma.activity("Create", written, { to: [PUBLIC], cc: [actor] }));
    return written.id;
  };
  const shown = (text) => plaza.replyWith(post, text);
  const kept = async () => (await drawbridge("reply", "list", alice)).items.map(({ text, url }) => text ?? url);
  const words = async () => (await Promise.all((await gateway.redis("KEYS", "remote_object:*")).split("\n").filter(Boolean).map((key) => gateway.redis("HGET", key, "source")))).join("");

  let old;
  await step("a reply of today is shown on Plaza, and its words are here", async () => {
    old = await write("An old word");
    await until("it is shown", SOON, () => shown("An old word"));
    assert.deepEqual(await kept(), ["An old word"]);
    assert.ok((await words()).includes("An old word"));
  });

  await step("without a setting, and before its days are over, nothing goes", async () => {
    clock.advance(3 * DAY);
    await write("A newer word");
    await until("it is shown", SOON, () => shown("A newer word"));
    assert.equal((await drawbridge("account", "set", alice, "--retention-days", "5")).retention_days, 5);
    await write("And one more");
    await until("that is shown", SOON, () => shown("And one more"));
    assert.deepEqual((await kept()).sort(), ["A newer word", "An old word", "And one more"]);
  });

  await step("after its days the words are gone here and stay on Plaza; newer ones are kept", async () => {
    clock.advance(2 * DAY + 3600);
    await until("its words are gone", SOON, async () => !(await words()).includes("An old word"));
    assert.ok(await shown("An old word"));
    assert.deepEqual((await kept()).sort(), ["A newer word", "And one more", old].sort());
  });

  await step("its author's edit still reaches Plaza, and is kept as if it had come now", async () => {
    await send(uma.activity("Update", object(old, "An old word, mended", { updated: clock.now().toISOString() }), { to: [PUBLIC], cc: [actor] }));
    await until("Plaza shows the edit", SOON, () => shown("An old word, mended"));
    assert.ok((await kept()).includes("An old word, mended"));
    clock.advance(6 * DAY);
    await until("all words are gone", SOON, async () => !/word/.test(await words()));
  });

  await step("so does its Delete", async () => {
    await send(uma.activity("Delete", old));
    await until("Plaza shows it no more", SOON, async () => !(await shown("An old word")));
    assert.ok(await shown("A newer word"));
  });

  await step("what people whom she follows post is kept for 30 days; then the words are gone here, not on Plaza, and an edit and a Delete arrive", async () => {
    await drawbridge("following", "add", alice, uma.actor);
    const asked = await until("uma is asked", SOON, () => uma.arrivals.find(({ type }) => type === "Follow"));
    await send(uma.activity("Accept", asked));
    await until("she said yes", SOON, async () => (await drawbridge("following", "list", alice)).items[0]?.state === "accepted");
    const home = async () => (await plaza.test("GET", "users/alice/home")).items.filter(({ deleted }) => !deleted).map(({ text }) => text);
    const say = (written, type, more) => send(uma.activity(type, { ...written, inReplyTo: undefined, cc: [], ...more }, { to: [PUBLIC] }));
    const [first, second] = ["An early post", "A late post"].map((text) => object(`${uma.origin}/notes/${++uma.serial}`, text));
    await say(first, "Create");
    await until("it is on her home page", SOON, async () => (await home()).includes("An early post"));
    clock.advance(29 * DAY);
    await say(second, "Create", { published: clock.now().toISOString() });
    await until("so is the other", SOON, async () => (await home()).includes("A late post"));
    assert.ok((await words()).includes("An early post"));
    clock.advance(2 * DAY);
    await until("its words are gone here", SOON, async () => !(await words()).includes("An early post"));
    assert.ok((await words()).includes("A late post"));
    assert.deepEqual((await home()).sort(), ["A late post", "An early post"]);
    await say(first, "Update", { content: "<p>An early post, mended</p>", updated: clock.now().toISOString() });
    await until("Plaza shows the edit", SOON, async () => (await home()).includes("An early post, mended"));
    clock.advance(32 * DAY);
    await until("all are gone here", SOON, async () => !/post/.test(await words()));
    await send(uma.activity("Delete", first.id));
    await until("Plaza shows it no more", SOON, async () => !(await home()).includes("An early post, mended"));
    await drawbridge("following", "remove", alice, uma.actor);
    await until("with the follow the other one goes", SOON, async () => (await home()).length === 0);
  });

  await step("what waited for the owner so long is refused", async () => {
    await drawbridge("account", "set", alice, "--approve-replies", "all");
    await write("Please let me in");
    await until("it waits", SOON, async () => (await drawbridge("reply", "held", alice)).items.length === 1);
    clock.advance(7 * DAY);
    await until("it waits no more", SOON, async () => (await drawbridge("reply", "held", alice)).items.length === 0);
    assert.equal((await words()).includes("Please let me in"), false);
  });
});
