// The admin API: every operation of its OpenAPI file with good words, without a token, with a token of another scope or another
// account's, and with bad words; what it answers is as the file says.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Door, isOperators, openapi, operations, require } from "./door.mjs";

const SOON = 20;
const own = operations.filter((operation) => !isOperators(operation));

await story("The admin API", async () => {
  await step("its file is valid OpenAPI 3.1, and names what the gateway answers, no more and no less", async () => {
    const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));
    const { valid, errors } = await new Validator().validate(structuredClone(openapi));
    assert.ok(valid, JSON.stringify(errors));
    const source = fs.readFileSync(path.join(root, "gateway/admin/api.c"), "utf8");
    const routes = [...source.matchAll(/\{"([A-Z]+)", "(\/v1\/[^"]*)", "([a-z.]+)"\}/g)].map(([, method, route, act]) => `${method} ${route} ${act}`);
    assert.deepEqual(operations.map(({ method, pattern, operationId }) => `${method.toUpperCase()} ${pattern.replace("{account}", "*")} ${operationId}`).sort(), routes.sort());
  });

  const port = await freePort();
  const world = await step("Plaza and the gateway run, with the API on a port of its own", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const admin = `http://127.0.0.1:${port}`;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  await until("for bob too", SOON, () => gateway.actorOf("bob"));
  const [alice, bob] = [`alice@${gateway.host}`, `bob@${gateway.host}`];
  const operator = (await drawbridge("token", "add", "operator")).token;
  const hers = (await drawbridge("token", "add", "alice-phone", "--account", alice)).token;
  const his = (await drawbridge("token", "add", "bob-phone", "--account", bob)).token;

  const door = new Door(admin, { token: operator, account: alice });
  const [ask, refused, good] = ["ask", "refused", "good"].map((name) => door[name].bind(door));
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.got = (type) => stranger.arrivals.filter((activity) => activity.type === type);
    stranger.follows = () => stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor));
    return stranger;
  };

  await step("an owner's token does for its account all that an owner can", async () => {
    const [rosa, sven, tess] = [await person("rosa"), await person("sven"), await person("tess")];
    const token = hers;
    await rosa.follows();
    await until("rosa follows", SOON, async () => (await good("follower.list", { token })).total === 1);
    const [place] = (await good("where.list", { token })).items;
    assert.equal(place.followers, 1);
    assert.equal((await good("account.set", { token, body: { approve_followers: "yes", hold_seconds: 5 } })).hold_seconds, 5);
    for (const one of [sven, tess]) await one.follows();
    await until("both wait", SOON, async () => (await good("follower.requests", { token })).total === 2);
    await good("follower.approve", { token, body: { person: sven.actor } });
    await good("follower.refuse", { token, body: { person: tess.actor } });
    await until("the Accept and the Reject", SOON, () => sven.got("Accept").length && tess.got("Reject").length);
    assert.equal((await good("following.add", { token, body: { person: sven.actor } })).state, "asked");
    await until("the Follow", SOON, () => sven.got("Follow").length);
    assert.equal((await good("following.list", { token })).items[0].actor, sven.actor);
    assert.deepEqual(await good("following.set", { token, body: { shown: true } }), { shown: true });
    await good("alias.add", { token, body: { person: sven.actor } });
    assert.equal((await good("alias.list", { token })).items[0].alias, sven.actor);
    await good("alias.remove", { token, body: { person: sven.actor } });
    sven.profile({ alsoKnownAs: [actor] });
    assert.equal((await good("account.move", { token, body: { to: sven.actor } })).moved_to, sven.actor);
    await good("account.move", { token, body: { to: "none" } });
    await good("following.remove", { token, body: { person: sven.actor } });
    await until("the Undo", SOON, () => sven.got("Undo").length);
    await good("follower.remove", { token, body: { person: sven.actor } });
    await good("block.add", { token, body: { subject: rosa.actor } });
    assert.deepEqual((await good("block.list", { token })).items.map(({ subject }) => subject), [rosa.actor]);
    await until("the blocked one's Reject", SOON, () => rosa.got("Reject").length);
    await good("block.remove", { token, body: { subject: rosa.actor } });
    for (const [id, word] of [["alias.add", "person"], ["report.add", "subject"], ["block.add", "subject"]]) {
      const { pattern } = operations.find(({ operationId }) => operationId === id);
      await refused(422, "post", pattern.replace("{account}", alice), { token, body: { [word]: `${sven.actor} https://other.example/u/1` } });
    }
    await gateway.redis("EVAL", "for i = 1, 1500 do redis.call('HSET', KEYS[1], 'them https://crowd.example/' .. i, 1) end", "1", `blocks:${actor.split("/").pop()}`);
    const first = await good("block.list", { token });
    assert.equal(first.total, 1500);
    assert.ok(first.items.length < 500 && first.next, `${first.items.length}`);
    const second = await good("block.list", { token, query: `?cursor=${first.next}` });
    assert.equal(first.items.some(({ subject }) => second.items.some((other) => other.subject === subject)), false, "the next page is another one");
    await gateway.redis("DEL", `blocks:${actor.split("/").pop()}`);
    await good("account.set", { token, body: { approve_replies: "all" } });
    const post = await plaza.post("alice", "Well?");
    await until("the post is out", SOON, async () => (await good("account.show", { token })).posts === 1);
    const outbox = async (url) => (await fetch(url, { headers: { accept: "application/activity+json" } })).json();
    const [create] = (await outbox((await outbox(`${actor}/outbox`)).first)).orderedItems;
    const object = { id: `${tess.origin}/notes/1`, type: "Note", attributedTo: tess.actor, inReplyTo: create.object.id, content: "<p>Well.</p>", to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor] };
    await tess.post(`${actor}/inbox`, tess.activity("Create", object, { to: object.to, cc: object.cc }));
    const [held] = await until("a reply waits", SOON, async () => {
      const { items } = await good("reply.held", { token });
      return items.length ? items : undefined;
    });
    await good("reply.approve", { token, body: { reply: held.reply } });
    await until("it is shown", SOON, () => plaza.replyWith(post, "Well."));
    assert.equal((await good("reply.list", { token })).items[0].reply, held.reply);
    await good("reply.remove", { token, body: { reply: held.reply } });
    await until("it is gone", SOON, async () => (await plaza.replyWith(post, "Well.")) === undefined);
    const acts = (await good("account.audit", { token })).items.map(({ who, act }) => `${who} ${act}`);
    assert.ok(acts.includes("token alice-phone block.add"), acts.join());
    assert.equal((await good("account.show", { token })).approve_followers, "yes");
  });

  await step("the operator's does it for every account, and what is the operator's alone", async () => {
    assert.equal((await good("account.list")).total, 2);
    assert.equal((await good("account.list", { query: "?state=gone" })).total, 0);
    assert.equal((await good("account.show", { account: bob })).handle, `@${bob}`);
    assert.equal((await good("account.add", { body: { platform: "plaza", handle: "u_1" } })).handle, `@${alice}`);
    await refused(409, "post", "/v1/accounts", { body: { platform: "nowhere", handle: "alice" } });
    assert.ok((await good("account.link", { body: {} })).link.startsWith(`${admin}/in/`));
    const { token } = await good("token.add", { body: { name: "short", account: alice } });
    assert.equal((await ask("get", `/v1/accounts/${alice}`, { token })).status, 200);
    assert.ok((await good("token.list")).items.some(({ name, account }) => name === "short" && account));
    await good("token.remove", { body: { name: "short" } });
    await refused(401, "get", `/v1/accounts/${alice}`, { token });
  });

  await step("it shows where posts are and what became of their Deletes, pauses, leaves, hands out receipts and comes back", async () => {
    await plaza.federate("carol", true);
    const herActor = await until("webfinger answers", SOON, () => gateway.actorOf("carol"));
    const account = `carol@${gateway.host}`;
    const { token } = await drawbridge("token", "add", "carol-phone", "--account", account);
    const act = (operationId, more) => good(operationId, { account, token, ...more });
    const uma = await person("uma");
    assert.equal((await act("account.set", { body: { home_marker: "#nofed", retention_days: 30 } })).home_marker, "#nofed");
    await uma.post(`${herActor}/inbox`, uma.activity("Follow", herActor));
    await until("uma follows", SOON, async () => (await act("follower.list")).total === 1);
    await plaza.post("carol", "Here and there");
    const [post] = await until("the post is out", SOON, async () => {
      const { items } = await act("post.list");
      return items[0]?.servers ? items : undefined;
    });
    assert.equal(post.text, "Here and there");
    const query = `?post=${encodeURIComponent(post.id)}`;
    assert.equal((await act("post.show", { query })).items[0].state, "exposed");
    await refused(409, "get", `/v1/accounts/${account}/post/receipt${query}`);
    await act("post.withdraw", { body: { post: post.post } });
    await until("uma has accepted", SOON, async () => (await act("post.deleted")).items[0].answered === 1);
    assert.equal((await act("post.show", { query })).items[0].state, "accepted");
    assert.equal((await act("post.receipt", { query })).type, "Document");
    assert.match((await fetch(`${admin}/v1/accounts/${account}/post/receipt${query}&form=html`, { headers: { authorization: `Bearer ${token}` } })).headers.get("content-disposition"), /^attachment; filename="receipt-[a-z2-7]{16}\.html"$/);
    assert.equal((await act("account.pause", { body: {} })).state, "paused");
    await refused(409, "post", `/v1/accounts/${account}/pause`, { body: {} });
    assert.equal((await act("account.resume", { body: {} })).state, "on");
    await refused(422, "post", `/v1/accounts/${account}/leave`, { body: { confirm: alice } });
    assert.equal((await act("account.leave", { body: { confirm: account } })).state, "leaving");
    await until("all is answered and it is gone", SOON, async () => (await act("account.leaving")).state === "gone");
    assert.equal((await act("account.leaving")).waiting, 0);
    const receipt = await act("account.receipt");
    assert.equal(receipt.receipt.of.handle, `@${account}`);
    await plaza.test("PUT", "users/carol/profile", { name: "Carol, who left", bio: null });
    const back = await act("account.return", { body: {} });
    assert.ok(back.link.startsWith(`${admin}/in/`));
    assert.notEqual(back.actor, herActor);
  });

  await step("every operation of the file was exercised", () => assert.deepEqual([...door.done].sort(), own.map(({ operationId }) => operationId).sort()));

  await step("each refuses no token, a wrong token, the wrong scope, and another owner's account", async () => {
    const somebody = (await fetch(actor, { headers: { accept: "application/activity+json" } }).then((answer) => answer.json())).id.split("/").pop();
    await door.refusesOthers(own, { his, somebody });
  });

  await step("bad words are told what is wrong with them", async () => {
    const on = `/v1/accounts/${encodeURIComponent(alice)}`;
    const field = async (name, ...words) => assert.equal((await refused(422, ...words)).json.field, name);
    await field("hold_seconds", "patch", on, { body: { hold_seconds: -1 } });
    await field("hold_seconds", "patch", on, { body: { hold_seconds: 1e9 } });
    await field("approve_followers", "patch", on, { body: { approve_followers: "maybe" } });
    await field("home_marker", "patch", on, { body: { home_marker: "cats" } });
    await field("home_marker", "patch", on, { body: { home_marker: "#a b" } });
    await field("retention_days", "patch", on, { body: { retention_days: -1 } });
    await field("confirm", "post", `${on}/leave`, { body: {} });
    await field("cursor", "get", `${on}/posts?cursor=x`);
    await field("form", "get", `${on}/receipt?form=pdf`);
    await field("backfill", "post", "/v1/accounts", { body: { platform: "plaza", handle: "alice", backfill: "many" } });
    await refused(404, "get", `${on}/post?post=aaaaaaaaaaaaaaaa`);
    await field("colour", "patch", on, { body: { colour: "red" } });
    await field("person", "post", `${on}/followers/remove`, { body: {} });
    await field("person", "post", `${on}/followers/remove`, { body: { person: ["a"] } });
    await refused(409, "post", `${on}/move`, { body: { to: actor } });
    await refused(404, "post", `${on}/aliases/remove`, { body: { person: "https://nobody.example/u/x" } });
    await field("shown", "patch", `${on}/following`, { body: { shown: "perhaps" } });
    await refused(409, "post", `${on}/following`, { body: { person: actor } });
    await refused(404, "post", `${on}/following/remove`, { body: { person: "https://nobody.example/u/x" } });
    await field("subject", "post", `${on}/blocks`, { body: { subject: "spam" } });
    await field("cursor", "get", `${on}/followers?cursor=x`);
    await field("name", "post", "/v1/tokens", { body: { name: "a b" } });
    await refused(409, "post", "/v1/tokens", { body: { name: "operator" } });
    await refused(404, "post", `${on}/requests/approve`, { body: { person: "https://nobody.example/u/x" } });
    await refused(400, "post", `${on}/blocks`, { body: "{" });
    await refused(400, "post", `${on}/blocks`, { body: "[]" });
    await refused(415, "post", `${on}/blocks`, { body: "subject=x", headers: { "content-type": "application/x-www-form-urlencoded" } });
    await refused(405, "put", on, { body: {} });
    await refused(404, "get", "/v1/nothing");
    await refused(404, "get", "/v1/accounts/nobody@nowhere.example");
  });

  await step("a token that asks too often is told to wait", async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask("get", `/v1/accounts/${alice}`, { token: hers })));
    const late = answers.find(({ status }) => status === 429);
    assert.ok(late, "300 at once are too many");
    assert.ok(Number(late.headers.get("retry-after")) > 0);
    assert.equal((await ask("get", `/v1/accounts/${bob}`, { token: his })).status, 200, "others are not held up");
  });

  await step("no token stands in a log or in the store", async () => {
    const dump = (await gateway.redis("HGETALL", "tokens")) + (await gateway.redis("LRANGE", "acts:", "0", "-1"));
    for (const token of [operator, hers, his]) {
      assert.equal(dump.includes(token), false);
      assert.equal(world.folder.logs().some(([, text]) => text.includes(token)), false);
    }
  });

  await step("the public listener knows nothing of it", async () => {
    assert.equal((await fetch(`${gateway.origin}/v1/accounts`, { headers: { authorization: `Bearer ${operator}` } })).status, 404);
  });
});
