// A Delete over months: servers that die and come back, what the owner is told meanwhile, an account that leaves, and what is
// said when nothing is kept any more.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { until } from "../peers/lib/wait.mjs";
import { DAY, SOON, Scene } from "./lib/scene.mjs";

await story("A Delete over months", async () => {
  const scene = await Scene.start({ real: false });
  const { clock, gateway, plaza } = scene;
  const takes = await scene.add("takes", 202, "mastodon");
  const leaves = await scene.add("leaves", 202, "lemmy");
  const busy = await scene.add("busy", 503, undefined);
  const never = await scene.add("never", 202, "pleroma");
  const followers = await scene.followed();
  const { actor, handle } = scene;
  const numbers = new Map();
  for (const server of followers) numbers.set(server, (await gateway.redis("HGET", "host_numbers", server.origin)).trim());
  const asks = (server, url) => server.fetchSigned(url, { date: clock.now() });
  const field = async (server, name) => (await gateway.redis("HGET", `host:${numbers.get(server)}`, name)).trim();

  const first = await scene.published("Gone by tomorrow.", followers);
  const second = await scene.published("Here until I leave.", followers);

  await step("two servers are away when the post is deleted, one only says that it is busy", async () => {
    leaves.close();
    never.close();
    await plaza.remove(first.post);
    await until("the states", SOON, () => {
      const { counts } = scene.ledger(first.note);
      return counts.accepted === 1 && counts.unreachable === 2 && counts.queued === 1;
    });
    assert.match(scene.printed("notices", actor), /no Delete has been unanswered/);
  });

  await step("in eight days those who are away are taken for dead, and the Delete still waits for them", async () => {
    for (let day = 1; day <= 8; day++) {
      const before = await Promise.all([leaves, never].map((server) => field(server, "failures")));
      clock.advance(DAY);
      await until(`each was tried on day ${day}`, SOON, async () =>
        (await Promise.all([leaves, never].map((server) => field(server, "failures")))).every((now, i) => Number(now) > Number(before[i])));
    }
    assert.equal(scene.of(first.note, busy).state, "queued", "who answers, if only that it cannot just now, is reached");
    for (const server of [leaves, never]) {
      assert.equal(scene.ledger(server.origin).state, "dead", server.origin);
      assert.equal(scene.of(first.note, server).state, "unreachable");
    }
    const { unreachable_since: since, queued } = scene.of(first.note, leaves);
    assert.ok(since >= queued && since < queued + 60_000, "since the first try in vain");
    const figures = await scene.metrics();
    assert.equal(figures['deletes{state="unreachable"}'], 2);
    assert.equal(figures['deletes{state="queued"}'], 1);
    assert.ok(figures.oldest_unanswered_delete_seconds > 7 * DAY);
  });

  await step("the owner was told who has not answered, why, and what can be done", async () => {
    const [notice] = await until("a notice", 60, () => {
      const notices = JSON.parse(scene.printed("notices", actor, "--json"));
      return notices.length > 0 && notices;
    });
    assert.deepEqual(notice.of, [first.note]);
    assert.deepEqual(notice.hosts.map(({ host }) => host).sort(), [leaves, busy, never].map(({ host }) => host).sort());
    assert.ok(notice.hosts.every(({ says }) => /Nothing is known of its copy/.test(says)));
    for (const { host } of [leaves, busy, never]) assert.ok(notice.advice.some((text) => text.includes(host)));
    assert.ok(notice.advice.some((text) => /^Write to whoever runs/.test(text)));
    assert.ok(notice.advice.some((text) => /^Block .*'drawbridge block add/.test(text)));
    assert.match(scene.printed("notices", handle), /unanswered for more than 7 days/);
    const { text } = await get(`${gateway.origin}/metrics`);
    assert.match(text, /drawbridge_deletes_owed 1\n/);
  });

  await step("a dead server that speaks again is asked at once", async () => {
    await leaves.open();
    assert.equal(leaves.arrivals.filter(({ type }) => type === "Delete").length, 0);
    await until("its answer", SOON, async () => {
      assert.equal(await asks(leaves, second.note), 200); // one of several within seconds counts
      return scene.of(first.note, leaves).state === "accepted";
    });
    const answered = scene.of(first.note, leaves);
    assert.equal(answered.unreachable_since, undefined);
    assert.ok(answered.failures > 0 && answered.accepted > answered.queued + 7 * DAY * 1000);
    busy.onDelete = 410;
    clock.advance(DAY);
    await until("its refusal", SOON, () => scene.of(first.note, busy).state === "refused");
    assert.equal(scene.of(first.note, busy).code, 410);
    assert.equal(scene.of(first.note, never).state, "unreachable");
  });

  await step("who is told of an account's end by our 410 is observed, of its posts too", async () => {
    await plaza.federate("alice", false);
    await until("the farewell", SOON, () => scene.ledger(actor).counts.accepted === 2);
    assert.equal(await asks(leaves, second.note), 410);
    await until("the post is seen to be gone", SOON, () => scene.of(second.note, leaves).state === "observed");
    // A server that is dead does not keep the account from going: its Deletes wait.
    await until("the account is gone", 60, () => scene.ledger(actor).state === "gone");
    assert.equal(scene.of(actor, takes).state, "accepted");
    assert.equal(scene.of(actor, never).state, "unreachable");
    assert.equal(await asks(takes, actor), 410);
    await until("the account is seen to be gone", SOON, () => scene.of(actor, takes).state === "observed");
    const seen = scene.of(actor, takes);
    assert.ok(seen.accepted < seen.observed);
    assert.equal(scene.of(actor, leaves).state, "accepted");
    const { receipt } = JSON.parse(scene.printed("receipt", actor));
    assert.equal(receipt.of.state, "gone");
    assert.match(receipt.says, /4 servers are known .* 1 was seen to learn of it/);
  });

  await step("after 180 days nothing is kept, and the receipt says so instead of 'no server'", async () => {
    clock.advance(185 * DAY);
    await until("what was known is dropped", 60, () => scene.ledger(first.note).forgotten && scene.ledger(actor).forgotten);
    for (const what of [first.note, actor]) {
      const { receipt } = JSON.parse(scene.printed("receipt", what));
      assert.match(receipt.says, /^What was known of servers that may hold a copy was dropped 180 days after the Delete/);
      assert.deepEqual(receipt.hosts, []);
      assert.match(scene.printed(what), /was dropped 180 days after the Delete/);
    }
    assert.equal((await get(first.note)).status, 410);
    const figures = await scene.metrics();
    for (const [name, value] of Object.entries(figures)) if (/^deletes/.test(name)) assert.equal(value, 0, name);
    assert.equal(await gateway.redis("EXISTS", "deletes_waiting").then((text) => text.trim()), "0");
  });
});
