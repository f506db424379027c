// Every route of docs/admin/openapi.yaml and every command of the acts, whatever is added to them: what nobody may ask, what is no
// request, what is too long, what is not known; each answer is as the file says. What they do is tested elsewhere.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries, peers, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const require = createRequire(path.join(peers, "validators/"));
const openapi = require("yaml").parse(fs.readFileSync(path.join(root, "docs/admin/openapi.yaml"), "utf8"));
const ajv = new (require("ajv/dist/2020").default)({ strict: false, allErrors: true });
require("ajv-formats").default(ajv);
ajv.addSchema({ $id: "api", components: openapi.components });
const compiled = new Map();
const checked = (schema) => {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"api#/components');
  if (!compiled.has(text)) compiled.set(text, ajv.compile(JSON.parse(text)));
  return compiled.get(text);
};
const resolve = (one) => (one?.$ref ? one.$ref.slice(2).split("/").reduce((at, name) => at[name], openapi) : one);
const METHODS = ["get", "post", "patch", "put", "delete"];
const operations = Object.entries(openapi.paths).flatMap(([pattern, item]) =>
  METHODS.filter((method) => item[method]).map((method) => {
    const parameters = [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolve);
    const body = resolve(item[method].requestBody)?.content?.["application/json"]?.schema;
    return { pattern, method, ...item[method], parameters, properties: resolve(body)?.properties ?? {}, required: resolve(body)?.required ?? [] };
  }),
);
const LONG = "x".repeat(3000);
const sources = fs.readdirSync(path.join(root, "gateway/admin")).filter((name) => /^acts?_?.*\.c$/.test(name)).map((name) => fs.readFileSync(path.join(root, "gateway/admin", name), "utf8")).join("\n");
/** Parameters that are written once for several acts, and required. */
const shared = [...sources.matchAll(/#define (\w+)\b((?:[^\n]*\\\n)*[^\n]*)/g)].filter(([, , text]) => /"[a-z_]+",\s*true/.test(text.replaceAll("\\\n", " "))).map(([, name]) => name);
/** The table of acts, as the program has it: [{name, owner, changes, required}]. */
const acts = sources
  .split(/(?=\{\.name = ")/)
  .map((text) => /^\{\.name = "([a-z-]+\.[a-z-]+)"/.exec(text) && text.split(/\n\s*\{\.name|\n\};/)[0])
  .filter(Boolean)
  .map((text) => ({
    name: /"([^"]+)"/.exec(text)[1],
    owner: text.includes("ACT_OWNER"),
    changes: /\.changes = true/.test(text),
    required: [...text.matchAll(/\{\s*"([a-z_]+)",\s*true/g)].map(([, name]) => name).length + shared.filter((name) => new RegExp(`\\b${name}\\b`).test(text)).length,
  }));

await story("Every route and every command", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with the API", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const drawbridge = (...words) =>
    new Promise((done) => {
      const child = spawn(binaries.drawbridge, [...words, "-c", gateway.configuration], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
      const taken = { out: "", err: "" };
      child.stdout.on("data", (data) => (taken.out += data));
      child.stderr.on("data", (data) => (taken.err += data));
      child.on("close", (code, signal) => done({ code: code ?? signal, ...taken }));
    });
  const asJson = async (...words) => {
    const { code, out, err } = await drawbridge(...words, "--json");
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    return JSON.parse(out);
  };
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  await until("for bob too", 20, () => gateway.actorOf("bob"));
  const [alice, bob] = [`alice@${gateway.host}`, `bob@${gateway.host}`];
  const aid = actor.split("/").pop();
  const operator = (await asJson("token", "add", "operator")).token;
  const hers = (await asJson("token", "add", "alice-phone", "--account", alice)).token;
  const his = (await asJson("token", "add", "bob-phone", "--account", bob)).token;

  const ask = async (method, target, { token, body, type = "application/json" } = {}) => {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}${target}`, {
        method: method.toUpperCase(),
        redirect: "manual",
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { "content-type": type }) },
        body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await answer.text();
      if (answer.status !== 429) return { status: answer.status, headers: answer.headers, text };
      await new Promise((done) => setTimeout(done, 250));
    }
  };
  /** A refusal with that status, as the file says a refusal is (RFC 9457); its document. */
  const refused = async (status, operation, target, options = {}) => {
    const { method, responses } = operation;
    const body = options.body === undefined && method !== "get" ? {} : options.body;
    const answer = await ask(method, target, { ...options, body });
    const what = `${method} ${target} ${JSON.stringify(options).slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 300)}`;
    assert.equal(answer.status, status, what);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
    assert.equal(answer.headers.get("cache-control"), "no-store", what);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", what);
    const schema = resolve(responses[status] ?? responses.default)?.content?.["application/problem+json"]?.schema;
    assert.ok(schema, `${what}: the file tells nothing of it`);
    const document = JSON.parse(answer.text);
    assert.ok(checked(schema)(document), `${what}: ${JSON.stringify(checked(schema).errors)}`);
    assert.equal(document.status, status, what);
    assert.ok(document.detail.length > 10 && /[a-z]/.test(document.detail), `${what} says what is wrong`);
    return document;
  };
  const target = ({ pattern }, account) => pattern.replace("{account}", encodeURIComponent(account)).replaceAll(/\{[^}]+\}/g, "nothing");

  await step(`the file has ${operations.length} operations, each with a scope`, () => {
    assert.ok(operations.length >= 20);
    for (const one of operations) assert.ok(["owner", "operator"].includes(one["x-scope"]), one.operationId);
  });
  for (const operation of operations) {
    const { method, pattern, operationId, properties, required, parameters } = operation;
    const owns = operation["x-scope"] === "owner";
    const own = target(operation, alice);
    await step(`${method.toUpperCase()} ${pattern} (${operationId})`, async () => {
      for (const token of [undefined, `dba_${"0".repeat(48)}`, "", "dba_", LONG])
        if (token !== "") assert.equal((await ask(method, own, { token, body: method === "get" ? undefined : {} })).headers.get("www-authenticate"), "Bearer", `${operationId} ${token}`);
      await refused(401, operation, own);
      await refused(401, operation, own, { token: `dba_${"0".repeat(48)}` });
      if (owns) {
        const foreign = await refused(404, operation, target(operation, aid), { token: his });
        const absent = await refused(404, operation, target(operation, "aaaaaaaaaaaaa"), { token: his });
        assert.deepEqual(foreign, absent, "another's account is as if it were not there");
        await refused(404, operation, target(operation, "nobody@nowhere.example"), { token: operator });
        await refused(404, operation, target(operation, LONG), { token: operator });
      } else await refused(403, operation, own, { token: hers });
      const token = owns ? hers : operator;
      if (method === "get") {
        for (const { name } of parameters.filter((one) => one.in === "query")) assert.equal((await refused(422, operation, `${own}?${name}=${LONG}`, { token })).field, name, `${operationId} ${name}`);
        return;
      }
      for (const body of ["{", "[]", '"x"', "null", "", '{"a":1,"a":2}', `{"a":${"[".repeat(200)}${"]".repeat(200)}}`]) await refused(400, operation, own, { token, body });
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) await refused(415, operation, own, { token, body: "a=b", type });
      assert.equal((await refused(422, operation, own, { token, body: { colour: "red" } })).field, "colour");
      for (const name of Object.keys(properties)) {
        assert.equal((await refused(422, operation, own, { token, body: { [name]: LONG } })).field, name, `${operationId} ${name} too long`);
        for (const value of [["a"], { a: 1 }]) assert.equal((await refused(422, operation, own, { token, body: { [name]: value } })).field, name, `${operationId} ${name} no text`);
      }
      if (required.length) assert.ok(required.includes((await refused(422, operation, own, { token, body: {} })).field), `${operationId} without ${required}`);
    });
  }
  await step("a method that a path does not know is 405, a path that is none 404", async () => {
    const problem = { responses: { default: { $ref: "#/components/responses/problem" } } };
    for (const pattern of new Set(operations.map((one) => one.pattern))) {
      const known = operations.filter((one) => one.pattern === pattern).map(({ method }) => method);
      for (const method of METHODS.filter((one) => !known.includes(one))) await refused(405, { ...problem, method }, target({ pattern }, alice), { token: operator });
    }
    for (const at of ["/v1/", "/v1/nothing", "/v1/accounts/", `/v1/accounts/${alice}/nothing`, "/v1/../v1/nothing"]) await refused(404, { ...problem, method: "get" }, at, { token: operator });
  });

  // ---- the command line

  await step(`every act (${acts.length}) is one of the API's operations or the command line's alone, and none is told twice`, () => {
    assert.ok(acts.length >= 20, `${acts.length}`);
    assert.equal(new Set(acts.map(({ name }) => name)).size, acts.length);
    assert.deepEqual(operations.filter(({ operationId }) => !acts.some(({ name }) => name === operationId)).map(({ operationId }) => operationId), []);
  });
  const helps = new Map();
  /** Every command has --json, unless what it prints is a document of its own: a receipt. */
  const readable = (group, help) => {
    for (const line of help.split("\n\n")[0].split(/\n(?=drawbridge)/)) assert.ok(/--json/.test(line) || /\breceipt\b/.test(line), `${group} for programs: ${line}`);
  };
  for (const { name } of acts) {
    const [group] = name.split(".");
    if (helps.has(group)) continue;
    await step(`drawbridge ${group} --help: what it can, and examples that are read`, async () => {
      const { code, out } = await drawbridge(group, "--help");
      assert.equal(code, 0);
      helps.set(group, out);
      readable(group, out);
      const examples = [...out.slice(out.indexOf("Examples:")).matchAll(/^ {2}drawbridge (.+?)(?: -c \S+)?(?: > \S+)?$/gm)].map(([, line]) => line.match(/'[^']*'|"[^"]*"|\S+/g).map((word) => word.replace(/^['"]|['"]$/g, "")));
      assert.ok(examples.length > 0, `${group} has no example`);
      const readThem = examples.map(async (words) => {
        assert.equal(words[0], group);
        // Read as far as the account that the example names and that is not here: nothing is done by it.
        const { code: read, err } = await drawbridge(...words.map((word) => word.replace("alice@pinboard.social.example", "nobody@nowhere.example")));
        assert.ok(read === 0 || (read === 1 && /^drawbridge: /m.test(err)), `${words.join(" ")}: ${read} ${err}`);
      });
      await Promise.all(readThem);
    });
  }
  await step("drawbridge account add takes PLATFORM:HANDLE as one word", async () => {
    const tries = [["--colour", "red"], [], ["plaza:alice", "plaza:bob"], ["alice"], ["nowhere:alice"]];
    const answers = await Promise.all(tries.map((words) => drawbridge("account", "add", ...words)));
    assert.deepEqual(answers.map(({ code }) => code), [2, 2, 2, 2, 1]);
    for (const { err } of answers.slice(3)) assert.match(err, /^drawbridge: .{10}/m);
  });
  await step("account add, status and remove as JSON: one object on stdout, nothing else", async () => {
    const { platforms } = await asJson("account", "status");
    assert.deepEqual(platforms.map(({ platform }) => platform), ["plaza"]);
    assert.deepEqual(platforms[0].accounts.map(({ handle, state, on_platform }) => [handle, state, on_platform]).sort(), [[`@${alice}`, "on", "active"], [`@${bob}`, "on", "active"]]);
    assert.ok(platforms[0].open > Date.now() - 120_000 && platforms[0].cursor, JSON.stringify(platforms[0]));
    const one = (await asJson("account", "status", alice)).platforms;
    assert.deepEqual(one.map(({ accounts }) => accounts.map(({ account }) => account)), [[aid]]);
    const added = await asJson("account", "add", `plaza:${platforms[0].accounts.find(({ account }) => account === aid).native}`);
    assert.deepEqual(added, { state: "on", account: aid, handle: `@${alice}`, actor });
    const unknown = await drawbridge("account", "add", "plaza:alice", "--json");
    assert.deepEqual([unknown.code, unknown.out], [1, ""]);
    assert.match(unknown.err, /switch the fediverse on themselves/);
    await plaza.federate("carol", true);
    const carol = (await until("webfinger answers", 20, () => gateway.actorOf("carol"))).split("/").pop();
    assert.deepEqual(await asJson("account", "remove", `carol@${gateway.host}`), { account: carol, state: "leaving" });
    const again = await drawbridge("account", "remove", `carol@${gateway.host}`, "--json");
    assert.deepEqual([again.code, again.out], [1, ""], again.err);
  });
  await step("what is no act can be read by programs too: check, sweep", async () => {
    const checked = await asJson("check");
    assert.deepEqual([checked.platforms, checked.file], [1, gateway.configuration]);
    assert.ok(Array.isArray(checked.warnings));
    assert.deepEqual(await asJson("sweep", alice), { account: aid, queued: 1 });
    assert.equal((await asJson("sweep", "--all")).queued, 3);
  });
  for (const { name, owner, changes, required } of acts.filter((act) => act.name !== "account.add")) {
    const [group, verb] = name.split(".");
    await step(`drawbridge ${group} ${verb}`, async () => {
      assert.match(helps.get(group), new RegExp(`\\b${verb}\\b`), "its help tells of it");
      const account = owner ? [alice] : [];
      const words = (count) => Array(count).fill("no such thing");
      const [unknown, more, less, homeless, nobody, tried] = await Promise.all([
        drawbridge(group, verb, ...account, "--colour", "red"),
        drawbridge(group, verb, ...account, ...words(required + 1)),
        required ? drawbridge(group, verb, ...account) : undefined,
        owner ? drawbridge(group, verb) : undefined,
        owner ? drawbridge(group, verb, "nobody@nowhere.example", ...words(required)) : undefined,
        drawbridge(group, verb, ...account, ...words(required), "--json"),
      ]);
      assert.equal(unknown.code, 2, unknown.err);
      assert.match(unknown.err, /^drawbridge: .*--colour/m);
      assert.ok(unknown.err.includes("Examples:"), "and what can be said instead");
      assert.equal(more.code, 2, `a word too many: ${more.err}`);
      assert.equal(less?.code ?? 2, 2, "a word is missing");
      assert.equal(homeless?.code ?? 2, 2, "no account");
      if (nobody) {
        assert.deepEqual([nobody.code, nobody.out], [1, ""], nobody.err);
        assert.match(nobody.err, /^drawbridge: nobody@nowhere\.example: /m);
      }
      // What changes nothing and wants no word more is only ever refused where there is nothing yet to tell: a receipt before the leave.
      assert.ok(tried.code === 0 || (changes || required || name === "account.receipt" ? tried.code === 1 : false), `${tried.code} ${tried.err}`);
      if (tried.code === 0) assert.equal(typeof JSON.parse(tried.out), "object");
      else assert.match(tried.err, new RegExp(`^drawbridge: ${name.replace(".", "\\.")}: .{10}`, "m"));
    });
  }
  await step("every other command has examples, and says what is wrong with words that it does not know", async () => {
    const names = fs.readdirSync(path.join(root, "gateway/admin/help")).map((name) => name.replace(".txt", "")).filter((name) => name !== "drawbridge" && !helps.has(name));
    for (const name of names) {
      const help = await drawbridge(name, "--help");
      assert.equal(help.code, 0, name);
      assert.match(help.out, new RegExp(`^ {2}drawbridge ${name}\\b`, "m"), `${name} has an example`);
      if (name !== "serve") readable(name, help.out);
      if (name === "serve" || name === "check") continue; // all their words are -c FILE
      const { code, err } = await drawbridge(name, "--colour");
      assert.equal(code, 2, `${name}: ${err}`);
      assert.match(err, /colour|there is: /, name);
    }
  });
});
