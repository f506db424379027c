// D: domains that the operator blocked, as seen from both sides.
import assert from "node:assert/strict";
import fs from "node:fs";
import { step, story } from "../peers/lib/harness.mjs";
import { run } from "../peers/lib/processes.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { until } from "../peers/lib/wait.mjs";
import { guard } from "./guard.mjs";
import { HOST, Outside, Peer } from "./outside.mjs";

await story("Domains that are blocked", async () => {
  const outside = await step("Plaza and the gateway run as in production", () => Outside.start());
  const { plaza, gateway } = outside;
  const domain = (...words) => run(binaries.drawbridge, ["domain", ...words, "-c", gateway.configuration]);
  const [spam, below, friend, follower] = await Promise.all(["spam.example", "a.b.spam.example", "friend.example", "follower.example"].map((host) => Peer.start(outside, host)));
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => outside.actorOf("alice"));
  const wave = (peer) => peer.activity("Wave", actor);
  const refuses = (peer) => until(`${peer.host} is refused`, 10, async () => (await peer.post(wave(peer))) === 403);
  const followers = async () => JSON.parse((await outside.ask("GET", `${new URL(actor).pathname}/followers`, { headers: { accept: "application/activity+json" } })).body).totalItems;
  const queues = [0, 1, 2, 3];
  const queued = async () => (await Promise.all(queues.map(async (queue) => Number(await gateway.redis("XLEN", `work:inbox:${queue}`))))).reduce((a, b) => a + b);
  const settled = () => until("all is worked off", 60, async () => (await queued()) === 0);
  const silence = async (peer, action) => {
    const { length } = peer.asked;
    outside.seen();
    const result = await action();
    assert.deepEqual(outside.seen().filter((line) => line.endsWith(peer.host) || line === `socket ${peer.address} 443`), []);
    assert.equal(peer.asked.length, length);
    return result;
  };

  await step("one follows, then its domain is blocked, and another that was never met", async () => {
    assert.equal(await follower.post(follower.activity("Follow", actor)), 202);
    await until("the Follow counted", 20, async () => (await followers()) === 1);
    await until("the Accept came", 20, () => follower.arrivals.some(({ type }) => type === "Accept"));
    assert.match(await domain("block", "FOLLOWER.example.", "--reason", "it floods"), /^follower\.example and all below it are blocked/);
    await domain("block", "spam.example");
    await refuses(follower);
    const { items: rules, mode } = JSON.parse(await domain("list", "--json"));
    assert.equal(mode, "open");
    assert.deepEqual(rules.map(({ domain, rule, reason }) => [domain, rule, reason]), [["follower.example", "block", "it floods"], ["spam.example", "block", ""]]);
    assert.match(await domain("list"), /^follower\.example\tblock\t20\S+Z\tit floods$/m);
  });

  const lead = (target) => {
    const url = friend.leadTo(target);
    return friend.post({ ...wave(friend), actor: url }, { keyId: url, key: spam.key });
  };
  await guard("D1", "in the name of somebody there nothing is accepted, whoever sends it", async () => {
    const { status, body } = await silence(spam, () => friend.send({ ...wave(friend), actor: spam.actor }));
    assert.equal(status, 403);
    assert.match(body, /blocked here/);
  });
  await guard("D2", "a key from there is not asked for, whoever is said to act", async () =>
    assert.equal(await silence(spam, () => friend.post(wave(friend), { keyId: spam.keyId, key: spam.key })), 403),
  );
  await guard("D3", "all below it is blocked too", async () => {
    assert.equal(await silence(below, () => below.post(wave(below))), 403);
    assert.match(await domain("show", "x.y.SPAM.example"), /^x\.y\.spam\.example is not dealt with/);
  });
  await guard("D4", "however its name is written", async () => {
    for (const host of ["SPAM.example", "spam.example:443"]) {
      const url = `https://${host}/users/mallory`;
      assert.equal(await silence(spam, () => spam.post({ ...wave(spam), actor: url }, { keyId: `${url}#main-key` })), 403, url);
    }
    for (const host of ["ｓｐａｍ.example", "SPAM.EXAMPLE", "spam.example:443", "spam.example."]) assert.equal(await silence(spam, () => lead(`https://${host}/users/mallory`)), 401, host);
  });
  await guard("D5", "nothing there is asked for, though somebody else leads there, and posts do not go there", async () => {
    assert.equal(await silence(spam, () => lead(`${spam.origin}/users/mallory`)), 401);
    const { length } = follower.arrivals;
    assert.equal(await friend.post(friend.activity("Follow", actor)), 202);
    await until("the Follow counted", 20, async () => (await followers()) === 2);
    await silence(follower, async () => {
      await plaza.post("alice", "for those who are not blocked");
      await until("the other follower has it", 20, () => friend.arrivals.some(({ type }) => type === "Create"));
      await until("nothing waits", 20, async () => (await gateway.redis("EXISTS", "fanouts", "ready")).trim() === "0");
    });
    assert.equal(follower.arrivals.length, length);
  });
  await guard("D6", "what waited as it was blocked is not carried out", async () => {
    const late = await Peer.start(outside, "late.example");
    for (const queue of queues) await gateway.redis("SET", `lease:work:inbox:${queue}`, "somebody-else");
    await until("what comes waits", 30, async () => (await late.post(wave(late))) === 202 && (await queued()) > 5);
    assert.equal(await late.post(late.activity("Follow", actor)), 202);
    const waiting = await followers();
    await domain("block", "late.example");
    await refuses(late);
    for (const queue of queues) await gateway.redis("DEL", `lease:work:inbox:${queue}`);
    await settled();
    assert.equal(await followers(), waiting);
  });

  await step("an exception below a blocked domain, and the block lifted: they are heard again", async () => {
    assert.match(await domain("allow", "a.b.spam.example"), /is allowed although b\.spam\.example is blocked/);
    await until("below is heard", 10, async () => (await below.post(wave(below))) === 202);
    assert.equal(await spam.post(wave(spam)), 403);
    assert.match(await domain("allow", "spam.example"), /is neither blocked nor limited any more/);
    await until("it is heard", 10, async () => (await spam.post(wave(spam))) === 202);
    await domain("allow", "follower.example");
    await until("the follower is heard", 10, async () => (await follower.post(wave(follower))) === 202);
    await plaza.post("alice", "for all again");
    await until("the follower has it", 20, () => follower.arrivals.some(({ type, object }) => type === "Create" && object.content.includes("for all again")));
  });
  const notes = [];
  const reply = (peer, note) => {
    const id = `${peer.origin}/notes/${++peer.serial}`;
    notes.push(id);
    const object = { id, type: "Note", attributedTo: peer.actor, inReplyTo: note, content: "<p>And me?</p>", to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor] };
    return peer.post(peer.activity("Create", object, { to: object.to, cc: object.cc }));
  };
  const asks = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, `alice@${HOST}`, "--json", "-c", gateway.configuration])).items;
  const fetched = (peer, target) => peer.fetch(target);
  await guard("D7", "of a limited domain a follow and a reply wait for approval, and nothing shows them", async () => {
    const loud = await Peer.start(outside, "very.loud.example");
    const { object: note } = await until("a post is out", 20, () => friend.arrivals.concat(follower.arrivals).find(({ type }) => type === "Create"));
    assert.match(await domain("limit", "LOUD.example", "--reason", "mostly advertising"), /^loud\.example and all below it are limited/);
    await until("the rule is known", 10, async () => (await loud.post(wave(loud))) === 202);
    assert.equal(await loud.post(loud.activity("Follow", actor)), 202);
    await until("the follow waits", 20, async () => (await asks("follower", "requests")).some(({ actor: who }) => who === loud.actor));
    assert.equal(loud.arrivals.some(({ type }) => type === "Accept"), false);
    assert.equal(await reply(loud, note.id), 202);
    await until("the reply waits", 20, async () => (await asks("reply", "held")).some(({ text }) => text === "And me?"));
    const { body } = await outside.ask("GET", `${new URL(note.id).pathname}/replies`, { headers: { accept: "application/activity+json" } });
    assert.equal(body.includes("loud.example"), false);
  });
  await step("who follows somebody of a limited domain sees what they post; the platform is told that they are limited", async () => {
    await domain("limit", "loud.example"); // also when D7 is not attacked
    const noise = await Peer.start(outside, "noise.loud.example");
    noise.documents.set("/.well-known/webfinger", () => ({ subject: `acct:mallory@${noise.host}`, links: [{ rel: "self", type: "application/activity+json", href: noise.actor }] }));
    await run(binaries.drawbridge, ["following", "add", `alice@${HOST}`, noise.actor, "-c", gateway.configuration], { environment: gateway.environment });
    const asked = await until("noise is asked", 20, () => noise.arrivals.find(({ type }) => type === "Follow"));
    assert.equal(await noise.post(noise.activity("Accept", asked)), 202);
    await until("noise said yes", 20, async () => (await asks("following", "list")).some(({ actor: who, state }) => who === noise.actor && state === "accepted"));
    const to = ["https://www.w3.org/ns/activitystreams#Public"];
    assert.equal(await noise.post(noise.activity("Create", { id: `${noise.origin}/notes/1`, type: "Note", attributedTo: noise.actor, content: "<p>Loud and clear</p>", to, cc: [] }, { to })), 202);
    const shown = await until("the post is on her home page", 20, async () => (await plaza.test("GET", "users/alice/home")).items.find(({ text }) => text === "Loud and clear"));
    assert.equal(shown.author.limited, true);
    assert.equal((await asks("reply", "held")).some(({ text }) => text === "Loud and clear"), false, "it waits for nobody");
    await run(binaries.drawbridge, ["following", "remove", `alice@${HOST}`, noise.actor, "-c", gateway.configuration], { environment: gateway.environment });
  });
  await guard("D10", "a follower who moves to a limited domain follows no more, to a blocked one is not moved", async () => {
    const lists = async () => (await gateway.redis("--raw", "HKEYS", `followers:${actor.split("/").pop()}`)).split("\n");
    const move = async (from, to) => {
      assert.equal(await from.post(from.activity("Follow", actor)), 202);
      await until("the Follow counted", 20, async () => (await lists()).includes(from.actor));
      from.documents.set("/users/mallory", () => from.person({ movedTo: to.actor }));
      to.documents.set("/users/mallory", () => to.person({ alsoKnownAs: [from.actor] }));
      assert.equal(await from.post(from.activity("Move", from.actor, { target: to.actor })), 202);
    };
    const [here, there, roamer, noisy, shut] = await Promise.all(["here.example", "there.example", "roamer.example", "loud.example", "shut.example"].map((host) => Peer.start(outside, host)));
    await domain("limit", "loud.example");
    await domain("block", "shut.example");
    await refuses(shut);
    await silence(shut, async () => {
      await move(here, shut);
      await move(roamer, noisy);
      await until("the limited one's move counted", 20, async () => !(await lists()).includes(roamer.actor));
      await settled();
    });
    assert.ok((await lists()).includes(here.actor), "where the move does not lead anywhere");
    for (const { actor: moved } of [noisy, shut]) assert.equal((await lists()).includes(moved), false, moved);
    here.documents.set("/users/mallory", () => here.person({ movedTo: there.actor }));
    there.documents.set("/users/mallory", () => there.person({ alsoKnownAs: [here.actor] }));
    assert.equal(await here.post(here.activity("Move", here.actor, { target: there.actor })), 202);
    await until("the other's move counted, or this test would see nothing", 20, async () => (await lists()).includes(there.actor));
  });
  await guard("D11", "what an owner blocks is blocked with all below, however deep, however it was written", async () => {
    const owner = (...words) => run(binaries.drawbridge, ["block", words[0], `alice@${HOST}`, ...words.slice(1), "-c", gateway.configuration]);
    const [shallow, deep, other] = await Promise.all(["foe.example", `${"x.".repeat(60)}foe.example`, "xn--bcher-kva.example"].map((host) => Peer.start(outside, host)));
    await owner("add", "FOE.example.");
    await owner("add", "Bücher.example");
    const { items } = JSON.parse(await owner("list", "--json"));
    assert.deepEqual(items.map(({ subject }) => subject).sort(), ["foe.example", "xn--bcher-kva.example"]);
    const before = await followers();
    for (const peer of [shallow, deep, other]) assert.equal(await peer.post(peer.activity("Follow", actor)), 202);
    await settled();
    assert.equal(await followers(), before);
    for (const { subject } of items) await owner("remove", subject);
    assert.equal(await deep.post(deep.activity("Follow", actor)), 202);
    await until("without the block it counts, or this test would see nothing", 20, async () => (await followers()) === before + 1);
  });
  await guard("D9", "who reads in the name of a blocked domain is refused", async () => {
    await domain("block", "spam.example");
    await refuses(spam);
    const { object: note } = friend.arrivals.concat(follower.arrivals).find(({ type }) => type === "Create");
    for (const target of [new URL(actor).pathname, new URL(note.id).pathname, `${new URL(actor).pathname}/outbox`]) {
      const { length } = spam.asked;
      assert.equal(await fetched(spam, target), 403, target);
      assert.equal(await fetched(friend, target), 200, target);
      assert.equal(spam.asked.length, length, "its key was not asked for");
    }
    await domain("remove", "spam.example");
    await until("it is heard", 10, async () => (await spam.post(wave(spam))) === 202);
  });
  await guard("D8", "where only listed servers are dealt with, all others are as if blocked", async () => {
    await gateway.process.stop();
    fs.appendFileSync(gateway.configuration, "\n[federation]\nmode = allowlist\n");
    await gateway.start();
    await domain("remove", "a.b.spam.example").catch(() => {});
    await domain("allow", "friend.example", "--reason", "we know them");
    await until("who is listed is heard", 20, async () => (await friend.post(wave(friend))) === 202);
    assert.equal(await silence(spam, () => spam.post(wave(spam))), 403);
    assert.equal(await silence(spam, () => lead(`${spam.origin}/users/mallory`)), 401);
    const { pathname } = new URL(actor);
    assert.equal((await outside.ask("GET", pathname, { headers: { accept: "application/activity+json" } })).status, 401, "who does not say who asks");
    assert.equal(await silence(spam, () => fetched(spam, pathname)), 403);
    assert.equal(await fetched(friend, pathname), 200);
    assert.match(await domain("show", "spam.example"), /is not dealt with/);
  });
  await step("wrong words are told what to write", async () => {
    for (const words of [["block"], ["lift", "spam.example"], ["list", "spam.example"], []]) await assert.rejects(domain(...words), /drawbridge domain block/);
    for (const words of [["block", "https://spam.example/"], ["block", "a b"], ["limit", "*.example"], ["allow", "alice@m.example"]]) await assert.rejects(domain(...words), /write the server's name alone/);
    await assert.rejects(domain("block", "x.example", "--reason", "two\nlines"), /one line of at most 500 bytes/);
    await assert.rejects(domain("remove", "never.example"), /there is no rule for never\.example/);
  });
});
