// Members of Plaza follow somebody of a real Fedify server, and what she writes, edits and deletes is on their home page, with her
// server; what is not for them is not. Plaza starts the follow, and ends it.
import assert from "node:assert/strict";
import { atEnd, step, story } from "./lib/harness.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

await story("Home pages", async () => {
  const world = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer } = world;
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  const alice = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const bob = await until("for bob too", SOON, () => gateway.actorOf("bob"));
  const posts = async (user) => (await plaza.test("GET", `users/${user}/home`)).items.filter(({ deleted }) => !deleted);
  const texts = async (user) => (await posts(user)).map(({ text }) => text);
  const write = async (text, more = {}) => (await peer.send("post", { text: `<p>${text}</p>`, ...more })).json.object.id;

  await step("a member follows by Plaza's own form; the request, then the answer, are shown", async () => {
    assert.match(await plaza.home("alice"), /What people whom you follow write appears/);
    await peer.tell("config", { autoAccept: false });
    await plaza.follow("alice", { acct: peer.handle.slice(1) });
    await until("the request is shown", SOON, async () => (await plaza.home("alice")).includes("waits for an answer"));
    assert.ok((await plaza.home("alice")).includes(peer.handle));
    await until("the Follow is there and answered", SOON, () => peer.tell("accept", { target: alice }));
    await until("the answer is shown", SOON, async () => !(await plaza.home("alice")).includes("waits for an answer"));
  });

  let note, key;
  await step("what she writes is on the home page, with her server; it is edited, and it is deleted", async () => {
    note = await write("Good morning");
    await until("the post", SOON, async () => (await texts("alice")).includes("Good morning"));
    const page = await plaza.home("alice");
    assert.ok(page.includes(peer.handle), page);
    assert.match(page, /from another server/);
    key = (await posts("alice"))[0].author.id;
    await peer.send("edit", { id: note, text: "<p>Good day</p>" });
    await until("the edit", SOON, async () => (await plaza.home("alice")).includes("Good day"));
    assert.ok(!(await plaza.home("alice")).includes("Good morning"));
    const second = await write("Soon gone");
    await until("the other post", SOON, async () => (await texts("alice")).includes("Soon gone"));
    await peer.send("delete", { id: second });
    await until("the Delete", SOON, async () => !(await texts("alice")).includes("Soon gone"));
  });

  await step("it is on nobody else's page, until they follow too; then there is one copy", async () => {
    assert.deepEqual(await texts("bob"), []);
    await peer.tell("config", { autoAccept: true });
    await plaza.follow("bob", { acct: peer.handle.slice(1) });
    await until("bob follows", SOON, async () => (await peer.ask("state")).followers[bob]);
    await until("bob sees it", SOON, async () => (await texts("bob")).includes("Good day"));
    await write("For both");
    for (const user of ["alice", "bob"]) await until(user, SOON, async () => (await texts(user)).filter((text) => text === "For both").length === 1);
  });

  await step("what is not public, what is of others, what answers others, and what strangers write is left out", async () => {
    const stranger = await Stranger.start("stranger");
    atEnd(() => stranger.close());
    const foreign = { id: `${stranger.origin}/notes/1`, type: "Note", attributedTo: stranger.actor, content: "<p>Hear me</p>", to: [PUBLIC], cc: [] };
    const shown = JSON.stringify({ "@context": "https://www.w3.org/ns/activitystreams", ...foreign });
    stranger.script = ({ method, url }) => (method === "POST" ? { status: 202 } : url === "/notes/1" ? { status: 200, body: shown } : undefined);
    await stranger.post(`${alice}/inbox`, stranger.activity("Create", foreign, { to: [PUBLIC], cc: [] }));
    await peer.send("announce", { object: foreign.id });
    await write("For followers only", { to: "followers" });
    await write("An answer to somebody", { inReplyTo: foreign.id });
    await write("An answer to myself", { inReplyTo: note });
    await until("the answer to herself", SOON, async () => (await texts("alice")).includes("An answer to myself"));
    const all = (await texts("alice")).join("\n");
    for (const text of ["Hear me", "For followers only", "An answer to somebody"]) assert.ok(!all.includes(text), text);
  });

  await step("who blocks her sees her no more; with the last who follows, all of it goes", async () => {
    await plaza.test("POST", "users/bob/blocks", { key, on: true });
    await until("bob follows no more", SOON, async () => !(await peer.ask("state")).followers[bob]);
    assert.deepEqual(await texts("bob"), []);
    assert.ok((await texts("alice")).length >= 3);
    await plaza.follow("alice", { key });
    await until("the Undo", SOON, async () => !(await peer.ask("state")).followers[alice]);
    await until("nothing is left", SOON, async () => (await texts("alice")).length === 0);
    const unread = { id: `${peer.origin}/notes/unread`, type: "Note", attributedTo: peer.actor, content: "<p>Nobody reads this</p>", to: [PUBLIC], cc: [] };
    await peer.say(`${alice}/inbox`, { id: `${unread.id}#create`, type: "Create", to: [PUBLIC], object: unread });
    await peer.say(`${alice}/inbox`, { id: `${peer.origin}/activities/marker`, type: "Follow", object: alice });
    await until("the one after it was handled", SOON, async () => (await peer.arrivals(gateway.origin)).some(({ type, object }) => type === "Accept" && object?.id?.endsWith("marker")));
    assert.deepEqual(await texts("alice"), []);
    assert.ok(!(await plaza.home("alice")).includes(peer.handle));
  });

  await step("a follow that cannot be made comes to nothing, and holds nothing up", async () => {
    await plaza.follow("alice", { acct: "nobody@127.0.0.1:1" });
    await plaza.follow("alice", { acct: `alice@${gateway.host}` });
    const post = await plaza.post("alice", "Life goes on");
    await until("the account's other events", SOON, async () => (await fetch(`${alice}/outbox`, { headers: { accept: "application/activity+json" } }).then((answer) => answer.json())).totalItems === 1);
    assert.ok(post);
    assert.ok(!(await plaza.home("alice")).includes("waits for an answer"));
  });

  await step("every message between the gateway and Plaza was as docs/contract publishes it", () => assert.deepEqual(world.proxy.problems, []));
});
