// The LD signature on our Deletes, by which a server that was told can convince those who hold a copy second-hand.
// Fedify checks it before it looks at the HTTP signature, so what it took it took for that; and its verifier is asked
// about each byte of it. Of others' LD signatures we check none: a broken one beside a good HTTP signature changes nothing.
import assert from "node:assert/strict";
import { atEnd, step, story } from "./lib/harness.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

const broken = ({ keyId }) => ({
  type: "RsaSignature2017",
  creator: keyId,
  created: "2026-01-01T00:00:00Z",
  signatureValue: Buffer.alloc(256, 7).toString("base64"),
});

await story("A Delete that can be passed on", async () => {
  const world = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer } = world;
  const mallory = await Stranger.start("mallory");
  atEnd(() => mallory.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  await peer.follow(`@alice@${gateway.host}`);
  await until("the Accept", SOON, () => peer.follows(actor));

  const arrived = (what, test) => until(what, SOON, async () => (await peer.arrivals(gateway.origin)).find(test));
  const holds = async (json) => (await peer.tell("verify-ld", { json })).verified;
  const takenFor = async (id) => (await peer.ask("verify")).find((line) => line.id === id);

  let gone;
  await step("the Delete of a post arrives with an LD signature, and Fedify takes it for that alone", async () => {
    const post = await plaza.post("alice", "Not for long.");
    const create = await arrived("Create", ({ type }) => type === "Create");
    assert.equal(create.signature, undefined, "nothing but Deletes carries one");
    await plaza.remove(post);
    gone = await arrived("Delete", ({ type }) => type === "Delete");
    assert.equal(gone.object.id, create.object.id);
    assert.deepEqual(gone.cc, [`${actor}/followers`]);
    assert.equal(gone.signature.type, "RsaSignature2017");
    assert.equal(gone.signature.creator, `${actor}#main-key`);
    const { verified, ld, http } = await until("Fedify's verdict", SOON, () => takenFor(gone.id));
    assert.deepEqual({ verified, ld, http }, { verified: true, ld: true, http: false });
  });

  await step("its signature holds by Fedify's verifier, and no more when anything is changed", async () => {
    assert.equal(await holds(gone), true);
    const { signature } = gone;
    const [first] = signature.signatureValue;
    const changed = {
      id: { ...gone, id: `${gone.id}d` },
      "the object": { ...gone, object: { ...gone.object, id: `${gone.object.id}x` } },
      atomUri: { ...gone, object: { ...gone.object, atomUri: "elsewhere" } },
      "the followers": { ...gone, cc: [`${actor}/following`] },
      "no followers": { ...gone, cc: [] },
      "no public": { ...gone, to: [] },
      "another type": { ...gone, type: "Undo" },
      "a member more": { ...gone, summary: "more" },
      created: { ...gone, signature: { ...signature, created: "2020-01-01T00:00:00Z" } },
      value: { ...gone, signature: { ...signature, signatureValue: signature.signatureValue.replace(first, first === "A" ? "B" : "A") } },
      "no signature": { ...gone, signature: undefined },
    };
    for (const [name, json] of Object.entries(changed)) assert.equal(await holds(json).catch(() => false), false, name);
  });

  await step("broken beside a good HTTP signature: the gateway takes the activity, which it never checks one for", async () => {
    const post = await plaza.post("alice", "Say something.");
    const create = await arrived("Create", ({ type, object }) => type === "Create" && object.content.includes("Say something"));
    const note = {
      id: `${mallory.origin}/notes/1`,
      type: "Note",
      attributedTo: mallory.actor,
      inReplyTo: create.object.id,
      content: "<p>Something.</p>",
      published: new Date().toISOString(),
      to: [PUBLIC],
      cc: [actor],
    };
    assert.equal((await mallory.post(`${actor}/inbox`, mallory.activity("Create", note, { to: [PUBLIC], cc: [actor] }))).status, 202);
    await until("the reply on Plaza", SOON, () => plaza.replyWith(post, "Something."));
    const deletion = mallory.activity("Delete", { id: note.id, type: "Tombstone" }, { to: [PUBLIC], signature: broken(mallory) });
    assert.equal((await mallory.post(`${gateway.origin}/inbox`, deletion)).status, 202);
    await until("the reply gone from Plaza", SOON, async () => (await plaza.show(post)).replies.length === 0);
  });

  await step("and Fedify falls back on the HTTP signature too", async () => {
    const deletion = mallory.activity("Delete", { id: `${mallory.origin}/notes/2`, type: "Tombstone" }, { signature: broken(mallory) });
    assert.equal((await mallory.post(`${peer.origin}/inbox`, deletion)).status, 202);
    const { verified, ld, http } = await until("Fedify's verdict", SOON, () => takenFor(deletion.id));
    assert.deepEqual({ verified, ld, http }, { verified: true, ld: false, http: true });
  });

  await step("the Delete of an account has one too, taken for that alone", async () => {
    await plaza.federate("alice", false);
    const farewell = await arrived("Delete of the account", ({ type, object }) => type === "Delete" && object === actor);
    assert.deepEqual(farewell.cc, [`${actor}/followers`]);
    const { verified, ld, http } = await until("Fedify's verdict", SOON, () => takenFor(farewell.id));
    assert.deepEqual({ verified, ld, http }, { verified: true, ld: true, http: false });
  });
});
