// H: what strangers and members write is text wherever it is read. E: who and what exists for others at all.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get, webfingerUrl } from "../peers/lib/http.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { World } from "../peers/lib/world.mjs";
import { guard } from "./guard.mjs";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const RUNS = /<script|<iframe|<style|<svg|<object|onerror|onclick|javascript:|data:text/i;
const HOSTILE = [
  "<script>steal()</script><img src=x onerror=steal()>",
  '<a href="javascript:steal()">here</a> <a href="data:text/html,x" onclick="steal()">there</a>',
  "<iframe src=https://evil.example></iframe><style>*{display:none}</style>",
  "<svg><animate onbegin=steal() attributeName=x></svg><math><mtext><script>steal()</script>",
  '<object data="javascript:steal()"></object><form action="javascript:steal()"><button>b</button></form>',
].join(" ");

await story("What is read, and by whom", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const told = []; // to the platform
  const { contract } = world.proxy;
  const judge = contract.http.bind(contract);
  contract.http = (exchange) => (told.push(String(exchange.requestBody ?? "")), judge(exchange));
  const mallory = await Stranger.start("mallory");
  atEnd(() => mallory.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  await mallory.post(`${gateway.origin}/inbox`, mallory.activity("Follow", actor));
  const post = await plaza.post("alice", "<script>steal()</script> & <img src=x onerror=steal()> \"quoted\"", { warning: "<script>warn()</script>" });
  const note = await until("the post came", 20, () => mallory.arrivals.find(({ type }) => type === "Create")?.object);

  await guard("H1", "HTML of strangers leaves the gateway as text and a few harmless tags", async () => {
    const reply = {
      id: `${mallory.origin}/notes/1`,
      type: "Note",
      attributedTo: mallory.actor,
      inReplyTo: note.id,
      to: [PUBLIC],
      cc: [actor],
      content: `<p>said by <b>mallory</b> <ul><li>one</li></ul> ${HOSTILE}</p>`,
    };
    assert.equal(await mallory.post(`${gateway.origin}/inbox`, mallory.activity("Create", reply, { to: [PUBLIC] })).then(({ status }) => status), 202);
    const shown = await until("the reply is shown", 20, async () => (await plaza.whole(post)).replies.find(({ text }) => text.includes("said by")));
    assert.doesNotMatch(JSON.stringify(shown), RUNS);
    const said = told.find((body) => body.includes("said by"));
    assert.match(said, /"html":".*<li>one/, "or this test would see nothing");
    assert.doesNotMatch(said, RUNS);
  });
  await guard("H2", "what members write is text in what is published", async () => {
    assert.match(note.content, /&lt;script&gt;steal\(\)&lt;\/script&gt; &amp; &lt;img src=x onerror=steal\(\)&gt;/);
    assert.doesNotMatch(note.content, /<script|<img/);
  });
  await guard("H3", "and on our pages", async () => {
    for (const url of [note.id, actor]) {
      const first = await get(url, { accept: "text/html" });
      const page = first.status === 303 ? await get(first.headers.get("location"), { accept: "text/html" }) : first;
      assert.equal(page.status, 200);
      assert.match(page.headers.get("content-type"), /^text\/html/);
      assert.ok(page.text.includes("steal()") && page.text.includes("warn()"), "or this test would see nothing");
      assert.doesNotMatch(page.text, /<script|<img src=x/);
    }
  });
  await guard("H4", "a page of ours loads and runs nothing, whatever is on it", async () => {
    const { headers } = await get(note.id, { accept: "text/html" });
    assert.match(headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/);
  });
  await guard("H5", "JSON of ours is never taken for a page", async () => {
    for (const url of [note.id, actor, `${actor}/outbox`, webfingerUrl(gateway.origin, `acct:alice@${gateway.host}`)]) {
      const { headers, status } = await get(url);
      assert.equal(status, 200);
      assert.equal(headers.get("x-content-type-options"), "nosniff", url);
      assert.equal(headers.get("content-security-policy"), "default-src 'none'", url);
    }
  });

  await guard("H6", "the follow dialog leads nowhere but to the server that was typed", async () => {
    const host = new URL(mallory.origin).host;
    const lure = "https://evil.example/?u={uri}";
    mallory.script = ({ url }) => (url.startsWith("/.well-known/webfinger") ? { status: 200, body: JSON.stringify({ subject: `acct:mallory@${host}`, links: [{ rel: "http://ostatus.org/schema/1.0/subscribe", template: lure }] }) } : undefined);
    const body = new URLSearchParams({ address: `mallory@${host}` }).toString();
    const answer = await fetch(`${gateway.origin}/@alice/follow`, { method: "POST", redirect: "manual", body, headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" } });
    mallory.script = undefined;
    const text = await answer.text();
    assert.equal(answer.status, 200);
    assert.match(text, /names a page on another host/, "or this test would see nothing");
    assert.doesNotMatch(text, /evil\.example/);
  });
  await guard("H7", "a form on another site has us ask nobody", async () => {
    const body = new URLSearchParams({ address: `mallory@${new URL(mallory.origin).host}` }).toString();
    const sent = (headers) => fetch(`${gateway.origin}/@alice/follow`, { method: "POST", redirect: "manual", body, headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded", ...headers } });
    const asked = mallory.fetches.length;
    // A page without a referrer has its forms sent with the origin "null", as every sandbox has.
    for (const headers of [{ origin: "null", "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }]) assert.equal((await sent(headers)).status, 403, JSON.stringify(headers));
    assert.equal(mallory.fetches.length, asked);
    assert.equal((await sent({ origin: "null", "sec-fetch-site": "same-origin" })).status, 200);
    assert.equal(mallory.fetches.length, asked + 1, "or this test would see nothing");
  });

  await guard("H8", "a form on another site signs nobody in", async () => {
    const { link } = JSON.parse(await run(binaries.drawbridge, ["account", "link", `alice@${gateway.host}`, "--json", "-c", gateway.configuration]));
    const entered = (headers) => fetch(link, { method: "POST", redirect: "manual", headers });
    for (const headers of [{ origin: "null", "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]) {
      const { status, headers: answered } = await entered(headers);
      assert.equal(status, 403, JSON.stringify(headers));
      assert.equal(answered.get("set-cookie"), null);
    }
    const { status, headers } = await entered({ origin: "null", "sec-fetch-site": "same-origin" });
    assert.equal(status, 303, "and the link was not used up");
    assert.match(headers.get("set-cookie"), /^drawbridge=[0-9a-f]{48}; Path=\/; HttpOnly; SameSite=Strict/);
  });
  await guard("L34", "one server is asked once a second, however its name is typed", async () => {
    const where = new URL(mallory.origin).port;
    const typed = Array.from({ length: 40 }, (_, i) => `${[..."localhost"].map((letter, at) => ((i >> at) & 1 ? letter.toUpperCase() : letter)).join("")}:${"0".repeat(i % 3)}${where}`);
    const asked = mallory.fetches.length;
    const send = (host) => fetch(`${gateway.origin}/@alice/follow`, { method: "POST", body: new URLSearchParams({ address: `mallory@${host}` }).toString(), headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" } });
    const answers = await Promise.all(typed.map(send));
    assert.ok(answers.some(({ status }) => status === 429));
    const often = mallory.fetches.length - asked;
    assert.ok(often >= 1 && often <= 16, `${often} of 40`); // two workers, a burst of five each
  });

  await guard("E1", "a post that was deleted is gone on every way to read it", async () => {
    const short = await plaza.post("alice", "not for long");
    const { id } = await until("it came", 20, () => mallory.arrivals.find(({ type, object }) => type === "Create" && object.content.includes("not for long"))?.object);
    await plaza.remove(short);
    await until("it is gone", 20, async () => (await get(id)).status === 410);
    assert.equal((await get(id, { accept: "text/html" })).status, 410);
    assert.ok(!(await get(`${actor}/outbox?page=1`)).text.includes(id));
    assert.ok(!(await get(`${gateway.origin}/@alice`, { accept: "text/html" })).text.includes("not for long"));
  });
  await guard("E2", "who leaves is gone at once, and all that was written", async () => {
    await plaza.federate("alice", false);
    await until("the post is gone", 20, async () => (await get(note.id)).status === 410);
    assert.ok([404, 410].includes((await get(webfingerUrl(gateway.origin, `acct:alice@${gateway.host}`))).status));
    assert.equal((await get(`${actor}/outbox`)).status, 410);
    const stub = await get(actor);
    assert.ok(stub.status === 410 || stub.json.suspended === true, stub.text);
  });
});
