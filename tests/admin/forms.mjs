// Every form on the pages of owners and of the operator, attacked: sent from elsewhere, with another session's word, without one, with HTML and
// header lines in each field; another owner's posts and receipts asked for. Nothing is done, nothing is shown but text.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 40;
const html = `"><script>alert(1)</script><img src=x onerror=alert(2)>`;
const lines = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>alert(3)</script>";
const unescaped = (text) => text.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&#39;", "'").replaceAll("&amp;", "&");

await story("The forms of the pages", async () => {
  const port = await freePort();
  const { plaza, gateway } = await step("Plaza and the gateway run, with pages", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const admin = `http://127.0.0.1:${port}`;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  for (const user of ["alice", "bob"]) await plaza.federate(user, true);
  for (const user of ["alice", "bob"]) await until("webfinger answers", SOON, () => gateway.actorOf(user));
  const [alice, bob] = [`alice@${gateway.host}`, `bob@${gateway.host}`];

  /** The pages are asked for at the rate that one address may have. */
  const slowly = async (target, options = {}) => {
    await delay(60);
    return fetch(`${admin}${target}`, { redirect: "manual", ...options });
  };
  /** Somebody who is signed in: reads pages, sends forms. */
  const signIn = async (link) => {
    const entered = await slowly(new URL(link).pathname, { method: "POST" });
    const cookie = entered.headers.get("set-cookie").split(";")[0];
    const read = (target) => slowly(target, { headers: { cookie } });
    const send = (act, fields, headers = {}) =>
      slowly(`/do/${act}`, { method: "POST", headers: { cookie, "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(fields).toString() });
    const home = await (await read("/")).text();
    return { cookie, read, send, form: home.match(/name="form" value="([0-9a-f]{48})"/)[1], home };
  };
  const her = await signIn((await drawbridge("account", "link", alice)).link);
  const his = await signIn((await drawbridge("account", "link", bob)).link);
  const operator = await signIn((await drawbridge("operator", "link")).link);

  const hostile = await plaza.post("alice", `A post ${html} & more`);
  const [post] = await until("the post is out", SOON, async () => {
    const { items } = await drawbridge("post", "list", alice);
    return items.length ? items : undefined;
  });
  await plaza.post("bob", "A post of bob's");
  const [foreign] = await until("bob's too", SOON, async () => {
    const { items } = await drawbridge("post", "list", bob);
    return items.length ? items : undefined;
  });

  /** All forms of somebody's pages: [{act, fields: {name: value}}]. */
  const formsOf = async (somebody, more) => {
    const paths = [...new Set([...somebody.home.matchAll(/<li><a href="([^"]+)"/g)].map(([, path]) => path).concat(more))];
    const forms = new Map();
    for (const path of paths) {
      const answer = await somebody.read(path);
      assert.equal(answer.status, 200, path);
      const page = await answer.text();
      assert.equal(/<script|onerror=alert\(2\)>/i.test(page.replaceAll(/&lt;.*?&gt;/g, "")), false, `${path} shows what others wrote as text`);
      for (const [, act, inside] of page.matchAll(/<form method="post" action="\/do\/([a-z.-]+)">(.*?)<\/form>/gs)) {
        const fields = Object.fromEntries([...inside.matchAll(/name="([^"]+)"(?: value="([^"]*)")?/g)].map(([, name, value]) => [name, unescaped(value ?? "")]));
        if (!forms.has(act)) forms.set(act, fields);
      }
    }
    return forms;
  };
  const hers = await formsOf(her, ["/deleted", `/post?post=${post.post}`]);
  const operators = await formsOf(operator, []);
  await step("each page has its forms, each with the session's word", () => {
    for (const act of ["account.set", "account.pause", "account.leave", "block.add", "post.withdraw"]) assert.ok(hers.has(act), act);
    assert.ok(operators.has("token.add"));
    for (const fields of hers.values()) assert.equal(fields.form, her.form);
    for (const fields of operators.values()) assert.equal(fields.form, operator.form);
  });

  const all = [...[...hers].map(([act, fields]) => [her, act, fields]), ...[...operators].map(([act, fields]) => [operator, act, fields])];
  const before = JSON.stringify([await drawbridge("account", "show", alice), (await drawbridge("account", "audit", alice)).items.length, await drawbridge("token", "list")]);

  await step("a form without the word, with another's, from elsewhere, as another type or by GET does nothing", async () => {
    for (const [somebody, act, fields] of all) {
      const refused = async (what, status, answer) => assert.equal((await answer).status, status, `${act} ${what}`);
      const { form, ...bare } = fields;
      await refused("without a word", 403, somebody.send(act, bare));
      await refused("with another session's word", 403, somebody.send(act, { ...fields, form: his.form }));
      await refused("from elsewhere", 403, somebody.send(act, fields, { origin: "https://evil.example" }));
      await refused("as text", 403, somebody.send(act, fields, { "content-type": "text/plain" }));
      await refused("by GET", 404, somebody.read(`/do/${act}?${new URLSearchParams(fields)}`));
      await refused("without a cookie", 401, slowly(`/do/${act}`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams({ ...bare, form }).toString() }));
    }
    for (const act of operators.keys()) assert.equal((await her.send(act, { form: her.form, back: "/" })).status, 404, `${act} is the operator's`);
    for (const act of hers.keys()) assert.equal((await operator.send(act, { form: operator.form, back: "/" })).status, 404, `${act} is an owner's`);
    assert.equal(JSON.stringify([await drawbridge("account", "show", alice), (await drawbridge("account", "audit", alice)).items.length, await drawbridge("token", "list")]), before);
  });

  await step("HTML and header lines in any field come back as text, and lead nowhere else", async () => {
    for (const [somebody, act, fields] of all) {
      // These need no words: they would simply be done.
      if (["account.pause", "account.resume"].includes(act)) continue;
      for (const bad of [html, lines]) {
        const words = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, name === "form" ? value : bad]));
        const answer = await somebody.send(act, words);
        assert.equal(answer.status, 303, `${act}: ${await answer.text()}`);
        assert.equal(answer.headers.get("location"), "/", act);
        assert.equal(answer.headers.get("set-cookie"), null, act);
        const shown = await (await somebody.read("/")).text();
        assert.equal(/<script|<img/i.test(shown), false, `${act}: ${shown.match(/class="said[^]*?<\/p>/)}`);
      }
    }
    for (const back of ["https://evil.example/", "//evil.example", "/post?post=x\r\nSet-Cookie: a=b", "/post?next=<script>", "/post\\@evil.example", "/receipt?post=x"])
      assert.equal((await her.send("post.withdraw", { form: her.form, post: "x", back })).headers.get("location"), "/", back);
    assert.equal((await her.send("post.withdraw", { form: her.form, post: "x", back: `/post?post=${post.post}` })).headers.get("location"), `/post?post=${post.post}`);
  });

  await step("what the platform and the address say is shown as text", async () => {
    const page = await (await her.read(`/post?post=${post.post}`)).text();
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert.equal(page.includes("<script"), false);
    for (const target of [`/post?post=${encodeURIComponent(html)}`, `/posts?cursor=${encodeURIComponent(html)}`, `/receipt?post=${encodeURIComponent(html)}`, `/receipt?form=${encodeURIComponent(html)}`]) {
      const answer = await her.read(target);
      assert.equal(/<script|<img/i.test(await answer.text()), false, target);
      assert.equal(answer.headers.get("content-disposition"), null);
      assert.match(answer.headers.get("content-security-policy"), /default-src 'none'/);
    }
  });

  await step("another owner's post is not there: not to read, not to take back, and has no receipt", async () => {
    for (const name of [foreign.id, foreign.post]) {
      assert.match(await (await her.read(`/post?post=${encodeURIComponent(name)}`)).text(), /no such post/);
      await her.send("post.withdraw", { form: her.form, post: name, back: "/" });
      assert.match(await (await her.read("/")).text(), /no such post/);
      assert.equal((await her.read(`/receipt?post=${encodeURIComponent(name)}`)).status, 404);
    }
    assert.equal((await drawbridge("post", "list", bob)).items.length, 1);
    assert.equal((await operator.read("/receipt")).status, 404);
    assert.equal((await fetch(`${admin}/receipt`)).status, 401);
  });

  await step("an account leaves by its own name only, and is not left by a wrong one", async () => {
    for (const confirm of ["", bob, "alice", `${alice} `, `@@${alice}`, "yes"]) await her.send("account.leave", { form: her.form, confirm, back: "/bridge" });
    assert.equal((await drawbridge("account", "show", alice)).state, "on");
  });

  await step("a word of a session that is over opens nothing", async () => {
    await slowly("/out", { method: "POST", headers: { cookie: his.cookie, "content-type": "application/x-www-form-urlencoded" }, body: `form=${his.form}` });
    assert.equal((await his.send("account.pause", { form: his.form, back: "/" })).status, 401);
    assert.equal((await drawbridge("account", "show", bob)).state, "on");
    assert.ok(hostile);
  });
});
