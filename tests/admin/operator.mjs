// What is the operator's alone, by the API and the command line: rules about servers, reports, hosts, health, names.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Door, isOperators, operations } from "./door.mjs";

const SOON = 20;
const own = operations.filter(isOperators);

await story("The operator's doors", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with the API on a port of its own", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  /** Runs while this process goes on serving the strangers: {code, out, err}. */
  const drawbridge = (...words) =>
    new Promise((resolve) => {
      const child = spawn(binaries.drawbridge, [...words, "-c", gateway.configuration], { stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
      const taken = { out: "", err: "" };
      child.stdout.on("data", (data) => (taken.out += data));
      child.stderr.on("data", (data) => (taken.err += data));
      child.on("close", (code) => resolve({ code, ...taken }));
    });
  const says = async (pattern, ...words) => {
    const { code, out, err } = await drawbridge(...words);
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    assert.match(out, pattern, words.join(" "));
  };
  const told = async (...words) => {
    const { code, out, err } = await drawbridge(...words, "--json");
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    return JSON.parse(out);
  };
  const bad = async (expected, pattern, ...words) => {
    const { code, err } = await drawbridge(...words);
    assert.equal(code, expected, `${words.join(" ")}: ${err}`);
    assert.match(err, pattern, words.join(" "));
  };
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  await until("for bob too", SOON, () => gateway.actorOf("bob"));
  const [alice, bob] = [`alice@${gateway.host}`, `bob@${gateway.host}`];
  const { token } = await told("token", "add", "operator");
  const his = (await told("token", "add", "bob-phone", "--account", bob)).token;
  const door = new Door(`http://127.0.0.1:${port}`, { token, account: alice });
  const field = async (name, ...words) => assert.equal((await door.refused(422, ...words)).json.field, name);

  await step("rules about servers: made, shown, listed, taken back, by both doors", async () => {
    assert.equal((await door.good("domain.block", { body: { domain: "SPAM.example.", reason: "floods <b>all</b>" } })).said, "spam.example and all below it are blocked");
    await door.good("domain.limit", { body: { domain: "münchen.example" } });
    const { items, mode } = await door.good("domain.list");
    assert.equal(mode, "open");
    assert.deepEqual(items.map(({ domain, rule, reason }) => [domain, rule, reason]), [["spam.example", "block", "floods <b>all</b>"], ["xn--mnchen-3ya.example", "limit", ""]]);
    assert.equal((await door.good("domain.show", { query: "?domain=a.b.spam.example" })).rule, "block");
    assert.equal((await door.good("domain.allow", { body: { domain: "a.spam.example" } })).said, "a.spam.example is allowed although spam.example is blocked");
    await says(/^x\.a\.spam\.example is dealt with/, "domain", "show", "x.a.spam.example");
    await door.good("domain.remove", { body: { domain: "a.spam.example" } });
    await door.refused(404, "post", "/v1/domains/remove", { body: { domain: "a.spam.example" } });
    await says(/^spam\.example\tblock\t/m, "domain", "list");
    await says(/^spam\.example is neither blocked nor limited any more$/m, "domain", "allow", "spam.example");
    assert.deepEqual((await told("domain", "list")).items.map(({ domain }) => domain), ["xn--mnchen-3ya.example"]);
    await field("domain", "post", "/v1/domains/block", { body: {} });
    await field("domain", "post", "/v1/domains/block", { body: { domain: "https://spam.example/" } });
    await field("reason", "post", "/v1/domains/limit", { body: { domain: "x.example", reason: "two\nlines" } });
    await field("colour", "post", "/v1/domains/allow", { body: { domain: "x.example", colour: "red" } });
    await field("domain", "get", "/v1/domains/show");
    await bad(1, /write the server's name alone, such as spam\.example/, "domain", "block", "a b");
    await bad(2, /a word is missing: the server's name alone/, "domain", "limit");
    await bad(2, /domain has no 'forbid'/, "domain", "forbid", "spam.example");
  });

  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.host = new URL(stranger.origin).host;
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.flags = () => stranger.arrivals.filter(({ type }) => type === "Flag");
    stranger.flag = async (object, content, more = {}) => assert.equal((await stranger.post(`${gateway.origin}/inbox`, stranger.activity("Flag", object, { content, ...more }))).status, 202);
    return stranger;
  };
  const outbox = async (url) => (await fetch(url, { headers: { accept: "application/activity+json" } })).json();
  const [sven, mallory] = [await person("sven"), await person("mallory")];
  const post = await plaza.post("alice", "What do you say?");
  const note = await until("the post is out", SOON, async () => (await outbox((await outbox(`${actor}/outbox`)).first)).orderedItems?.[0]?.object?.id);
  const open = async () => (await door.good("report.list")).items;
  const hostile = '<script>alert(1)</script> "quoted" & \u202e';

  let first;
  await step("a report of another server waits for the operator, and goes to the platform", async () => {
    await sven.flag([actor, note, `${gateway.origin}/u/aaaaaaaaaaaaa`], hostile);
    [first] = await until("the report", SOON, async () => {
      const items = await open();
      return items.length ? items : undefined;
    });
    assert.deepEqual([first.direction, first.server, first.about, first.by, first.times], ["in", sven.host, `@${alice}`, sven.actor, 1]);
    assert.deepEqual(first.posts, [note]);
    assert.equal(first.comment, hostile);
    const [handed] = await until("the platform has it", SOON, async () => {
      const { items } = await plaza.test("GET", "reports");
      return items.length ? items : undefined;
    });
    assert.deepEqual([handed.key, handed.posts, handed.server, handed.comment], [`rf_${first.report}`, [post], sven.host, hostile]);
    await until("it is told so", SOON, async () => (await door.good("report.show", { query: `?report=${first.report}` })).forwarded === "sent");
    await door.refused(409, "post", "/v1/reports/forward", { body: { report: first.report } });
  });

  await step("the same again is counted; other shapes are understood; what is about nobody here is dropped", async () => {
    await sven.flag([actor, note], hostile);
    await until("it is counted", SOON, async () => (await open())[0].times === 2);
    await mallory.flag(note, "a single address");
    await mallory.flag([{ type: "Person", id: actor }, { type: "Note", id: note, content: "x", attributedTo: actor }], "embedded objects");
    await mallory.flag(["https://elsewhere.example/users/x", mallory.actor], "nobody here");
    await mallory.flag(actor, "x".repeat(20_000));
    const items = await until("three more", SOON, async () => {
      const list = await open();
      return list.length === 4 ? list : undefined;
    });
    assert.equal(items.some(({ comment }) => comment === "nobody here"), false);
    assert.deepEqual(items.find(({ comment }) => comment === "embedded objects").posts, [note]);
    assert.equal(items.find(({ comment }) => comment.startsWith("xxx")).comment.length, 5000);
  });

  await step("a server that reports too much is not kept, and that is counted", async () => {
    await gateway.redis("HSET", "reports_open_by", `in ${mallory.host}`, "100");
    await mallory.flag(actor, "one too many");
    const figure = async (name) => Number(new RegExp(`^drawbridge_${name} (\\d+)$`, "m").exec(await (await fetch(`${gateway.origin}/metrics`)).text())[1]);
    await until("it is counted", SOON, async () => (await figure("reports_dropped_total")) === 1);
    assert.deepEqual([await figure("reports_open"), await figure("reports_received_total")], [4, 4]);
    assert.equal((await open()).length, 4);
    await gateway.redis("HSET", "reports_open_by", `in ${mallory.host}`, "3");
  });

  await step("reports are closed with a note, and listed apart", async () => {
    assert.equal((await door.good("report.close", { body: { report: first.report, note: "spoke with alice" } })).said, `report ${first.report} is closed`);
    await door.refused(409, "post", "/v1/reports/close", { body: { report: first.report } });
    await bad(1, /is closed already/, "report", "close", first.report);
    const { items } = await door.good("report.list", { query: "?state=closed" });
    assert.deepEqual(items.map(({ report, note: said, closed_by }) => [report, said, closed_by]), [[first.report, "spoke with alice", "token operator"]]);
    await says(/x{100}/, "report", "list");
    await says(/^comment +<script>alert\(1\)<\/script>/m, "report", "show", first.report);
    await sven.flag([actor, note], hostile);
    await until("the same after that is a new one", SOON, async () => (await open()).length === 4);
    for (const { report } of await open()) await told("report", "close", report);
    assert.equal((await door.good("report.list")).total, 0);
    await door.refused(404, "get", "/v1/reports/show?report=99999");
    await door.refused(404, "get", "/v1/reports/show?report=1%20OR%201");
    await field("state", "get", "/v1/reports?state=lost");
    await field("cursor", "get", "/v1/reports?cursor=x");
    await field("report", "post", "/v1/reports/close", { body: {} });
    await field("note", "post", "/v1/reports/close", { body: { report: (await plaza.test("GET", "reports")).items[0].key.slice(3), note: "x".repeat(501) } });
  });

  await step("an owner reports a person; their server hears of it where the owner wants that, and not who it was", async () => {
    const silent = await door.good("report.add", { body: { subject: mallory.actor, comment: "threats" } });
    assert.match(silent.said, /does not hear of it/);
    const { token } = await told("token", "add", "owner-phone", "--account", alice);
    const hers = await door.good("report.add", { token, body: { subject: mallory.actor, comment: "by phone" } });
    const by = async ({ report }) => (await door.good("report.show", { query: `?report=${report}` })).by;
    assert.deepEqual([await by(silent), await by(hers)], ["operator", "owner"]);
    assert.equal(mallory.flags().length, 0);
    await door.good("report.forward", { body: { report: silent.report } });
    const [flag] = await until("the Flag", SOON, () => (mallory.flags().length ? mallory.flags() : undefined));
    assert.equal(flag.actor, `${gateway.origin}/actor`);
    assert.deepEqual(flag.object, [mallory.actor]);
    assert.equal(flag.content, "threats");
    assert.equal(JSON.stringify(flag).includes(actor), false, "who reported is not told");
    await until("it is told so", SOON, async () => (await told("report", "show", silent.report)).forwarded === "sent");
    await says(/the operator has it, and \S+ hears of it/, "report", "add", alice, mallory.actor, "--comment", "more threats", "--forward", "yes");
    await until("the second Flag", SOON, () => mallory.flags().length === 2);
    await field("subject", "post", `/v1/accounts/${encodeURIComponent(alice)}/reports`, { body: { subject: "mallory" } });
    await field("subject", "post", `/v1/accounts/${encodeURIComponent(alice)}/reports`, { body: { subject: actor } });
    await field("forward", "post", `/v1/accounts/${encodeURIComponent(alice)}/reports`, { body: { subject: mallory.actor, forward: "perhaps" } });
    await door.refused(404, "post", `/v1/accounts/${encodeURIComponent(alice)}/reports`, { body: { subject: "rp_none" } });
  });

  await step("so does a member on the platform: the reply and its author go to the author's server", async () => {
    const object = { id: `${sven.origin}/notes/1`, type: "Note", attributedTo: sven.actor, inReplyTo: note, content: "<p>Nonsense.</p>", to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor] };
    await sven.post(`${actor}/inbox`, sven.activity("Create", object, { to: object.to, cc: object.cc }));
    await until("the reply is shown", SOON, () => plaza.replyWith(post, "Nonsense."));
    const { reply } = await until("its key", SOON, async () => (await told("reply", "list", alice)).items.find(({ text }) => text === "Nonsense."));
    await plaza.test("POST", "users/alice/reports", { key: reply, comment: "off topic", forward: false });
    await until("the operator has it", SOON, async () => (await open()).some(({ comment, by }) => comment === "off topic" && by === "platform"));
    assert.equal(sven.flags().length, 0, "who did not choose it is not carried there");
    await plaza.test("POST", "users/alice/reports", { key: reply, comment: "insults", forward: true });
    const [flag] = await until("the Flag", SOON, () => (sven.flags().length ? sven.flags() : undefined));
    assert.deepEqual([flag.actor, flag.object, flag.content], [`${gateway.origin}/actor`, [sven.actor, object.id], "insults"]);
  });

  await step("a server that takes no report, or is blocked, is told of", async () => {
    sven.script = ({ method }) => (method === "POST" ? { status: 403 } : undefined);
    const { report } = await told("report", "add", alice, sven.actor, "--comment", "again", "--forward", "yes");
    const refused = await until("it is refused", SOON, async () => {
      const shown = await told("report", "show", report);
      return shown.forwarded === "refused" ? shown : undefined;
    });
    assert.match(refused.forwarded_why, /it answered 403/);
  });

  await step("hosts: listed, shown, and tried again when they were given up", async () => {
    const { items } = await door.good("host.list");
    assert.ok(items.some(({ host }) => host === sven.host), JSON.stringify(items));
    assert.equal((await door.good("host.show", { query: `?host=${encodeURIComponent(sven.host)}` })).host, sven.host);
    await door.refused(409, "post", "/v1/hosts/revive", { body: { host: sven.host } });
    await door.refused(404, "post", "/v1/hosts/revive", { body: { host: "never.example" } });
    await bad(1, /no server of the name 'never\.example' was ever met/, "host", "show", "never.example");
    await field("state", "get", "/v1/hosts?state=ill");
    const number = (await gateway.redis("HGET", "host_numbers", sven.origin)).trim();
    await gateway.redis("HSET", `host:${number}`, "state", "open", "open_until", String(Date.now() + 3_600_000));
    assert.deepEqual((await door.good("host.list", { query: "?state=open" })).items.map(({ host, given_up }) => [host, given_up]), [[sven.host, "yes"]]);
    assert.equal((await door.good("host.revive", { body: { host: sven.host } })).said, `${sven.host} is tried again now`);
    assert.ok(Number(await gateway.redis("HGET", `host:${number}`, "open_until")) <= Date.now());
  });

  await step("health: what waits, and the last hours in sixty steps", async () => {
    await until("deliveries are in it", SOON, async () => (await door.good("health.show")).points.some(({ received }) => received > 0));
    const { now, points, step_minutes } = await door.good("health.show", { query: "?hours=24" });
    assert.equal(step_minutes, 24);
    assert.ok(now.workers >= 1 && now.reports_open >= 1, JSON.stringify(now));
    assert.ok(points[59].time <= Date.now() && points[59].time > Date.now() - 24 * 60_000 - 1000);
    await field("hours", "get", "/v1/health?hours=1000000");
    await says(/^hours +1$/m, "health", "show");
  });

  await step("the name of an account that left is free only when the operator says so", async () => {
    await bad(1, /belongs to an account that is not gone/, "name", "release", bob);
    await door.refused(409, "post", "/v1/names/release", { body: { handle: bob } });
    await door.refused(404, "post", "/v1/names/release", { body: { handle: `nobody@${gateway.host}` } });
    await field("handle", "post", "/v1/names/release", { body: { handle: "bob" } });
    await plaza.federate("bob", false);
    await until("bob is gone", 60, async () => (await told("account", "list", "--state", "gone")).total === 1);
    assert.match((await door.good("name.release", { body: { handle: `@${bob}` } })).said, /is free/);
    await door.refused(404, "post", "/v1/names/release", { body: { handle: bob } });
  });

  await step("what the operator did is in the trail, the newest first", async () => {
    const acts = (await door.good("operator.audit")).items.map(({ who, act }) => `${who} ${act}`);
    for (const act of ["token operator domain.block", "cli domain.allow", "token operator report.close", "token operator host.revive"]) assert.ok(acts.includes(act), `${act} in ${acts}`);
    assert.equal(acts[0], "token operator name.release");
    await says(/name\.release/, "operator", "audit");
  });

  await step("every operation of the file that is the operator's was exercised", () => assert.deepEqual([...door.done].sort(), own.map(({ operationId }) => operationId).sort()));
  await step("each refuses no token, a wrong token and an owner's token", async () => {
    const somebody = (await fetch(actor, { headers: { accept: "application/activity+json" } }).then((answer) => answer.json())).id.split("/").pop();
    await door.refusesOthers(own, { his, somebody });
  });
});
