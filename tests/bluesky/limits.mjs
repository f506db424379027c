// Writing to Bluesky within its bounds: one session for all workers, renewed once when its token expires; 429 and
// RateLimit-Reset; the budget of points, of which deletes get the last fifth; a refused answer is told to the owner.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

await story("Writing to Bluesky within its bounds", async () => {
  const world = await step("PLC, PDS, the gateway and Fedify run", () =>
    World.start({
      appview: false,
      settings: async (started) => {
        await World.relay(started);
        return `identifier = relay.test\ntoken_file = ${started.relayFile}\n`;
      },
    }),
  );
  const { network, gateway, peer } = world;
  const { alice } = network.people;
  const { front } = network;
  const count = (method) => front.calls.filter((call) => call.method === `com.atproto.server.${method}`).length;
  const written = async (text) => (await network.relay.records("app.bsky.feed.post")).filter(({ value }) => value.text.includes(text));
  const appears = (text) => until(`"${text}" on the PDS`, SOON, async () => (await written(text))[0]);

  // There is no AppView: it has not seen the post that is answered.
  let fault;
  front.meddle = (method, request) => fault?.(method, request) ?? (method === "app.bsky.feed.getPostThread" ? { status: 400, json: { error: "NotFound", message: "Post not found" } } : undefined);

  const { password } = await alice.call("com.atproto.server.createAppPassword", { name: "to switch on" });
  const actor = await step("an account is switched on by its app password, which no list of processes shows", async () => {
    const wrong = await world.drawbridge({ input: "no-such-pass-word\n" }, "account", "add", "bluesky:alice.test", "--password-file", "-");
    assert.equal(wrong.status, 1, wrong.stdout);
    assert.match(wrong.stderr, /does not take the password/);
    assert.doesNotMatch(wrong.stderr, /no-such-pass/);
    const { status, stdout, stderr } = await world.drawbridge({ input: `${password}\n` }, "account", "add", "bluesky:alice.test", "--password-file", "-");
    assert.equal(status, 0, stderr);
    assert.equal(count("deleteSession"), 1, "the session of the proof has ended");
    return stdout.trim().split("\n").pop().trim();
  });
  await world.follow(actor, `@alice_test@${gateway.host}`);
  await alice.post("Please answer");
  const { object } = await world.create("Please answer");

  await step("a token that expires between two answers is renewed once, for all workers", async () => {
    await peer.reply(object.id, "the first answer");
    await appears("the first answer");
    assert.equal(count("createSession"), 3); // two proofs and the account that answers
    let expired;
    fault = (method, { headers }) => {
      if (method !== "com.atproto.repo.putRecord") return undefined;
      expired ??= headers.authorization;
      return headers.authorization === expired ? { status: 400, json: { error: "ExpiredToken", message: "Token has expired" } } : undefined;
    };
    await Promise.all([2, 3, 4, 5, 6].map((number) => peer.reply(object.id, `answer number ${number};`)));
    for (const number of [2, 3, 4, 5, 6]) await appears(`answer number ${number};`);
    fault = undefined;
    assert.equal(count("refreshSession"), 1);
    assert.equal(count("createSession"), 3);
    for (const number of [2, 3, 4, 5, 6]) assert.equal((await written(`answer number ${number};`)).length, 1);
  });

  await step("after 429 nothing is written before RateLimit-Reset, by no worker", async () => {
    let reset;
    fault = (method) => {
      if (method !== "com.atproto.repo.putRecord" || reset) return undefined;
      reset = Math.ceil(Date.now() / 1000) + 4;
      return { status: 429, headers: { "ratelimit-limit": "5000", "ratelimit-remaining": "0", "ratelimit-reset": `${reset}` }, json: { error: "RateLimitExceeded", message: "Rate Limit Exceeded" } };
    };
    const from = front.calls.length;
    await peer.reply(object.id, "too much");
    await until("the 429", SOON, () => reset);
    await Promise.all([1, 2, 3].map((number) => peer.reply(object.id, `after the pause ${number};`)));
    await appears("too much");
    for (const number of [1, 2, 3]) await appears(`after the pause ${number};`);
    const writes = front.calls.slice(from).filter(({ method }) => method === "com.atproto.repo.putRecord");
    assert.equal(writes[0].status, 429);
    for (const { time } of writes.slice(1)) assert.ok(time >= reset * 1000 - 50, `${reset * 1000 - time} ms too early`);
  });

  await step("where the budget is nearly spent, a delete goes and an answer waits", async () => {
    const going = (await peer.send("post", { inReplyTo: object.id, mention: `@alice_test@${gateway.host}`, text: "<p>I shall go</p>" })).json.object.id;
    await appears("I shall go");
    const hour = Math.floor(Date.now() / 3600000);
    for (const at of [hour, hour + 1]) await gateway.redis("SET", `points:bluesky:hour:${at}`, "4000");
    await peer.reply(object.id, "this one waits");
    await until("the refusal", SOON, () => /budget for writing is used up/.test(world.log()));
    await peer.remove(going, actor);
    await until("the delete", SOON, async () => (await written("I shall go")).length === 0);
    assert.equal((await written("this one waits")).length, 0);
    for (const at of [hour, hour + 1]) await gateway.redis("DEL", `points:bluesky:hour:${at}`);
    await appears("this one waits");
  });

  await step("what the thread's author does not want is not written, not tried again, and told to the owner", async () => {
    const closed = await alice.post("Nobody is to answer");
    await alice.put("app.bsky.feed.threadgate", closed.uri.split("/").pop(), { post: closed.uri, allow: [], createdAt: new Date().toISOString() });
    const { object: note } = await world.create("Nobody is to answer");
    await peer.reply(note.id, "I answer all the same");
    const refused = await until("the refusal in the list", SOON, async () => {
      const { stdout } = await world.drawbridge("reply", "list", `alice_test@${gateway.host}`, "--json");
      return JSON.parse(stdout).items.find(({ text }) => text.includes("all the same"))?.refused;
    });
    assert.match(refused, /who may answer/);
    assert.equal((await written("all the same")).length, 0);
  });

  await step("a quote comes over as a quote, where the author lets people quote", async () => {
    const quoting = (id, text, quoted) =>
      peer.say(`${actor}/inbox`, {
        "@context": ["https://www.w3.org/ns/activitystreams", { quoteUrl: "as:quoteUrl" }],
        type: "Create",
        id: `${peer.origin}/quotes/${id}/create`,
        to: ["https://www.w3.org/ns/activitystreams#Public"],
        cc: [actor],
        object: { type: "Note", id: `${peer.origin}/quotes/${id}`, attributedTo: peer.actor, quoteUrl: quoted, content: `<p>${text}</p>`, published: new Date().toISOString(), to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor] },
      });
    await quoting(1, "look what she says", object.id);
    const { value } = await appears("look what she says");
    const [original] = (await alice.records("app.bsky.feed.post")).filter(({ value: { text } }) => text === "Please answer");
    assert.deepEqual(value.embed, { $type: "app.bsky.embed.record", record: { uri: original.uri, cid: original.cid } });
    assert.equal(value.reply, undefined);

    const shut = await alice.post("Nobody is to quote");
    await alice.put("app.bsky.feed.postgate", shut.uri.split("/").pop(), { post: shut.uri, embeddingRules: [{ $type: "app.bsky.feed.postgate#disableRule" }], createdAt: new Date().toISOString() });
    const { object: note } = await world.create("Nobody is to quote");
    await until("its policy", SOON, async () => {
      const { interactionPolicy } = await (await fetch(note.id, { headers: { accept: "application/activity+json" } })).json();
      return [interactionPolicy.canQuote.automaticApproval].flat()[0] === actor;
    });
    await quoting(2, "look what she does not want", note.id);
    await quoting(3, "and a last one", object.id);
    await appears("and a last one");
    assert.equal((await written("does not want")).length, 0);
  });

  await step("each was written once, and nothing else", async () => {
    const texts = (await network.relay.records("app.bsky.feed.post")).map(({ value }) => value.text);
    assert.equal(new Set(texts).size, texts.length);
    assert.deepEqual(await peer.complaints(), []);
  });

  await step("when the operator blocks a domain, what its people wrote goes; what others wrote stays", async () => {
    const sam = await Stranger.start("sam", "localhost");
    atEnd(() => sam.close());
    const id = `${sam.origin}/notes/1`;
    const note = { type: "Note", id, attributedTo: sam.actor, inReplyTo: object.id, content: "<p>Sam lives elsewhere</p>", published: new Date().toISOString(), to: [PUBLIC], cc: [actor] };
    assert.equal((await sam.post(`${actor}/inbox`, sam.activity("Create", note, { to: [PUBLIC], cc: [actor] }))).status, 202);
    await appears("Sam lives elsewhere");
    const all = await network.relay.records("app.bsky.feed.post");
    assert.ok(all.length > 10, `${all.length}`);
    assert.equal((await world.drawbridge("domain", "block", "127.0.0.1")).status, 0);
    await until("only Sam's is left", SOON, async () => (await network.relay.records("app.bsky.feed.post")).length === 1);
    await appears("Sam lives elsewhere");
    assert.equal((await world.drawbridge("domain", "allow", "127.0.0.1")).status, 0);
  });
});
