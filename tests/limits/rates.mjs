// Who asks too often is told when to come again: an address by its requests, a server by its verified activities.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { retryAfter } from "./raw.mjs";

await story("How often one may come", async () => {
  const settings = "[limits]\naddress_per_second = 2\nhost_per_second = 3\n";
  process.env.DRAWBRIDGE_GATEWAY_TRUSTED_PROXIES = "127.0.0.1";
  const world = await step("Plaza and the gateway run, one worker, 2 requests and 3 activities a second", () =>
    World.start({ workers: 1, settings }),
  );
  const { plaza, gateway } = world;
  const loud = await Stranger.start("loud");
  const quiet = await Stranger.start("quiet");
  for (const stranger of [loud, quiet]) atEnd(() => stranger.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${gateway.origin}/inbox`;
  const from = (address) => get(`${gateway.origin}/.well-known/nodeinfo`, { headers: { "x-forwarded-for": address } });
  const burst = async (times, request) => {
    const answers = [];
    for (let i = 0; i < times; i++) answers.push(await request(i));
    return answers;
  };

  await step("an address may come 20 times at once, then it waits", async () => {
    const answers = await burst(40, () => from("203.0.113.7"));
    const good = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(good >= 20 && good < 40, `${good} of 40 were let in`);
    assert.equal(good + refused.length, 40);
    for (const { headers } of refused) assert.ok(Number(headers.get("retry-after")) >= 1);
  });
  await step("another address is not meant", async () => assert.equal((await from("203.0.113.8")).status, 200));
  await step("of IPv6 a whole /64 is one address", async () => {
    const answers = await burst(40, (i) => from(`2001:db8:1:2::${i + 1}`));
    assert.ok(answers.some(({ status }) => status === 429));
    assert.equal((await from("2001:db8:1:3::1")).status, 200);
  });
  await step("after the time it was told it is let in again", async () => {
    const refused = await until("the bucket is empty", 20, async () => {
      const answer = await from("203.0.113.9");
      return answer.status === 429 && answer;
    });
    const seconds = Number(refused.headers.get("retry-after"));
    assert.ok(seconds >= 1 && seconds <= 5, `${seconds}`);
    await until("it is let in", seconds + 10, async () => (await from("203.0.113.9")).status === 200);
  });
  await step("the reverse proxy itself and health checks are never refused", async () => {
    const answers = await burst(60, (i) => get(`${gateway.origin}/${i % 2 ? "healthz" : ".well-known/nodeinfo"}`));
    assert.ok(answers.every(({ status }) => status === 200));
    const health = await burst(60, () => get(`${gateway.origin}/readyz`, { headers: { "x-forwarded-for": "203.0.113.7" } }));
    assert.ok(health.every(({ status }) => status === 200));
  });

  await step("a server may send 30 activities at once, then it waits; another is taken meanwhile", async () => {
    const answers = await burst(60, () => loud.post(inbox, loud.activity("Wave", actor)));
    const taken = answers.filter(({ status }) => status === 202).length;
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(taken >= 30 && taken < 60, `${taken} of 60 were taken`);
    assert.equal(taken + refused.length, 60);
    for (const { text } of refused) assert.ok(retryAfter(text) >= 1, text);
    assert.equal((await quiet.post(inbox, quiet.activity("Wave", actor))).status, 202);
  });
  await step("forged activities in a server's name do not use up what it may send", async () => {
    const forged = () => quiet.post(inbox, quiet.activity("Wave", actor), { key: Stranger.otherKey() });
    const answers = await burst(32, forged);
    assert.ok(answers.every(({ status }) => status === 401), `${answers.map(({ status }) => status)}`);
    assert.equal((await quiet.post(inbox, quiet.activity("Wave", actor))).status, 202);
  });
});
