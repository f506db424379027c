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

  await step("every operation of the file that is the operator's was exercised", () => assert.deepEqual([...door.done].sort(), own.map(({ operationId }) => operationId).sort()));
  await step("each refuses no token, a wrong token and an owner's token", async () => {
    const somebody = (await fetch(actor, { headers: { accept: "application/activity+json" } }).then((answer) => answer.json())).id.split("/").pop();
    await door.refusesOthers(own, { his, somebody });
  });
});
