// What must not come in: each kind of bad request gets the answer of PROTOCOL §3.1, nothing of it is stored, and the
// workers live on.
import assert from "node:assert/strict";
import { atEnd, step, story } from "./lib/harness.mjs";
import { ACTIVITY } from "./lib/http.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

// What moves by itself in an idle gateway: leases, the worker's own marks, what has been heard of hosts.
const RESTLESS = /^(lease|worker|cursor|host|jobs|stream|health|health_totals|refusals)\b/;

// Durable keys with the hash of what they hold; what carries a TTL is cache.
const DURABLE = `
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TTL', key) == -1 then found[#found + 1] = key .. ' ' .. redis.sha1hex(redis.call('DUMP', key)) end
end
table.sort(found)
return found`;

await story("Requests that must be refused", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const mallory = await Stranger.start("mallory");
  const victim = await Stranger.start("victim");
  for (const stranger of [mallory, victim]) atEnd(() => stranger.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inboxes = [`${gateway.origin}/inbox`, `${actor}/inbox`];
  const [shared] = inboxes;
  const follow = () => mallory.activity("Follow", actor);

  const stored = async () =>
    (await gateway.redis("EVAL", DURABLE, "0"))
      .trim()
      .split("\n")
      .filter((line) => !RESTLESS.test(line));

  // The keys of both are known from here on: what follows finds the same store before and after.
  await step("a signed activity of an unknown kind is accepted", async () => {
    for (const stranger of [mallory, victim])
      for (const inbox of inboxes) assert.equal((await stranger.post(inbox, stranger.activity("Wave", actor))).status, 202);
  });

  const workers = gateway.workers();
  const refused = (name, status, request) =>
    step(`${name}: ${status}`, async () => {
      const before = await stored();
      for (const inbox of inboxes) {
        const answer = await request(inbox);
        assert.equal(answer.status, status, `${inbox}: ${answer.text.slice(0, 300)}`);
      }
      assert.deepEqual(await stored(), before, "nothing is stored");
      assert.deepEqual(gateway.workers(), workers, "the workers are the same");
    });
  const without = (inbox, body, ...names) => {
    const request = mallory.request(inbox, body);
    for (const name of names) delete request.headers[name];
    return mallory.send(inbox, request);
  };
  const text = () => JSON.stringify(follow());

  await refused("malformed JSON", 400, (inbox) => mallory.post(inbox, '{"type":"Follow",'));
  await refused("JSON that is no object", 400, (inbox) => mallory.post(inbox, '["Follow"]'));
  await refused("no type", 400, (inbox) => mallory.post(inbox, { ...follow(), type: undefined }));
  await refused("no actor", 400, (inbox) => mallory.post(inbox, { ...follow(), actor: undefined }));
  await refused("JSON nested 65 levels deep", 400, (inbox) => mallory.post(inbox, `${'{"a":'.repeat(65)}1${"}".repeat(65)}`));
  await refused("no body", 400, (inbox) => mallory.post(inbox, ""));
  await refused("a body of 2 MiB", 413, (inbox) => mallory.post(inbox, { ...follow(), summary: "x".repeat(2 << 20) }));
  await refused("a body that is no activity", 415, (inbox) => mallory.post(inbox, text(), { type: "application/x-www-form-urlencoded" }));
  await refused("unsigned", 401, (inbox) => without(inbox, text(), "signature"));
  await refused("no Digest", 401, (inbox) => without(inbox, text(), "digest"));
  await refused("a Digest of another body", 401, (inbox) =>
    mallory.post(inbox, follow(), { digest: "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" }),
  );
  await refused("a body that is not the one signed", 401, (inbox) => {
    const request = mallory.request(inbox, text());
    request.body = Buffer.from(request.body.toString().replace("Follow", "follow"));
    return mallory.send(inbox, request);
  });
  await refused("signed with a key that the actor does not have", 401, (inbox) => mallory.post(inbox, follow(), { key: Stranger.otherKey() }));
  await refused("another's key id", 401, (inbox) => mallory.post(inbox, follow(), { keyId: victim.keyId }));
  await refused("signed two hours ago", 401, (inbox) => mallory.post(inbox, follow(), { date: new Date(Date.now() - 7_200_000) }));
  await refused("signed two hours ahead", 401, (inbox) => mallory.post(inbox, follow(), { date: new Date(Date.now() + 7_200_000) }));
  await refused("signer is not the actor", 403, (inbox) => mallory.post(inbox, { ...follow(), actor: victim.actor }));
  await refused("chunked", 411, (inbox) => {
    const request = mallory.request(inbox, text());
    request.headers["content-length"] = undefined;
    request.headers["transfer-encoding"] = "chunked";
    request.body = Buffer.from(`${request.body.length.toString(16)}\r\n${request.body}\r\n0\r\n\r\n`);
    return mallory.send(inbox, request);
  });
  await refused("chunked beside a Content-Length", 400, (inbox) =>
    mallory.send(inbox, mallory.request(inbox, text(), { headers: { "transfer-encoding": "chunked" } })),
  );
  await refused("a negative Content-Length", 400, (inbox) =>
    mallory.send(inbox, mallory.request(inbox, text(), { headers: { "content-length": -1 } })),
  );
  await refused("a Host that is not ours", 421, (inbox) => {
    const request = mallory.request(inbox, text());
    request.headers.host = "elsewhere.example";
    return mallory.send(inbox, request);
  });
  await refused("an unknown actor's own Delete, unsigned, is taken and forgotten", 202, async (inbox) => {
    const stranger = await Stranger.start("nobody");
    const gone = stranger.activity("Delete", stranger.actor, { to: ["https://www.w3.org/ns/activitystreams#Public"] });
    const request = stranger.request(inbox, JSON.stringify(gone));
    delete request.headers.signature;
    const answer = await stranger.send(inbox, request);
    stranger.close();
    assert.deepEqual(stranger.fetches, [], "nothing was asked of the unknown server");
    return answer;
  });

  await step("the account that was aimed at: 404 for one that is not there, and a Follow still works", async () => {
    const nobody = `${gateway.origin}/u/abcdefghijk23/inbox`;
    assert.equal((await mallory.post(nobody, follow())).status, 404);
    assert.equal((await mallory.post(shared, follow())).status, 202);
    const followers = async () => (await (await fetch(`${actor}/followers`, { headers: { accept: ACTIVITY } })).json()).totalItems;
    await until("the Follow counted", 20, async () => (await followers()) === 1);
    assert.deepEqual(gateway.workers(), workers);
  });
});
