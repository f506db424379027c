// What is visible of an account, and when: every route that the gateway has (it is read from gateway/routes.c, and a new one fails here
// until it is asked for too), with every Accept, under both hosts, before consent, on, paused, hidden by the platform, leaving, gone.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createHmac, randomBytes } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const SECOND = "second.example";
const ACCEPTS = [undefined, "*/*", "application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"', "application/json", "text/html", "application/atom+xml"];
const source = (file) => fs.readFileSync(path.join(root, "gateway", file), "utf8");
const routes = [...source("routes.c").matchAll(/\{"([A-Z]+)", "([^"]+)", \w+, (?:true|false)\}/g)].map(([, method, pattern]) => `${method} ${pattern}`);

/** The targets to ask for, by route: what `who` is known by, here or guessed. A route that is missing is a failure. */
const targets = {
  "GET /healthz": () => ["/healthz"],
  "GET /readyz": () => ["/readyz"],
  "GET /metrics": () => ["/metrics"],
  "POST /hooks/contract/*": () => ["/hooks/contract/plaza"],
  "POST /hooks/contract/*/sign-in": () => ["/hooks/contract/plaza/sign-in"],
  "GET /.well-known/atproto-did": () => ["/.well-known/atproto-did"],
  "GET /.well-known/webfinger": ({ name, aid, host, origin }) => [`acct:${name}@${host}`, `acct:@${name.toUpperCase()}@${host}`, `${origin}/u/${aid}`, `${origin}/@${name}`].map((resource) => `/.well-known/webfinger?resource=${encodeURIComponent(resource)}`),
  "GET /.well-known/host-meta": () => ["/.well-known/host-meta"],
  "GET /.well-known/host-meta.json": () => ["/.well-known/host-meta.json"],
  "GET /.well-known/nodeinfo": () => ["/.well-known/nodeinfo"],
  "GET /nodeinfo/2.0": () => ["/nodeinfo/2.0"],
  "GET /nodeinfo/2.1": () => ["/nodeinfo/2.1"],
  "GET /actor": () => ["/actor"],
  "GET /actor/outbox": () => ["/actor/outbox"],
  "GET /actor/about": () => ["/actor/about"],
  "GET /actor/style.css": () => ["/actor/style.css"],
  "GET /actor/icon.svg": () => ["/actor/icon.svg"],
  "GET /u/*": ({ aid }) => [`/u/${aid}`, `/u/${aid}%23main-key`],
  ...Object.fromEntries(["inbox", "followers", "following", "featured"].map((part) => [`GET /u/*/${part}`, ({ aid }) => [`/u/${aid}/${part}`]])),
  "GET /u/*/outbox": ({ aid }) => ["", "?page=0", "?page=1"].map((page) => `/u/${aid}/outbox${page}`),
  "GET /u/*/p/*": ({ aid, oids }) => oids.map((oid) => `/u/${aid}/p/${oid}`),
  ...Object.fromEntries(["replies", "likes", "shares", "context"].map((part) => [`GET /u/*/p/*/${part}`, ({ aid, oids }) => oids.map((oid) => `/u/${aid}/p/${oid}/${part}`)])),
  "GET /u/*/b/*": ({ aid, oids }) => oids.map((oid) => `/u/${aid}/b/${oid}`),
  "GET /u/*/q/*": ({ aid, oids, stamps }) => [...oids, ...stamps].map((oid) => `/u/${aid}/q/${oid}`),
  "GET /": () => ["/"],
  "GET /@*": ({ name }) => [`/@${name}`, `/@${name.toUpperCase()}`],
  "GET /@*/feed.atom": ({ name }) => [`/@${name}/feed.atom`],
  "GET /@*/follow": ({ name }) => [`/@${name}/follow`],
  "GET /tags/*": () => ["/tags/stripes", "/tags/stripesheld", "/tags/STRIPES"],
  "GET /emoji/*": () => ["/emoji/stripes"],
  "POST /inbox": () => ["/inbox"],
  "POST /actor/inbox": () => ["/actor/inbox"],
  "POST /u/*/inbox": ({ aid }) => [`/u/${aid}/inbox`],
  "POST /@*/follow": ({ name }) => [`/@${name}/follow`],
};
const admin = [
  ...[...source("admin/api.c").matchAll(/\{"([A-Z]+)", "(\/v1\/[^"]*)", "[a-z.-]+"\}/g)].map(([, method, pattern]) => `${method} ${pattern}`),
  ...[...source("admin/views.c").matchAll(/\.path = "([^"]+)"/g)].map(([, at]) => `GET ${at}`),
  ...["POST /do/account.show", "POST /do/block.add", "POST /out", "GET /style.css", `GET /in/${"0".repeat(48)}`, `POST /in/${"0".repeat(48)}`, "GET /do/account.show"],
];

await story("What is visible, and when", async () => {
  await step("every route of gateway/routes.c is asked for here", () => {
    assert.ok(routes.length > 30);
    assert.deepEqual(Object.keys(targets).sort(), [...routes].sort());
  });

  const port = await freePort();
  const world = await step("Plaza and the gateway run, with a second host and the admin listener", () =>
    World.start({ events: "webhook", settings: `[host ${SECOND}]\naccount = plaza:u_2\n[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));

  /** {status, headers, text} */
  const agent = new http.Agent({ keepAlive: true, maxSockets: 6 });
  atEnd(() => agent.destroy());
  const ask = (target, { method = "GET", host = gateway.host, accept, at = gateway.host, headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const [address, on] = at.split(":");
      const request = http.request({ host: address, port: on, path: target, method, agent, timeout: 20_000, headers: { host, ...(accept ? { accept } : {}), ...headers } }, (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk)).on("error", reject).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
      });
      request.on("error", reject).end(body);
    });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const askAll = async (who, { hosts = [gateway.host, SECOND], accepts = ACCEPTS, only = routes } = {}) => {
    const found = [];
    for (const route of only) {
      const [method] = route.split(" ");
      const asked = targets[route](who).flatMap((target) => hosts.flatMap((host) => accepts.map((accept) => ({ route, target, host, accept }))));
      found.push(...(await Promise.all(asked.map(async (one) => ({ ...one, ...(await ask(one.target, { ...one, method, ...(method === "POST" ? { headers: form, body: "address=rosa@nowhere.invalid" } : {}) })) })))));
    }
    return found;
  };
  const telling = ({ route, target, host, accept, status, text }) => `${route} ${target} ${host} ${accept}: ${status} ${text.slice(0, 300)}`;
  const holds = (answers, good) => assert.deepEqual(answers.filter((answer) => !good(answer)).slice(0, 5).map(telling), []);
  const shows = (answers, pattern) => holds(answers, ({ text, headers }) => !pattern.test(text) && !pattern.test(JSON.stringify(headers)));
  const personal = routes.filter((route) => /\/u\/|\/@/.test(route));

  // alice is asked for; quinn has the same length of name and never was anybody.
  await plaza.test("PUT", "users/alice/profile", { name: "Zaphira Quill", bio: "zebra keeper" });
  await plaza.post("alice", "zebra of old #stripes");
  const nobody = { name: "quinn", host: gateway.host, origin: gateway.origin, aid: "aaaaaaaaaaaaa", oids: ["aaaaaaaaaaaaaaaa"], stamps: [] };
  const guessed = { ...nobody, name: "alice" };
  const SECRET = /zebra|zaphira/i;

  await step("before consent an account is as one that never was: the same answers, word by word", async () => {
    const [hers, theirs] = [await askAll(guessed), await askAll(nobody)];
    shows(hers, SECRET);
    const plain = ({ status, headers, text }) => JSON.stringify([status, { ...headers, date: "" }, text]).replaceAll(/alice|quinn/gi, "NAME");
    for (const [index, answer] of hers.entries()) {
      if (answer.route === "GET /metrics") continue; // counts our questions
      assert.equal(plain(answer), plain(theirs[index]), telling(answer));
    }
    holds(hers.filter(({ route }) => personal.includes(route)), ({ status }) => status === 404);
    holds(hers.filter(({ route }) => route.startsWith("GET /.well-known/webfinger")), ({ status }) => status === 404);
    assert.match((await ask("/nodeinfo/2.1")).text, /"total":0/);
  });
  await step("and costs the same: the store is asked as much for the one as for the other", async () => {
    const questions = async (who) => {
      await gateway.redis("CONFIG", "RESETSTAT");
      for (let count = 0; count < 20; count++) await askAll(who, { hosts: [gateway.host], accepts: ["application/activity+json"], only: ["GET /@*", "GET /.well-known/webfinger", "GET /@*/feed.atom"] });
      const calls = await gateway.redis("INFO", "commandstats");
      return ["hget", "hgetall", "smembers", "zrevrange"].reduce((sum, name) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(calls)?.[1] ?? 0), 0);
    };
    const [hers, theirs] = [await questions(guessed), await questions(nobody)];
    assert.ok(hers >= 100 && Math.abs(hers - theirs) <= 20, `${hers} ${theirs}`);
  });
  await step("no page or route of the admin listener says anything without a session or token", async () => {
    for (const line of admin) {
      const [method, pattern] = line.split(" ");
      const answer = await ask(pattern.replace("*", `alice@${gateway.host}`), { method, at: `127.0.0.1:${port}`, host: `127.0.0.1:${port}`, headers: method === "GET" ? {} : form, body: method === "GET" ? undefined : "form=x" });
      const open = ["GET /style.css", `GET /in/${"0".repeat(48)}`].includes(line);
      assert.ok(open ? answer.status === 200 : [401, 403].includes(answer.status), `${line}: ${answer.status}`);
      assert.doesNotMatch(answer.text, SECRET);
      for (const target of [gateway.host, SECOND]) if (!targets[line] && pattern !== "/") assert.ok([404, 405].includes((await ask(pattern.replace("*", "alice"), { method, host: target, headers: form })).status), `${line} on the public listener`);
    }
  });

  const rosa = await Stranger.start("rosa");
  atEnd(() => rosa.close());
  let deletes = 202;
  rosa.script = ({ method }, activity) => (method === "POST" ? { status: activity.type === "Delete" ? deletes : 202 } : undefined);
  const alice = { ...guessed };
  const json = async (target) => JSON.parse((await ask(target, { accept: "application/activity+json" })).text);
  const forge = async (text, visibility, number) => {
    const secret = Buffer.from(fs.readFileSync(world.hookSecret, "utf8").trim().slice("whsec_".length), "base64");
    const time = new Date().toISOString();
    const post = { id: `p_${number}`, rev: 1, author: "u_1", created: time, edited: null, text, visibility, federate: true };
    const body = JSON.stringify({ epoch: "x", events: [{ seq: number, id: `x:${number}`, type: "post.created", time, account: "u_1", subject: post.id, rev: 1, data: { post } }] });
    const [id, timestamp] = [`x-${number}-${number}`, String(Math.floor(Date.now() / 1000))];
    const code = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
    const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${code}` };
    assert.equal((await ask("/hooks/contract/plaza", { method: "POST", headers, body })).status, 202);
  };

  await step("alice switches on, writes for all, quietly, and for followers alone; boosts; one post waits in its hold window", async () => {
    await plaza.federate("alice", true);
    const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
    alice.aid = actor.split("/").pop();
    await rosa.post(`${actor}/inbox`, rosa.activity("Follow", actor));
    const open = await plaza.post("alice", "zebra for all #stripes");
    await plaza.post("alice", "zebra quietly #stripes", { visibility: "unlisted" });
    await plaza.repost("alice", open);
    await until("three posts", SOON, async () => Number(await gateway.redis("HGET", `account:${alice.aid}`, "posts")) >= 3);
    const create = await until("the Create", SOON, () => rosa.arrivals.find(({ type, object }) => type === "Create" && object.content.includes("for all")));
    const reply = { id: `${rosa.origin}/notes/1`, type: "Note", attributedTo: rosa.actor, inReplyTo: create.object.id, content: "<p>An answer.</p>", to: [PUBLIC], cc: [actor] };
    await rosa.post(`${actor}/inbox`, rosa.activity("Create", reply, { to: reply.to, cc: reply.cc }));
    await until("the reply is shown", SOON, () => plaza.replyWith(open, "An answer."));
    await drawbridge("account", "set", `alice@${gateway.host}`, "--hold-seconds", "3600");
    await plaza.post("alice", "zebraheld #stripesheld");
    for (const [number, visibility] of [[900_001, "followers"], [900_002, "direct"], [900_003, "private"]]) await forge(`zebrasecret ${visibility} #stripesheld`, visibility, number);
    await until("the held post is known", SOON, async () => (await gateway.redis("KEYS", `post:${alice.aid}:*`)).trim().split("\n").length >= 4);
    alice.oids = (await gateway.redis("KEYS", `post:${alice.aid}:*`)).trim().split("\n").map((key) => key.split(":")[2]);
  });

  const oidsWith = async (state) => (await Promise.all(alice.oids.map(async (oid) => ((await gateway.redis("HGET", `post:${alice.aid}:${oid}`, "state")).trim() === state ? [oid] : [])))).flat();
  const visible = async () => {
    const answers = await askAll(alice);
    const ours = answers.filter(({ host }) => host === gateway.host);
    shows(answers, /zebraheld|zebrasecret|zebra of old/i);
    shows(answers.filter(({ host }) => host === SECOND), SECRET);
    holds(answers.filter(({ host, route }) => host === SECOND && personal.includes(route)), ({ status }) => status === 404);
    assert.ok(ours.some(({ route, text }) => route === "GET /u/*/outbox" && text.includes("zebra for all")), "or this test would see nothing");
    for (const held of await oidsWith("held")) holds(ours.filter(({ target }) => target.includes(held)), ({ status }) => status === 404);
    const listed = ours.filter(({ route }) => ["GET /@*/feed.atom", "GET /tags/*", "GET /u/*/featured"].includes(route));
    shows(listed, /zebra quietly/i);
    assert.ok(ours.some(({ route, status, text }) => route === "GET /u/*/p/*" && status === 200 && text.includes("zebra quietly")), "who has its address reads it");
    const outbox = await json(`/u/${alice.aid}/outbox`);
    const page = await json(`/u/${alice.aid}/outbox?page=0`);
    assert.deepEqual([page.orderedItems.length, outbox.totalItems], [3, 3], "the post for all, the quiet one, the boost; what is held counts nowhere");
    assert.equal((await json(`/u/${alice.aid}/followers`)).totalItems, 1);
    assert.doesNotMatch((await ask(`/u/${alice.aid}/followers`, { accept: "application/activity+json" })).text, /rosa/, "who follows is nobody's business");
    assert.match((await ask("/nodeinfo/2.1")).text, /"total":1/);
  };
  await step("on: what is for all is visible under its host, nothing that waits or is for followers, by no route", visible);

  const setState = async (state) => {
    await gateway.redis("HSET", `account:${alice.aid}`, "state", state);
    await until("the workers know it", SOON, async () => (await gateway.redis("HGET", `account:${alice.aid}`, "state")).trim() === state);
  };
  await step("paused: what was visible stays so, and nothing more", async () => {
    await setState("paused");
    await visible();
    await setState("on");
  });

  await step("hidden by the platform: 403 for what it has, 404 still for what never was", async () => {
    await plaza.test("PUT", "users/alice/status", { status: "suspended" });
    await until("it is hidden", SOON, async () => (await ask(`/u/${alice.aid}`)).status === 403);
    const answers = await askAll(alice, { hosts: [gateway.host] });
    shows(answers, SECRET);
    holds(answers.filter(({ route }) => personal.includes(route) && route.startsWith("GET")), ({ status }) => status === 403);
    await plaza.test("PUT", "users/alice/status", { status: "active" });
    await until("it is back", SOON, async () => (await ask(`/u/${alice.aid}`)).status === 200);
  });

  const invisible = async () => {
    const answers = await askAll(alice);
    shows(answers.filter(({ status, target }) => !(status === 410 && target.includes("/p/"))), SECRET);
    shows(answers, /zebra (for|quietly|of)|zebraheld|zebrasecret|zaphira/i);
    holds(answers.filter(({ host, route }) => host === SECOND && personal.includes(route)), ({ status }) => status === 404);
    assert.equal((await json("/tags/stripes")).totalItems, 0);
    return answers.filter(({ host, route }) => host === gateway.host && personal.includes(route) && route.startsWith("GET"));
  };
  await step("leaving: 410 at once on every route; the actor's id alone has a stub without anything of the person", async () => {
    deletes = 503;
    await plaza.federate("alice", false);
    await until("it leaves", SOON, async () => (await gateway.redis("HGET", `account:${alice.aid}`, "state")).trim() === "leaving");
    const answers = await invisible();
    holds(answers.filter(({ route }) => route !== "GET /u/*"), ({ status }) => status === 410);
    for (const { status, text } of answers.filter(({ route, accept }) => route === "GET /u/*" && accept === "application/activity+json")) {
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(JSON.parse(text)).sort(), ["@context", "id", "inbox", "preferredUsername", "publicKey", "suspended", "type"]);
    }
    assert.match((await ask("/nodeinfo/2.1")).text, /"total":0/);
  });
  await step("gone: 410 for ever, on every route", async () => {
    deletes = 202;
    await until("it is gone", 60, async () => (await gateway.redis("HGET", `account:${alice.aid}`, "state")).trim() === "gone");
    const answers = await invisible();
    holds(answers, ({ status }) => status === 410);
    holds(await askAll(alice, { hosts: [gateway.host], only: ["GET /.well-known/webfinger"] }), ({ status }) => status === 410);
    assert.match((await ask("/nodeinfo/2.1")).text, /"total":0/);
  });
  await step("who never was is 404 still", async () => {
    holds((await askAll({ ...nobody, aid: randomBytes(8).toString("hex").slice(0, 13).replace(/[^a-z2-7]/g, "b") })).filter(({ route }) => personal.includes(route)), ({ status }) => status === 404);
  });
});
