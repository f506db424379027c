// A domain that is blocked causes no outgoing request at all, seen at the socket and at the resolver: neither what waited from
// before, with its retries, nor anything that people here, on the platform or elsewhere do afterwards. With the word "allowlist" the same
// where only listed servers are dealt with, and it is taken from the list.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { HOST, Outside, Peer } from "./outside.mjs";

const SOON = 30;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

const listed = process.argv.includes("allowlist");

await story(`Silence towards a ${listed ? "domain that is not listed any more" : "blocked domain"}`, async () => {
  const outside = await step("Plaza and the gateway run as in production", () => Outside.start(listed ? { settings: "[federation]\nmode = allowlist\n" } : {}));
  const { plaza, gateway } = outside;
  const drawbridge = (...words) => run(binaries.drawbridge, [...words, "-c", gateway.configuration], { environment: gateway.environment });
  /** Whatever the outcome: what counts is what it asks of whom. */
  const tries = (...words) => drawbridge(...words).catch((error) => error.message);
  const [foe, friend, mover] = await Promise.all(["foe.example", "friend.example", "mover.example"].map((host) => Peer.start(outside, host)));
  const allow = (peer) => drawbridge("domain", "allow", peer.host);
  if (listed) for (const peer of [foe, friend, mover]) await allow(peer);
  for (const peer of [foe, friend, mover])
    peer.documents.set("/.well-known/webfinger", () => ({ subject: `acct:mallory@${peer.host}`, links: [{ rel: "self", type: "application/activity+json", href: peer.actor }] }));
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  const actor = await until("webfinger answers", SOON, () => outside.actorOf("alice"));
  const bobs = await until("for bob too", SOON, () => outside.actorOf("bob"));
  const [alice, bob] = [`alice@${HOST}`, `bob@${HOST}`];
  const has = (peer, type, test = () => true) => peer.arrivals.some((activity) => activity.type === type && test(activity));
  const noteOf = (peer, text) => peer.arrivals.find(({ type, object }) => type === "Create" && object.content.includes(text))?.object.id;
  const write = (peer, parent, text) => {
    const id = `${peer.origin}/notes/${++peer.serial}`;
    const object = { id, type: "Note", attributedTo: peer.actor, inReplyTo: parent, content: `<p>${text}</p>`, to: [PUBLIC], cc: [actor] };
    peer.documents.set(new URL(id).pathname, () => object);
    return peer.post(peer.activity("Create", object, { to: object.to, cc: object.cc })).then((status) => (assert.equal(status, 202), id));
  };

  let first, second, answer, note, reply;
  await step("both follow, have two posts, and answer, like and boost them", async () => {
    for (const peer of [foe, friend]) assert.equal(await peer.post(peer.activity("Follow", actor)), 202);
    await until("both are accepted", SOON, () => [foe, friend].every((peer) => has(peer, "Accept")));
    first = await plaza.post("alice", "The first.");
    second = await plaza.post("alice", "The second.");
    note = await until("foe has the first", SOON, () => noteOf(foe, "The first."));
    await until("foe has the second", SOON, () => noteOf(foe, "The second."));
    reply = await write(foe, note, "A foe answers.");
    await write(friend, note, "A friend answers.");
    for (const type of ["Like", "Announce"]) assert.equal(await foe.post(foe.activity(type, note)), 202);
    await until("the replies are shown", SOON, async () => (await plaza.replyWith(first, "A foe answers.")) && (await plaza.replyWith(first, "A friend answers.")));
  });
  const home = async (user) => (await plaza.test("GET", `users/${user}/home`)).items.filter(({ deleted }) => !deleted).map(({ text }) => text);
  const says = (peer, text) => peer.activity("Create", { id: `${peer.origin}/notes/${++peer.serial}`, type: "Note", attributedTo: peer.actor, content: `<p>${text}</p>`, to: [PUBLIC], cc: [] }, { to: [PUBLIC] });
  await step("alice follows back, and has what they write on her home page", async () => {
    for (const peer of [foe, friend, mover]) {
      await drawbridge("following", "add", alice, peer.actor);
      await until(`${peer.host} is asked`, SOON, () => has(peer, "Follow"));
      assert.equal(await peer.post(peer.activity("Accept", peer.arrivals.find(({ type }) => type === "Follow"))), 202);
    }
    await until("all said yes", SOON, async () => JSON.parse(await drawbridge("following", "list", alice, "--json")).items.filter(({ state }) => state === "accepted").length === 3);
    for (const peer of [foe, friend]) assert.equal(await peer.post(says(peer, `Good morning from ${peer.host}`)), 202);
    await until("it is there", SOON, async () => (await home("alice")).length === 2);
  });
  const key = await until("the reply's key", SOON, async () => JSON.parse(await drawbridge("reply", "list", alice, "--json")).items.find(({ text }) => text === "A foe answers.")?.reply);

  await step("foe falters: a Create, an Update, a Delete, a Follow and a report wait for another try", async () => {
    const before = foe.arrivals.length;
    foe.script = (request, answer) => request.method === "POST" && !!answer.writeHead(503).end();
    await plaza.post("alice", "The third.");
    await plaza.edit(first, "The first, edited.");
    await plaza.remove(second);
    answer = await plaza.post("alice", "You are wrong.", { reply_to: key });
    await drawbridge("report", "add", alice, foe.actor, "--comment", "insults", "--forward", "yes");
    await drawbridge("following", "add", bob, foe.actor);
    const tried = (type) => foe.arrivals.slice(before).some((activity) => activity.type === type);
    await until("each was tried", SOON, () => ["Create", "Update", "Delete", "Follow", "Flag"].every(tried));
    await until("friend has all", SOON, () => noteOf(friend, "The third.") && noteOf(friend, "You are wrong.") && has(friend, "Update") && has(friend, "Delete"));
  });

  const atRest = () =>
    until("nothing is in flight", SOON, async () => {
      const names = (await gateway.redis("KEYS", "claims:*")).trim().split("\n").filter(Boolean);
      return names.length === 0 && Number(await gateway.redis("ZCARD", "fanouts")) === 0;
    });
  const retryAll = () => gateway.redis("EVAL", "for _, name in ipairs(redis.call('ZRANGE', 'delays', 0, -1)) do redis.call('ZADD', 'delays', 1, name) end return redis.call('ZCARD', 'delays')", "0");
  const towards = () => outside.seen().filter((line) => line.endsWith(foe.host) || line.includes(`socket ${foe.address} `));
  let asked;
  await step("without the block it would be asked again", async () => {
    await atRest();
    outside.seen();
    await tries("host", "revive", foe.host);
    await retryAll();
    await until("the socket sees it", SOON, () => towards().length > 0);
  });
  const asksToFollow = (who) => foe.arrivals.filter(({ type, actor: asks }) => type === "Follow" && asks === who);
  await step(`it is ${listed ? "taken from the list" : "blocked"}; what waited falls due and is not tried`, async () => {
    await drawbridge("domain", listed ? "remove" : "block", foe.host);
    await until("the block holds", SOON, async () => (await foe.post(foe.activity("Wave", actor))) === 403);
    await atRest();
    outside.seen();
    asked = foe.asked.length;
    await tries("host", "revive", foe.host);
    assert.ok(Number(await retryAll()) + Number(await gateway.redis("LLEN", `tried:${(await gateway.redis("HGET", "host_numbers", foe.origin)).trim()}`)) > 0, "something waits");
    await until("nothing is due any more", SOON, async () => Number(await gateway.redis("ZCOUNT", "delays", "0", "1000")) === 0);
  });

  await step("what its people wrote goes from the platform; what others wrote stays", async () => {
    await until("foe's answer is gone", SOON, async () => !(await plaza.replyWith(first, "A foe answers.")));
    assert.ok(await plaza.replyWith(first, "A friend answers."));
  });

  await step("posts, edits, deletes, mentions, answers, likes, boosts and the profile of people here leave for others only", async () => {
    await plaza.post("alice", "For @mallory@foe.example and all others.");
    await plaza.edit(answer, "You were wrong.");
    await plaza.edit(first, "The first, edited again.");
    await plaza.test("POST", "users/alice/likes", { target: key }).catch(() => {});
    await plaza.repost("alice", key).catch(() => {});
    await plaza.test("PUT", "users/alice/profile", { name: "Alice, renamed", bio: null });
    await plaza.test("POST", "users/alice/reports", { key, comment: "again", forward: true }).catch(() => {});
    await until("friend has the mention", SOON, () => noteOf(friend, "and all others."));
    await until("and the answer", SOON, () => has(friend, "Update", ({ object }) => object.content?.includes("You were wrong.")));
    await until("and the profile", SOON, () => has(friend, "Update", ({ object }) => object.name === "Alice, renamed"));
  });
  await step("nor what owners and the operator do", async () => {
    await tries("report", "add", alice, "@mallory@foe.example", "--forward", "yes");
    await tries("report", "add", alice, reply, "--comment", "once more", "--forward", "yes");
    await tries("block", "add", alice, "@mallory@foe.example");
    await tries("follower", "remove", alice, foe.actor);
    await tries("preview", `plaza:${first}`);
    for (const account of [alice, bob]) for (const person of ["@mallory@foe.example", foe.actor]) await tries("following", "add", account, person);
    await plaza.follow("bob", { acct: "mallory@foe.example" }).catch(() => {});
    await tries("following", "remove", alice, foe.actor);
    await tries("alias", "add", alice, "@mallory@foe.example");
    await tries("account", "move", alice, "--to", "@mallory@foe.example");
    await tries("host", "revive", foe.host);
    await tries("account", "rotate-key", alice);
    await until("friend hears of the key", SOON, () => friend.arrivals.filter(({ type, object }) => type === "Update" && object.type !== "Note").length >= 2);
  });
  await step("nor what others send, in its name or about it", async () => {
    for (const type of ["Follow", "Like"]) assert.equal(await foe.post(foe.activity(type, type === "Follow" ? actor : note)), 403);
    assert.equal(await foe.fetch(new URL(note).pathname), 403);
    assert.equal(await foe.post(foe.activity("Accept", asksToFollow(bobs)[0])), 403);
    assert.equal(await foe.post(says(foe, "Good evening from the foe")), 403);
    mover.documents.set("/users/mallory", () => mover.person({ movedTo: foe.actor }));
    assert.equal(await mover.post(mover.activity("Move", mover.actor, { target: foe.actor })), 202);
    assert.equal(await friend.post(friend.activity("Like", note), { keyId: foe.keyId, key: foe.key }), 403);
    await friend.post({ ...friend.activity("Delete", { id: reply, type: "Tombstone" }), actor: foe.actor });
    await friend.post(friend.activity("Announce", reply));
    await friend.post(friend.activity("Flag", [actor, reply], { content: "both" }));
    await friend.post(friend.activity("Follow", foe.actor));
    await write(friend, reply, "I answer the foe.");
    await write(friend, note, `See <a href="${foe.actor}">@mallory</a>.`);
    const lead = friend.leadTo(foe.actor);
    await friend.post({ ...friend.activity("Wave", actor), actor: lead }, { keyId: lead, key: foe.key });
    await until("all is worked off", SOON, async () => (await Promise.all([0, 1, 2, 3].map(async (queue) => Number(await gateway.redis("XLEN", `work:inbox:${queue}`))))).every((length) => length === 0));
  });
  await step("nor the account's leave", async () => {
    assert.ok(!(await home("alice")).includes("Good evening from the foe"));
    for (const user of ["alice", "bob"]) await plaza.federate(user, false);
    await until("friend has the Delete of the account", SOON, () => has(friend, "Delete", ({ object }) => object === actor || object.id === actor));
    await atRest();
    await retryAll();
    await until("nothing is due any more", SOON, async () => Number(await gateway.redis("ZCOUNT", "delays", "0", "1000")) === 0);
  });
  await step("in all that time nobody looked it up, connected to it or asked it", () => {
    assert.deepEqual(towards(), []);
    assert.equal(foe.asked.length, asked);
  });
  await step("when the block is lifted its Deletes reach it, and no post", async () => {
    foe.script = undefined;
    const before = foe.arrivals.length;
    await (listed ? allow(foe) : drawbridge("domain", "remove", foe.host));
    await until("the block is lifted", SOON, async () => (await foe.post(foe.activity("Wave", actor))) === 202);
    await tries("host", "revive", foe.host);
    await retryAll();
    await until("the Delete of the account", 60, () => foe.arrivals.slice(before).some(({ type, object }) => type === "Delete" && (object === actor || object.id === actor)));
    assert.equal(foe.arrivals.slice(before).some(({ type }) => type === "Create"), false);
  });
});
