// D: domains that the operator blocked, as seen from both sides.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { run } from "../peers/lib/processes.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { until } from "../peers/lib/wait.mjs";
import { guard } from "./guard.mjs";
import { Outside, Peer } from "./outside.mjs";

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
    const rules = JSON.parse(await domain("list", "--json"));
    assert.deepEqual(rules.map(({ domain, rule, reason }) => [domain, rule, reason]), [["follower.example", "block", "it floods"], ["spam.example", "block", ""]]);
    assert.match(await domain("list"), /^block +follower\.example +since 20\S+Z +it floods\n(.*\n)2 rule\(s\)\n$/);
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
  await guard("D3", "all below it is blocked too", async () => assert.equal(await silence(below, () => below.post(wave(below))), 403));
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
    const queues = [0, 1, 2, 3];
    const queued = async () => (await Promise.all(queues.map(async (queue) => Number(await gateway.redis("XLEN", `work:inbox:${queue}`))))).reduce((a, b) => a + b);
    for (const queue of queues) await gateway.redis("SET", `lease:work:inbox:${queue}`, "somebody-else");
    await until("what comes waits", 30, async () => (await late.post(wave(late))) === 202 && (await queued()) > 5);
    assert.equal(await late.post(late.activity("Follow", actor)), 202);
    const waiting = await followers();
    await domain("block", "late.example");
    await refuses(late);
    for (const queue of queues) await gateway.redis("DEL", `lease:work:inbox:${queue}`);
    await until("all is worked off", 60, async () => (await queued()) === 0);
    assert.equal(await followers(), waiting);
  });

  await step("an exception below a blocked domain, and the block lifted: they are heard again", async () => {
    assert.match(await domain("allow", "a.b.spam.example"), /is allowed although b\.spam\.example is blocked/);
    await until("below is heard", 10, async () => (await below.post(wave(below))) === 202);
    assert.equal(await spam.post(wave(spam)), 403);
    assert.match(await domain("allow", "spam.example"), /is not blocked any more/);
    await until("it is heard", 10, async () => (await spam.post(wave(spam))) === 202);
    await domain("allow", "follower.example");
    await until("the follower is heard", 10, async () => (await follower.post(wave(follower))) === 202);
    await plaza.post("alice", "for all again");
    await until("the follower has it", 20, () => follower.arrivals.some(({ type, object }) => type === "Create" && object.content.includes("for all again")));
  });
  await step("wrong words are told what to write", async () => {
    for (const words of [["block"], ["block", "https://spam.example/"], ["block", "a b"], ["lift", "spam.example"], ["list", "spam.example"], ["block", "x.example", "--reason", "two\nlines"]])
      await assert.rejects(domain(...words), /domain block DOMAIN/);
  });
});
