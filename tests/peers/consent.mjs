// People elsewhere consent too: who blocks an account here, blocks the bridge, asks for no bridge in the profile or is gone is shown
// on the platform no more; and whom a member blocks is kept away, with the follow ended at both ends.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { atEnd, step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const keyOf = (actor) => `ra_${createHash("sha256").update(actor).digest("base64url").slice(0, 22)}`;

await story("People elsewhere have a say", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    return stranger;
  };
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const post = await plaza.post("alice", "What do you think?");
  const read = async (url) => (await get(url)).json;
  const note = await until("the post is out", SOON, async () => {
    const { first } = await read(`${actor}/outbox`);
    const [newest] = first ? (await read(first)).orderedItems : [];
    return newest?.object?.id ?? newest?.object;
  });

  const send = async (from, activity) => assert.equal((await from.post(`${actor}/inbox`, activity)).status, 202);
  const answer = (from, text) => ({
    id: `${from.origin}/notes/${++from.serial}`,
    type: "Note",
    attributedTo: from.actor,
    inReplyTo: note,
    content: `<p>${text}</p>`,
    published: new Date().toISOString(),
    to: [PUBLIC],
    cc: [actor],
  });
  const reply = (from, text) => send(from, from.activity("Create", answer(from, text), { to: [PUBLIC], cc: [actor] }));
  const shown = async (text) => (await plaza.replyWith(post, text)) !== undefined;
  const showing = (text) => until(`“${text}” on Plaza`, SOON, () => shown(text));
  const gone = (text) => until(`“${text}” gone from Plaza`, SOON, async () => !(await shown(text)));
  const followers = async () => (await read(`${actor}/followers`)).totalItems;
  const dropped = (from) => world.folder.logs().some(([, text]) => text.split("\n").some((line) => line.includes("separated from the account") && line.includes(from.actor)));
  const refused = async (from, text) => {
    await until(`“${text}” was dropped`, SOON, () => dropped(from));
    assert.equal(await shown(text), false, text);
  };

  await step("an actor's Delete takes along what it wrote: most servers send no Delete for each", async () => {
    const bob = await person("bob");
    await reply(bob, "Bob was here");
    await showing("Bob was here");
    await send(bob, bob.activity("Delete", bob.actor, { to: [PUBLIC] }));
    await gone("Bob was here");
  });

  await step("a Block of the account removes the person's words, and no more come; its Undo lets new ones in", async () => {
    const dora = await person("dora");
    await send(dora, dora.activity("Follow", actor));
    await until("dora follows", SOON, async () => (await followers()) === 1);
    await reply(dora, "Dora was here");
    await showing("Dora was here");
    const blocking = dora.activity("Block", actor);
    await send(dora, blocking);
    await gone("Dora was here");
    assert.equal(await followers(), 0, "who blocks follows no more");
    await reply(dora, "Dora again");
    await refused(dora, "Dora again");
    await send(dora, dora.activity("Undo", blocking));
    await until("a new reply is shown again", SOON, async () => {
      await reply(dora, "Dora is back");
      return shown("Dora is back");
    });
  });

  await step("a Block of the server's own actor is a Block of all its accounts", async () => {
    const emil = await person("emil");
    await reply(emil, "Emil was here");
    await showing("Emil was here");
    await send(emil, emil.activity("Block", `${gateway.origin}/actor`));
    await gone("Emil was here");
  });

  await step("#nobridge in a profile is obeyed, also when it comes later", async () => {
    const fay = await person("fay");
    await reply(fay, "Fay was here");
    await showing("Fay was here");
    fay.profile({ summary: '<p>Birds. <a href="/tags/nobridge">#<span>nobridge</span></a></p>' });
    await send(fay, fay.activity("Update", { id: fay.actor, type: "Person" }, { to: [PUBLIC] }));
    await gone("Fay was here");
    await reply(fay, "Fay again");
    await refused(fay, "Fay again");
  });

  await step("whom a member blocks is kept away, and the follow ends at both ends", async () => {
    const gus = await person("gus");
    const follow = gus.activity("Follow", actor);
    const before = await followers();
    await send(gus, follow);
    await until("the Accept", SOON, () => gus.arrivals.some(({ type }) => type === "Accept"));
    await reply(gus, "Gus was here");
    await showing("Gus was here");
    await plaza.test("POST", "users/alice/blocks", { key: keyOf(gus.actor), on: true });
    const reject = await until("the Reject", SOON, () => gus.arrivals.find(({ type }) => type === "Reject"));
    assert.equal(reject.object.id, follow.id);
    await until("no follower more", SOON, async () => (await followers()) === before);
    await gone("Gus was here");
    await plaza.post("alice", "Gus does not get this.");
    await send(gus, gus.activity("Follow", actor));
    await until("his next Follow is rejected", SOON, () => gus.arrivals.filter(({ type }) => type === "Reject").length === 2);
    assert.equal(gus.arrivals.some(({ type, object }) => type === "Create" && object.content.includes("Gus does not")), false);
    await plaza.test("POST", "users/alice/blocks", { key: keyOf(gus.actor), on: false });
    await until("and accepted again when he is unblocked", SOON, async () => {
      await send(gus, gus.activity("Follow", actor));
      return gus.arrivals.filter(({ type }) => type === "Accept").length > 1;
    });
  });
});
