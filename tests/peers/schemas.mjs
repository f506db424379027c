// What a running gateway serves and sends validates against docs/schemas, and its HTML against an independent parser.
import assert from "node:assert/strict";
import { activityFaults, documentFaults, schemaOf } from "../golden/schema_judge.mjs";
import { get, webfingerUrl } from "./lib/http.mjs";
import { step, story } from "./lib/harness.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;
// Every schema that this test must have met, so that a document which is no longer made is noticed. The stub of an actor that
// leaves is not among them: here all Deletes have arrived in a moment.
const MUST_MEET = [
  ...["actor", "instance-actor", "note", "create", "update", "delete", "tombstone", "follow-answer"],
  ...["ordered-collection", "ordered-collection-page", "collection"],
  ...["webfinger", "host-meta", "nodeinfo-links", "nodeinfo-2.0", "nodeinfo-2.1"],
];

const met = new Map();

function judge(what, document, schema = schemaOf(document), found = documentFaults(document, schema)) {
  met.set(schema, (met.get(schema) ?? 0) + 1);
  assert.deepEqual(found, [], `${what}: ${JSON.stringify(document, null, 1)}`);
}

async function served(url, { status = 200, schema } = {}) {
  const answer = await get(url);
  assert.equal(answer.status, status, url);
  judge(url, answer.json, schema ?? schemaOf(answer.json));
  return answer.json;
}

await story("Documents of a running gateway and their schemas", async () => {
  const { plaza, gateway, peer } = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { origin } = gateway;
  const arrivals = () => peer.arrivals(origin);
  const arrived = (what, test) => until(what, SOON, async () => (await arrivals()).find(test));
  const created = (text) =>
    arrived(`the Create of "${text}"`, ({ type, object }) => type === "Create" && object.content.includes(text));
  let actor, bob;

  await step("two accounts with profiles, one of them followed", async () => {
    for (const user of ["alice", "bob"]) await plaza.federate(user, true);
    actor = await until("webfinger of alice", SOON, () => gateway.actorOf("alice"));
    bob = await until("webfinger of bob", SOON, () => gateway.actorOf("bob"));
    await plaza.test("PUT", "users/alice/profile", { bio: "Owls & <jays>, https://alice.example/ #birds @bob" });
    await peer.follow(`@alice@${gateway.host}`);
    await until("the Accept", SOON, () => peer.follows(actor));
  });

  await step("discovery", async () => {
    for (const resource of [`acct:alice@${gateway.host}`, actor, `acct:${gateway.host}@${gateway.host}`, `${origin}/`])
      await served(webfingerUrl(origin, resource), { schema: "webfinger" });
    await served(`${origin}/.well-known/host-meta.json`, { schema: "host-meta" });
    await served(`${origin}/.well-known/nodeinfo`, { schema: "nodeinfo-links" });
    for (const version of ["2.0", "2.1"]) await served(`${origin}/nodeinfo/${version}`, { schema: `nodeinfo-${version}` });
    await served(`${origin}/actor`);
    for (const id of [actor, bob]) await served(id);
  });

  const notes = await step("posts of every kind that Plaza has", async () => {
    const first = await plaza.post("alice", "Plain <b>text</b> & more\n\nsecond paragraph\nand line");
    const posts = [
      ["Plain", first],
      ["mentions", await plaza.post("alice", `mentions @bob and ${peer.handle}, #owls, https://example.com/?a=1&b=2`)],
      ["picture", await plaza.post("alice", "picture", { image_url: "https://images.example/owl.png", image_alt: 'An "owl" <on> a beam' })],
      ["warned", await plaza.post("alice", "warned", { warning: "spiders & <such>", language: "de" })],
      ["quietly", await plaza.post("alice", "quietly", { visibility: "unlisted" })],
      ["thread", await plaza.post("alice", "thread, its second post", { reply_to: first })],
    ];
    const creates = [];
    for (const [text] of posts) creates.push((await created(text)).object);
    return creates.map((object, index) => ({ ...object, post: posts[index][1] }));
  });

  await step("answers from the fediverse are counted and listed", async () => {
    const reply = await peer.reply(notes[0].id, "An answer");
    const shown = await until("the reply on Plaza", SOON, () => plaza.replyWith(notes[0].post, "An answer"));
    await peer.like(notes[0].id);
    await peer.boost(notes[0].id);
    await until("the like and the boost", SOON, async () => {
      const { likes, reposts } = await plaza.show(notes[0].post);
      return likes === 1 && reposts === 1;
    });
    await plaza.post("alice", "answered in turn", { reply_to: shown.id });
    const { object } = await created("answered in turn");
    assert.equal(object.inReplyTo, reply);
  });

  await step("posts and their collections", async () => {
    for (const { id, context } of notes) {
      await served(id);
      for (const part of ["replies", "likes", "shares"]) await served(`${id}/${part}`);
      if (context?.startsWith(actor)) await served(context); // the conversation's; an answer has none of its own
    }
    for (const part of ["outbox", "outbox?page=0", "followers", "following", "featured", "inbox"]) await served(`${actor}/${part}`);
  });

  await step("changes: a post, a profile, a deleted post", async () => {
    await plaza.edit(notes[0].post, "Plain text, edited");
    await arrived("the Update of the post", ({ type, object }) => type === "Update" && object.id === notes[0].id);
    await plaza.test("PUT", "users/alice/profile", { name: "Alice <of> Plaza" });
    await arrived("the Update of the actor", ({ type, object }) => type === "Update" && object.id === actor);
    await plaza.remove(notes[3].post);
    await arrived("the Delete", ({ type, object }) => type === "Delete" && object.id === notes[3].id);
    await served(notes[3].id, { status: 410 });
  });

  await step("a farewell: the stub of the actor and its Delete", async () => {
    await plaza.federate("alice", false);
    await until("the stub or what comes after it", SOON, async () => {
      const { status, json } = await get(actor);
      if (status === 200 && json.suspended) judge("the stub", json);
      return status === 410 || json?.suspended;
    });
    await arrived("the Delete of the account", ({ type, object }) => type === "Delete" && object === actor);
  });

  await step("everything that was sent", async () => {
    for (const activity of await arrivals()) judge(activity.id, activity, schemaOf(activity), activityFaults(activity));
    for (const activity of await arrivals()) if (activity.object?.type === "Note") met.set("note", (met.get("note") ?? 0) + 1);
  });

  await step("every schema was met", () => {
    for (const [schema, count] of [...met].sort()) console.log(`         ${String(count).padStart(3)} ${schema}`);
    assert.deepEqual(MUST_MEET.filter((schema) => !met.has(schema)), []);
  });
});
