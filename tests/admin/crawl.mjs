// Every page of owners and of the operator, found by following links, and every form on them, whatever is added: what is sent by another
// site, with another session's word or with none does nothing; what is typed stays text; no form leads elsewhere; no link changes anything.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;
const PAGES_MAX = 200;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\r\nX-Injected: 1\r\n\r\n<svg onload=alert(1)>`;
const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
const attribute = (tag, name) => {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag);
  return found ? unescaped(found[1]) : undefined;
};
/** [{action, method, fields: {name: value}}] */
const formsOf = (html) =>
  [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, head, inside]) => ({
    action: attribute(head, "action"),
    method: attribute(head, "method") ?? "get",
    fields: Object.fromEntries([...inside.matchAll(/<(?:input|select|textarea|button)\b[^>]*>/g)].map(([tag]) => [attribute(tag, "name"), attribute(tag, "value") ?? ""]).filter(([name]) => name)),
  }));

await story("Every page and every form", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with pages", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const admin = `http://127.0.0.1:${port}`;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration], { seconds: 60 }));
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  await plaza.test("PUT", "users/alice/profile", { name: HOSTILE.slice(0, 60).replaceAll(/[\r\n]/g, " "), bio: null });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  await until("for bob too", SOON, () => gateway.actorOf("bob"));
  const [alice, bob] = [`alice@${gateway.host}`, `bob@${gateway.host}`];

  await step("there is something on them: a follower, one who asks, a reply that waits, a block, a post", async () => {
    const person = async (name) => {
      const stranger = await Stranger.start(name);
      atEnd(() => stranger.close());
      stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
      stranger.profile({ name: `${name} ${HOSTILE.slice(0, 50)}` });
      return stranger;
    };
    const [rosa, sven] = [await person("rosa"), await person("sven")];
    await rosa.post(`${actor}/inbox`, rosa.activity("Follow", actor));
    await until("rosa follows", SOON, async () => (await drawbridge("follower", "list", alice)).total === 1);
    await drawbridge("account", "set", alice, "--approve-followers", "yes", "--approve-replies", "all");
    await sven.post(`${actor}/inbox`, sven.activity("Follow", actor));
    await until("sven waits", SOON, async () => (await drawbridge("follower", "requests", alice)).total === 1);
    await drawbridge("block", "add", alice, "spam.example");
    await plaza.post("alice", `A post ${HOSTILE.replaceAll(/[\r\n]/g, " ")}`);
    const outbox = async () => (await fetch(`${actor}/outbox?page=0`)).json();
    const [create] = await until("it is out", SOON, async () => ((await outbox()).orderedItems.length ? (await outbox()).orderedItems : undefined));
    const object = { id: `${sven.origin}/notes/1`, type: "Note", attributedTo: sven.actor, inReplyTo: create.object.id, content: `<p>${HOSTILE}</p>`, to: [PUBLIC], cc: [actor] };
    await sven.post(`${actor}/inbox`, sven.activity("Create", object, { to: object.to, cc: object.cc }));
    await until("a reply waits", SOON, async () => (await drawbridge("reply", "held", alice)).items.length === 1);
  });

  const ask = async (target, { cookie, method = "GET", body, headers = {} } = {}) => {
    for (;;) {
      const answer = await fetch(new URL(target, admin), {
        method,
        redirect: "manual",
        headers: { ...(cookie ? { cookie } : {}), ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }), ...headers },
        body: body === undefined ? undefined : typeof body === "string" ? body : new URLSearchParams(body).toString(),
      });
      const text = await answer.text();
      if (answer.status !== 429) return { status: answer.status, headers: answer.headers, text };
      await new Promise((done) => setTimeout(done, 200));
    }
  };
  const enter = async (words, cookie) => {
    const { link } = await drawbridge(...words);
    const answer = await ask(link, { method: "POST", cookie });
    assert.equal(answer.status, 303);
    return answer.headers.get("set-cookie").split(";")[0];
  };
  const isSafe = (target, { headers, text }) => {
    assert.match(headers.get("content-security-policy"), /^default-src 'none'.*frame-ancestors 'none'/, target);
    assert.doesNotMatch(headers.get("content-security-policy"), /unsafe|script-src|\*/, target);
    assert.equal(headers.get("cache-control"), "no-store", target);
    assert.equal(headers.get("x-content-type-options"), "nosniff", target);
    assert.equal(headers.get("referrer-policy"), "no-referrer", target);
    assert.equal(headers.get("x-injected"), null, target);
    assert.doesNotMatch(text, /<script|<img src=x|onerror=alert\(1\)>|<svg onload/i, target);
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) assert.doesNotMatch(tag.replaceAll(/"[^"]*"/g, '""'), /\son[a-z]+=|\sstyle=/i, `${target}: ${tag}`);
    assert.doesNotMatch(text, /href="(?!https?:|mailto:|[/#?])[^"]/i, target);
  };

  /** All pages that links lead to: Map path → html. */
  const crawl = async (cookie) => {
    const pages = new Map();
    const queue = ["/"];
    while (queue.length && pages.size < PAGES_MAX) {
      const target = queue.shift();
      if (pages.has(target)) continue;
      const answer = await ask(target, { cookie });
      const type = answer.headers.get("content-type") ?? "";
      assert.ok(answer.status === 200 || answer.status === 303, `${target}: ${answer.status} ${answer.text.slice(0, 200)}`);
      pages.set(target, answer.text);
      if (!type.startsWith("text/html")) continue;
      isSafe(target, answer);
      assert.equal([...answer.text.matchAll(/<h1\b/g)].length, 1, `${target} has one heading of the first rank`);
      for (const [, href] of answer.text.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)) {
        const url = new URL(unescaped(href), `${admin}${target}`);
        url.hash = "";
        if (url.origin === admin) queue.push(url.pathname + url.search);
      }
    }
    assert.ok(pages.size < PAGES_MAX, "pages come to an end");
    return pages;
  };

  const snapshot = async () => JSON.stringify([await drawbridge("account", "show", alice), await drawbridge("block", "list", alice), await drawbridge("follower", "list", alice), await drawbridge("token", "list")]);
  const sessions = [
    { name: "the owner's", words: ["account", "link", alice], least: 8 },
    { name: "the operator's", words: ["operator", "link"], least: 2 },
  ];
  const stranger = await enter(["account", "link", bob]);
  for (const session of sessions) {
    session.cookie = await enter(session.words);
    await step(`${session.name} pages are all sound, and following links changes nothing`, async () => {
      const before = await snapshot();
      session.pages = await crawl(session.cookie);
      console.log(`           ${session.pages.size} pages: ${[...session.pages.keys()].join(" ").slice(0, 400)}`);
      assert.ok(session.pages.size >= session.least, [...session.pages.keys()].join(" "));
      assert.equal(await snapshot(), before);
    });
    session.forms = new Map([...session.pages].flatMap(([at, html]) => formsOf(html).map((form) => [`${form.method} ${form.action} ${Object.keys(form.fields).sort()}`, { ...form, at }])));
    await step(`${session.name} pages answer nobody without a session, one of one's own choice, or another's`, async () => {
      for (const target of session.pages.keys()) {
        for (const cookie of [undefined, `drawbridge=${"a".repeat(48)}`, "drawbridge=", `drawbridge=${encodeURIComponent(HOSTILE)}`]) {
          const answer = await ask(target, { cookie });
          assert.ok(answer.status === 401 || target === "/style.css", `${target} ${cookie}: ${answer.status}`);
        }
      }
    });
    const posts = [...session.forms.values()].filter(({ method }) => method === "post");
    await step(`${session.name} ${posts.length} kinds of forms do nothing when another site, another session or nobody sends them`, async () => {
      assert.ok(posts.length >= 2);
      for (const { method } of session.forms.values()) assert.ok(["get", "post"].includes(method));
      const before = await snapshot();
      const others = formsOf((await ask("/", { cookie: stranger })).text)[0].fields.form;
      for (const { action, fields } of posts) {
        assert.ok(action.startsWith("/") && !action.startsWith("//"), action);
        assert.match(fields.form ?? "", /^[0-9a-f]{48}$/, `${action} carries the session's word`);
        const { form, ...rest } = fields;
        const tries = {
          "no word": [{ body: rest }],
          "an empty one": [{ body: { ...rest, form: "" } }],
          "one of one's own": [{ body: { ...rest, form: "0".repeat(48) } }],
          "another session's": [{ body: { ...rest, form: others } }],
          "another site": [{ body: { ...rest, form }, headers: { origin: "https://evil.example" } }],
          "as JSON": [{ body: JSON.stringify({ ...rest, form }), headers: { "content-type": "application/json" } }],
          "as text": [{ body: new URLSearchParams({ ...rest, form }).toString(), headers: { "content-type": "text/plain" } }],
        };
        for (const [what, [options]] of Object.entries(tries)) {
          const answer = await ask(action, { method: "POST", cookie: session.cookie, ...options });
          assert.equal(answer.status, 403, `${action}: ${what}: ${answer.status}`);
          isSafe(action, answer);
        }
        assert.ok([401, 403].includes((await ask(action, { method: "POST", body: { ...rest, form } })).status), `${action}: no cookie`);
        assert.ok([404, 405].includes((await ask(action, { cookie: session.cookie })).status) || session.pages.has(action), `${action}: by a link`);
      }
      assert.equal(await snapshot(), before);
    });
    await step(`what is typed into ${session.name} forms stays text, and none leads elsewhere`, async () => {
      for (const { action, fields, at } of posts) {
        const { form, back, ...rest } = fields;
        const typed = Object.keys(rest);
        if (action === "/out" || typed.length === 0) continue; // nothing can be typed
        for (const to of [HOSTILE, "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", `${at}\r\nSet-Cookie: a=b`, "/%0d%0aX-Injected: 1"]) {
          const answer = await ask(action, { method: "POST", cookie: session.cookie, body: { ...Object.fromEntries(typed.map((name) => [name, HOSTILE])), form, ...(back === undefined ? {} : { back: to }) } });
          const where = answer.headers.get("location");
          assert.ok(where === null || /^\/(?![/\\])[^\r\n]*$/.test(where), `${action}: ${where}`);
          assert.equal(answer.headers.get("set-cookie"), null, action);
          assert.equal(answer.headers.get("x-injected"), null, action);
          if (where === null) isSafe(action, answer);
          else {
            const next = await ask(where, { cookie: session.cookie });
            assert.equal(next.status, 200, `${action} → ${where}`);
            isSafe(where, next);
          }
        }
      }
      for (const { action, fields } of [...session.forms.values()].filter(({ method }) => method === "get")) {
        const answer = await ask(`${action ?? "/"}?${new URLSearchParams(Object.fromEntries(Object.keys(fields).map((name) => [name, HOSTILE])))}`, { cookie: session.cookie });
        assert.ok(answer.status < 500, action);
        isSafe(action, answer);
      }
      for (const target of session.pages.keys()) {
        const answer = await ask(`${target.split("?")[0]}?${new URLSearchParams({ cursor: HOSTILE, q: HOSTILE, before: HOSTILE, page: HOSTILE })}`, { cookie: session.cookie });
        assert.ok(answer.status < 500, target);
        if ((answer.headers.get("content-type") ?? "").startsWith("text/html")) isSafe(target, answer);
      }
    });
    await step(`${session.name} pages are sound still`, () => crawl(session.cookie));
  }

  await step("a new sign-in gives a new session, whatever cookie was brought, and ends the one before", async () => {
    const chosen = `drawbridge=${"c".repeat(48)}`;
    const first = await enter(["account", "link", alice], chosen);
    assert.notEqual(first, chosen);
    const second = await enter(["account", "link", alice], first);
    assert.notEqual(second, first);
    assert.equal((await ask("/", { cookie: first })).status, 401);
    assert.equal((await ask("/", { cookie: second })).status, 200);
    const [out] = formsOf((await ask("/", { cookie: second })).text).filter(({ action }) => action === "/out");
    assert.equal((await ask("/out", { method: "POST", cookie: second, body: { form: out.fields.form } })).status, 200);
    assert.equal((await ask("/", { cookie: second })).status, 401);
  });
});
