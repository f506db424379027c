// Following back: a signed Follow to a real Fedify, its Accept, its Reject and the Undo; what strangers say about follows that are
// not theirs; whom nobody can follow; blocks and leaving end it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;

await story("Following back", async () => {
  const world = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer } = world;
  const drawbridge = (...words) =>
    new Promise((resolve) => {
      const child = spawn(binaries.drawbridge, [...words, "-c", gateway.configuration], { stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
      const taken = { out: "", err: "" };
      child.stdout.on("data", (data) => (taken.out += data));
      child.stderr.on("data", (data) => (taken.err += data));
      child.on("close", (code) => resolve({ code, ...taken }));
    });
  const good = async (...words) => {
    const { code, out, err } = await drawbridge(...words, "--json");
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    return JSON.parse(out);
  };
  const bad = async (pattern, ...words) => {
    const { code, err } = await drawbridge(...words);
    assert.equal(code, 1, `${words.join(" ")}: ${err}`);
    assert.match(err, pattern, words.join(" "));
  };
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.got = (type) => stranger.arrivals.filter((activity) => activity.type === type);
    return stranger;
  };

  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const following = async (id) => (await good("following", "list", alice)).items.find((item) => item.actor === id);
  const state = async (id) => (await following(id))?.state;
  const collection = async (query = "") => (await get(`${actor}/following${query}`)).json;
  const received = async (type) => (await peer.ask("received")).filter((one) => one.type === type).map(({ json }) => json);

  await step("whom nobody can follow is told so, and nobody is asked", async () => {
    await bad(/account of this bridge/, "following", "add", alice, `@alice@${gateway.host}`);
    await bad(/account of this bridge/, "following", "add", alice, actor);
    await bad(/names nobody/, "following", "add", alice, "rosa");
    await bad(/does not follow/, "following", "remove", alice, peer.actor);
    const evil = await person("evil");
    assert.equal((await drawbridge("domain", "block", "localhost")).code, 0);
    const port = new URL(evil.origin).port;
    await bad(/operator blocks/, "following", "add", alice, `@evil@localhost:${port}`);
    await bad(/operator blocks/, "following", "add", alice, `http://localhost:${port}/users/evil`);
    assert.deepEqual(evil.fetches, []);
    const moved = await person("moved");
    moved.profile({ movedTo: "https://new.example/u/moved" });
    await bad(/has moved to/, "following", "add", alice, moved.actor);
    const shy = await person("shy");
    shy.profile({ summary: "<p>Birds. #nobridge</p>" });
    await bad(/no bridge is wanted/, "following", "add", alice, shy.actor);
    assert.equal(moved.arrivals.length + shy.arrivals.length, 0);
    assert.equal((await collection()).totalItems, 0);
  });

  await step("a follower is followed back: Follow, Accept, shown to the owner", async () => {
    await peer.follow(`@${alice}`);
    await until("she follows", SOON, () => peer.follows(actor));
    const follower = async () => (await good("follower", "list", alice)).items[0];
    assert.equal((await follower()).followed, "no");
    const asked = await good("following", "add", alice, peer.handle);
    assert.equal(asked.handle, peer.handle);
    await until("accepted", SOON, async () => (await state(peer.actor)) === "accepted");
    const one = await following(peer.actor);
    assert.ok(one.asked > 1e12 && one.decided >= one.asked && one.times === 1, JSON.stringify(one));
    assert.equal((await follower()).followed, "accepted");
    const [follow] = await received("Follow");
    assert.equal(follow.actor, actor);
    assert.equal(follow.object, peer.actor);
    assert.ok((await peer.ask("state")).followers[actor], "Fedify has her as a follower");
    await bad(/follows .* already/, "following", "add", alice, peer.handle);
    const { out } = await drawbridge("following", "list", alice);
    assert.match(out, /^handle\tstate\tasked\tdecided/);
  });

  await step("others see how many she follows; whom, only when she wants it", async () => {
    assert.equal((await collection()).totalItems, 1);
    assert.equal((await collection()).first, undefined);
    assert.equal((await get(`${actor}/following?page=0`)).status, 404);
    assert.deepEqual(await good("following", "set", alice, "yes"), { shown: true });
    assert.equal((await collection()).first, `${actor}/following?page=0`);
    assert.deepEqual((await collection("?page=0")).orderedItems, [peer.actor]);
    await good("following", "set", alice, "no");
    assert.equal((await collection()).first, undefined);
  });

  await step("who said yes can say no later, and be asked again", async () => {
    await peer.tell("reject", { target: actor });
    await until("rejected", SOON, async () => (await state(peer.actor)) === "rejected");
    assert.equal((await collection()).totalItems, 0);
    await peer.tell("config", { autoAccept: false });
    await good("following", "add", alice, peer.actor);
    await until("the second Follow", SOON, async () => (await received("Follow")).length === 2);
    assert.equal(await state(peer.actor), "asked");
    await peer.tell("reject", { target: actor });
    await until("rejected", SOON, async () => (await state(peer.actor)) === "rejected");
    await good("following", "add", alice, peer.actor);
    await until("the third Follow", SOON, async () => (await received("Follow")).length === 3);
    await peer.tell("accept", { target: actor });
    await until("accepted", SOON, async () => (await state(peer.actor)) === "accepted");
    assert.equal((await following(peer.actor)).times, 3);
    const ids = (await received("Follow")).map(({ id }) => id);
    assert.equal(new Set(ids).size, 3, "each has a name of its own");
  });

  await step("an Undo ends it", async () => {
    await good("following", "remove", alice, peer.handle);
    await until("the Undo", SOON, async () => (await received("Undo")).length === 1);
    const [undo] = await received("Undo");
    assert.equal(undo.object.id, (await received("Follow"))[2].id, "of the last Follow");
    assert.equal(await following(peer.actor), undefined);
    assert.equal((await collection()).totalItems, 0);
  });

  const [bob, mallory] = [await person("bob"), await person("mallory")];
  await step("only who was asked can answer: by an embedded Follow, or by its id alone", async () => {
    for (const one of [bob, mallory]) {
      await good("following", "add", alice, one.actor);
      await until("the Follow", SOON, () => one.got("Follow").length);
    }
    const [follow] = bob.got("Follow");
    const inbox = `${actor}/inbox`;
    assert.match(follow.id, /#follow-/);
    for (const object of [follow, follow.id, { ...follow, id: "http://127.0.0.1:1/x" }]) assert.equal((await mallory.post(inbox, mallory.activity("Accept", object))).status, 202);
    for (const object of [{ ...follow, object: mallory.actor, actor: `${actor}x` }, `${actor}#follow-short`]) await mallory.post(inbox, mallory.activity("Accept", object));
    await mallory.post(inbox, mallory.activity("Follow", actor));
    await until("all of that was handled: what she sent after it is", SOON, () => mallory.got("Accept").length);
    assert.equal(await state(bob.actor), "asked");
    assert.equal(await state(mallory.actor), "asked");
    await bob.post(inbox, bob.activity("Accept", follow.id));
    await until("bob's own Accept, by its id", SOON, async () => (await state(bob.actor)) === "accepted");
    const stranger = await person("stranger");
    await stranger.post(inbox, stranger.activity("Accept", { type: "Follow", actor, object: stranger.actor }));
    await bob.post(inbox, bob.activity("Reject", { type: "Follow", actor, object: bob.actor }));
    await until("bob's Reject, which names no id", SOON, async () => (await state(bob.actor)) === "rejected");
    assert.equal(await following(stranger.actor), undefined, "who was not asked cannot accept");
  });

  await step("what nobody answered is said so, and can be asked again", async () => {
    const [kept, day] = [await gateway.redis("HGET", `following:${actor.split("/").pop()}`, mallory.actor), 86_400_000];
    const [word, asked, ...rest] = kept.trim().split(" ");
    await gateway.redis("HSET", `following:${actor.split("/").pop()}`, mallory.actor, [word, Number(asked) - 2 * day, ...rest].join(" "));
    const one = await following(mallory.actor);
    assert.equal(one.state, "unanswered");
    assert.match(one.hint, /ask again/);
    await good("following", "add", alice, mallory.actor);
    await until("another Follow", SOON, () => mallory.got("Follow").length === 2);
    assert.equal(await state(mallory.actor), "asked");
    await good("following", "add", alice, mallory.actor);
    assert.equal((await following(mallory.actor)).times, 2, "within a minute it is the same request");
  });

  await step("a block ends it, and keeps it ended", async () => {
    await good("block", "add", alice, mallory.actor);
    await until("the Undo", SOON, () => mallory.got("Undo").length);
    assert.equal(await following(mallory.actor), undefined);
    await bad(/have nothing to do with each other/, "following", "add", alice, mallory.actor);
    await good("following", "add", alice, bob.actor);
    await until("the Follow", SOON, () => bob.got("Follow").length === 2);
    await bob.post(`${actor}/inbox`, bob.activity("Block", actor));
    await until("bob's own Block ends it too", SOON, async () => (await following(bob.actor)) === undefined);
    assert.equal(bob.got("Undo").length, 0, "he needs not be told");
  });

  await step("leaving undoes all, and then nobody can be followed", async () => {
    const [carol, aid] = [await person("carol"), actor.split("/").pop()];
    await good("following", "add", alice, carol.actor);
    await until("the Follow", SOON, () => carol.got("Follow").length);
    await carol.post(`${actor}/inbox`, carol.activity("Accept", carol.got("Follow")[0]));
    await until("accepted", SOON, async () => (await state(carol.actor)) === "accepted");
    await plaza.federate("alice", false);
    await until("the Undo, then the Delete", SOON, () => carol.got("Undo").length && carol.got("Delete").length);
    assert.ok(carol.arrivals.findIndex(({ type }) => type === "Undo") < carol.arrivals.findIndex(({ type }) => type === "Delete"));
    await bad(/not on|no such account/, "following", "add", alice, carol.actor);
    for (const key of [`following:${aid}`]) assert.equal((await gateway.redis("EXISTS", key)).trim(), "0", key);
    assert.equal((await gateway.redis("--raw", "KEYS", "followed*")).trim(), "", "no trace of whom she followed");
  });
});
