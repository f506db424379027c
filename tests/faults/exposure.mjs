// Who hears of a post's end: whoever may hold a copy, and nobody else.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { newKey } from "../peers/lib/signing.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Clock } from "./lib/clock.mjs";
import { Fleet } from "./lib/fleet.mjs";
import { isAccepted } from "./lib/host.mjs";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const HOLD = 60; // seconds
const RECOVERED = 60;

await story("Exposure and the hold window", async () => {
  const world = await step("Plaza and a gateway run", () => World.start({ clock: Clock, settings: `hold_seconds = ${HOLD}\n` }));
  const { plaza, gateway, clock } = world;
  const fleet = new Fleet(world);
  atEnd(() => fleet.close());
  let actor, follower, reader, forged, forger, stranger, deleted;

  await step("one host follows, four others never did", async () => {
    await plaza.federate("alice", true);
    actor = await fleet.meet("alice");
    follower = await fleet.add({ name: "follower" });
    reader = await fleet.add({ name: "signed reader" });
    forged = await fleet.add({ name: "host that is named by a forged fetch" });
    forger = await fleet.add({ name: "forger" });
    stranger = await fleet.add({ name: "reader without a signature" });
    await fleet.follow([{ host: follower, actor }]);
  });

  const requests = () => fleet.hosts.map(({ name, posts, gets }) => `${name}: ${posts.length} ${gets.length}`);
  const heard = (host, type, text) => host.posts.find((post) => post.type === type && isAccepted(post) && post.json.object.content.includes(text));
  const publish = async (text, mark = text) => {
    const native = await plaza.post("alice", text);
    await isHeld(1);
    clock.advance(HOLD + 1);
    const { object } = await until(`the Create of ${text}`, RECOVERED, () => heard(follower, "Create", mark));
    return { native, object };
  };
  const isHeld = (count) => until("the gateway holds it back", RECOVERED, async () => Number(await gateway.redis("ZCARD", "holds")) === count);
  const count = async () => (await get(`${actor}/outbox`)).json.totalItems;

  await step("a post is absent from everything while it is held", async () => {
    const before = requests();
    const native = await plaza.post("alice", "Held.");
    await isHeld(1);
    assert.equal(await count(), 0);
    const [held] = (await gateway.redis("ZRANGE", "holds", "0", "-1")).trim().split("\n");
    assert.equal((await get(`${actor}/p/${held.split(":")[1]}`)).status, 404);
    assert.deepEqual(requests(), before);
    clock.advance(HOLD + 1);
    const { object } = await until("its Create", RECOVERED, () => heard(follower, "Create", "Held."));
    assert.equal(await count(), 1);
    assert.equal((await get(object)).status, 200);
    await plaza.remove(native);
    await until("its Delete", RECOVERED, () => follower.about(object).some(({ type }) => type === "Delete"));
  });

  await step("a post that is deleted inside its hold window causes no request anywhere", async () => {
    const before = requests();
    const native = await plaza.post("alice", "Regretted.");
    await isHeld(1);
    await plaza.remove(native);
    await isHeld(0);
    clock.advance(10 * HOLD);
    // What is made after it would come after it.
    await publish("A marker.");
    assert.ok(fleet.hosts.every(({ posts }) => !posts.some(({ json }) => JSON.stringify(json).includes("Regretted"))));
    const after = requests();
    assert.deepEqual(after.slice(1), before.slice(1));
    assert.equal(follower.posts.length, Number(before[0].split(" ")[1]) + 1, "the marker, and nothing else");
  });

  await step("an edit inside the hold window folds into the Create", async () => {
    const native = await plaza.post("alice", "Frist draft.");
    await isHeld(1);
    await plaza.edit(native, "First draft.");
    await until("the edit is here", RECOVERED, async () => (await source(gateway)).includes("First draft."));
    clock.advance(HOLD + 1);
    const create = await until("the Create", RECOVERED, () => heard(follower, "Create", "First draft."));
    await publish("Another marker.");
    assert.deepEqual(follower.about(create.object).map(({ type }) => type), ["Create"]);
    assert.equal(create.json.object.updated, undefined);
  });

  const aboutHosts = async (object) => (await fleet.ledger(object)).hosts.map(({ host }) => host.replace("http://", "")).sort();
  const short = (...hosts) => hosts.map(({ origin }) => origin.replace("http://", "")).sort();

  await step("a reader with a signature that never followed gets the Delete", async () => {
    const { native, object } = await publish("Widely read.");
    assert.deepEqual(await aboutHosts(object), short(follower));
    for (let times = 0; times < 2; times++) assert.equal((await get(object)).status, 200, "the reader without a signature");
    assert.equal((await reader.signed("GET", object)).status, 200);
    const wrong = await newKey();
    // Signed by the forger in the name of another host, and in his own name with somebody else's key.
    assert.equal((await forger.signed("GET", object, { keyId: `${forged.actor()}#main-key`, key: wrong })).status, 200);
    assert.equal((await forger.signed("GET", object, { key: wrong })).status, 200);
    await until("the ledger knows the reader", RECOVERED, async () => (await aboutHosts(object)).length === 2);
    assert.deepEqual(await aboutHosts(object), short(follower, reader));
    const entry = (await fleet.ledger(object)).hosts.find(({ host }) => host.includes(`:${reader.port}`));
    assert.deepEqual(entry.why, ["fetched"]);
    await plaza.remove(native);
    await until("the Delete at the reader", RECOVERED, () => reader.about(object).some((post) => post.type === "Delete" && isAccepted(post)));
    await until("the Delete at the follower", RECOVERED, () => follower.about(object).some((post) => post.type === "Delete" && isAccepted(post)));
    deleted = object;
  });

  await step("a fetch of the tombstone with a signature is evidence", async () => {
    assert.equal((await reader.signed("GET", deleted)).status, 410);
    await until("the ledger says observed", RECOVERED, async () =>
      (await fleet.ledger(deleted)).hosts.find(({ host }) => host.includes(`:${reader.port}`)).delete === "observed");
  });

  await step("whoever showed that it holds the post gets its Delete, for each reason", async () => {
    const named = await fleet.add({ name: "somebody who is named" });
    const { native, object } = await publish(`Hello ${named.handle()}, and everybody.`, "and everybody.");
    await plaza.pin("alice", native);
    await until("it is pinned", RECOVERED, async () => (await get(`${actor}/featured`)).json.orderedItems.length === 1);
    const inbox = `${actor}/inbox`;
    const noteOf = (host, more) => ({ id: `${host.origin}/notes/1`, type: "Note", attributedTo: host.actor(), content: "<p>Well.</p>", to: [PUBLIC], cc: [actor], ...more });
    const create = (host, more) => host.send(inbox, "Create", noteOf(host, more), { to: [PUBLIC], cc: [actor] });
    const readPage = async (host, url) => assert.equal((await host.signed("GET", url)).status, 200);
    const ways = {
      liked: [["like", (host) => host.send(inbox, "Like", object)], ["reaction", (host) => host.send(inbox, "EmojiReact", object, { content: "🎉" })]],
      boosted: [["boost", (host) => host.send(inbox, "Announce", object, { to: [PUBLIC] })]],
      quoted: [
        ["quote", (host) => create(host, { quoteUrl: object })],
        ["quote among followers", (host) => create(host, { quoteUrl: object, to: [`${host.actor()}/followers`], cc: [] })],
        ["request to quote", (host) => host.send(inbox, "QuoteRequest", object, { instrument: noteOf(host, { quote: object }) })],
      ],
      replied: [
        ["answer", (host) => create(host, { inReplyTo: object })],
        ["answer that is not public", (host) => create(host, { inReplyTo: object, to: [actor], cc: [] })],
      ],
      fetched: [["fetch", (host) => readPage(host, object)], ["page of the outbox", (host) => readPage(host, `${actor}/outbox?page=0`)], ["pinned posts", (host) => readPage(host, `${actor}/featured`)]],
    };
    const expected = new Map([[named, "mentioned"], [follower, "delivered"]]);
    for (const [reason, kinds] of Object.entries(ways))
      for (const [name, show] of kinds) {
        const host = await fleet.add({ name: `${reason} (${name})` });
        expected.set(host, reason);
        await show(host);
      }
    const reasons = async () => new Map((await fleet.ledger(object)).hosts.map(({ host, why }) => [host, why.join()]));
    const known = async (host, reason, told) => assert.equal((told ?? (await reasons())).get(host.origin.replace("http://", "")), reason, host.name);
    for (const [host, reason] of expected) await until(`the ledger knows who ${host.name}`, RECOVERED, () => known(host, reason).then(() => true));
    assert.equal((await reasons()).size, expected.size);
    await plaza.remove(native);
    for (const host of expected.keys())
      await until(`the Delete for ${host.name}`, RECOVERED, () => host.about(object).some((post) => post.type === "Delete" && isAccepted(post)));
    // A server of which nothing was known shows that it has a copy when the post is gone.
    for (const [name, show] of [["like", ways.liked[0][1]], ["boost", ways.boosted[0][1]], ["answer", ways.replied[0][1]], ["quote", ways.quoted[0][1]]]) {
      const late = await fleet.add({ name: `late ${name}` });
      await show(late);
      await until(`the Delete for the ${late.name}`, RECOVERED, () => late.about(object).some((post) => post.type === "Delete" && isAccepted(post)));
    }
    // Those that were told are not told again.
    const [liker] = [...expected.keys()].filter(({ name }) => name === "liked (like)");
    await liker.send(inbox, "Like", object);
    await publish("A third marker.");
    assert.equal(liker.about(object).filter(({ type }) => type === "Delete").length, 1);
  });

  await step("a server that has one inbox only gets the Delete where that is now", async () => {
    const { native, object } = await publish("Before the move.");
    const mover = await fleet.add({ name: "mover", shared: false });
    await mover.send(`${actor}/inbox`, "Like", object);
    await until("the ledger knows it", RECOVERED, async () => (await aboutHosts(object)).length === 2);
    mover.moves = 1;
    await plaza.remove(native);
    await until("it said that it moved", RECOVERED, () => mover.about(object).some(({ answer }) => answer === 301));
    await until("it was asked where to", RECOVERED, async () => (await gateway.redis("HVALS", "inboxes")).includes(mover.origin + mover.inboxPath("fan")));
    clock.advance(60);
    await until("the Delete", RECOVERED, () => mover.about(object).some((post) => post.type === "Delete" && isAccepted(post)));
  });

  const visitor = await fleet.add({ name: "reader of the profile" });
  await step("who only read the profile, with a signature, hears that the account is gone", async () => {
    assert.equal((await visitor.signed("GET", actor)).status, 200);
    assert.equal((await forger.signed("GET", actor, { key: await newKey() })).status, 200);
    assert.equal((await get(actor)).status, 200, "the reader without a signature");
    await until("the ledger knows it", RECOVERED, async () => (await aboutHosts(actor)).includes(short(visitor)[0]));
    await plaza.federate("alice", false);
    for (const host of [visitor, reader, follower])
      await until(`the Delete of the account for ${host.name}`, RECOVERED, () => host.about(actor).some((post) => post.type === "Delete" && isAccepted(post)));
    assert.deepEqual(visitor.posts.map(({ type, object }) => `${type} ${object}`), [`Delete ${actor}`]);
  });

  await step("nobody else was ever sent anything", async () => {
    for (const host of [forged, forger, stranger]) assert.deepEqual(host.posts, [], host.name);
    fleet.checkOrder();
    fleet.checkSignatures();
    assert.equal(fleet.checkRepetitions([]), 0);
    const objects = new Set([...fleet.threads()].map(({ object }) => object).filter((object) => object.includes("/p/")));
    const figures = await fleet.checkLedger(objects, () => false);
    console.log(`         ${figures.pairs} pairs: ${figures.accepted} accepted, ${figures.refused} refused`);
  });
});

/** What the gateway keeps of the post that is held. */
async function source(gateway) {
  const [held] = (await gateway.redis("ZRANGE", "holds", "0", "-1")).trim().split("\n");
  return gateway.redis("HGET", `post:${held}`, "source");
}
