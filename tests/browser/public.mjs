// What the world sees, in a real browser without scripts: profile, post, following from one's own server, what was deleted, what
// never was; and what programs read of it: previews, rel=me, Atom.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { peers } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;
const require = createRequire(path.join(peers, "browser/"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = path.join(process.env.DRAWBRIDGE_BUILD, "screenshots");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

await story("The public pages", async () => {
  fs.mkdirSync(screenshots, { recursive: true });
  const world = await step("Plaza and the gateway run", () => World.start({ proxied: false, environment: () => ({ DRAWBRIDGE_GATEWAY_CONTACT: "mailto:help@plaza.example", DRAWBRIDGE_GATEWAY_IMPRINT: "https://plaza.example/imprint" }) }));
  const { plaza, gateway } = world;
  await plaza.federate("alice", true);
  await plaza.test("PUT", "users/alice/profile", { name: "Alice <b>& \"Co\"</b>", bio: "Birds & <script>alert(1)</script>" });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const profile = `${gateway.origin}/@alice`;
  const html = (url, headers) => get(url, { accept: "text/html", headers });
  const meta = (text, name) => new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)">`).exec(text)?.[1];
  const outbox = async () => (await get(`${actor}/outbox?page=0`)).json.orderedItems;

  const browser = await step("Chromium runs", () => chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet }));
  atEnd(() => browser.close());
  const context = await browser.newContext({ javaScriptEnabled: false, colorScheme: "light" });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => message.type() === "error" && !/40[34]|410|422|429/.test(message.text()) && problems.push(message.text()));
  const looking = { light: await browser.newContext({ bypassCSP: true, colorScheme: "light" }), dark: await browser.newContext({ bypassCSP: true, colorScheme: "dark" }) };
  const look = async (name, markup) => {
    await page.screenshot({ path: path.join(screenshots, `public-${name}.png`), fullPage: true });
    for (const [scheme, one] of Object.entries(looking)) {
      const beside = await one.newPage();
      await beside.goto(page.url());
      if (markup) await beside.setContent(markup);
      if (scheme === "dark") await beside.screenshot({ path: path.join(screenshots, `public-${name}-dark.png`), fullPage: true });
      await beside.evaluate(axe);
      const { violations } = await beside.evaluate(() => globalThis.axe.run());
      await beside.close();
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html: markup }) => markup).join(" ")}`), [], `${name} ${scheme}`);
    }
  };

  const post = await plaza.post("alice", "Saw an owl & a <fox> #owl", { image_url: "https://media.example/owl.jpg", image_alt: 'An "owl"' });
  const [create] = await until("the post is out", SOON, async () => ((await outbox()).length ? outbox() : undefined));
  const note = create.object.id;

  await step("the profile shows whose it is, where it is from, what was posted, whom to write to", async () => {
    assert.equal((await page.goto(profile)).status(), 200);
    assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), 'Alice <b>& "Co"</b>');
    assert.equal(await page.getByRole("article").count(), 1);
    assert.match(await page.locator("body").textContent(), /Shown here from plaza by drawbridge/);
    assert.equal(await page.getByRole("link", { name: "help@plaza.example" }).getAttribute("href"), "mailto:help@plaza.example");
    assert.equal(await page.getByRole("link", { name: "https://plaza.example/imprint" }).count(), 1);
    await look("profile");
  });

  await step("programs find in it: a preview, the same person elsewhere, the actor, the feed; robots are told what the owner wishes", async () => {
    const { text, headers } = await html(profile);
    assert.ok(!text.includes("<script>") && !/ style="/.test(text));
    assert.equal(meta(text, "og:type"), "profile");
    assert.equal(meta(text, "og:url"), profile);
    assert.match(meta(text, "og:title"), /^Alice &lt;b&gt;&amp; &quot;Co&quot;&lt;\/b&gt; \(@alice@/);
    assert.match(meta(text, "og:description"), /^Birds &amp; &lt;script&gt;/);
    assert.equal(meta(text, "fediverse:creator"), `@alice@${gateway.host}`);
    assert.ok(text.includes(`<link rel="canonical" href="${profile}">`));
    assert.ok(text.includes(`<link rel="alternate" type="application/activity+json" href="${actor}">`));
    assert.ok(text.includes(`href="${profile}/feed.atom">`));
    assert.match(text, /<link rel="me" href="http/);
    assert.match(text, /<dd><a [^>]*rel="me nofollow noopener"/);
    assert.equal(headers.get("x-robots-tag"), "noindex");
    assert.match(headers.get("link"), new RegExp(`<${actor}>; rel="alternate"`));
    assert.match(headers.get("content-security-policy"), /^default-src 'none';.*style-src 'self'.*frame-ancestors 'none'$/);
    assert.equal((await html(profile, { "if-none-match": headers.get("etag") })).status, 304);
  });

  await step("a post has a page with its picture, its time and the way to the platform", async () => {
    assert.equal((await page.goto(note)).status(), 200);
    assert.match(await page.getByRole("article").textContent(), /Saw an owl & a <fox> #owl/);
    assert.equal(await page.getByRole("img", { name: 'An "owl"' }).getAttribute("src"), "https://media.example/owl.jpg");
    assert.equal(await page.getByRole("link", { name: "on plaza" }).count(), 1);
    const { text } = await html(note);
    assert.equal(meta(text, "og:type"), "article");
    assert.equal(meta(text, "og:url"), note);
    assert.equal(meta(text, "og:image"), "https://media.example/owl.jpg");
    assert.equal(meta(text, "og:description"), "Saw an owl &amp; a &lt;fox&gt; #owl");
    assert.ok(Date.parse(meta(text, "article:published_time")) > 0);
    await look("post");
  });

  await step("what is behind a warning stays behind it, also in previews", async () => {
    const warned = await plaza.post("alice", "The butler did it.", { warning: "Spoiler", image_url: "https://media.example/end.jpg" });
    const item = await until("it is out", SOON, async () => (await outbox()).find(({ object }) => object.summary === "Spoiler"));
    const { text } = await html(item.object.id);
    assert.equal(meta(text, "og:description"), "Spoiler");
    assert.ok(!(meta(text, "og:image") ?? "").includes("end.jpg"));
    await page.goto(item.object.id);
    assert.equal(await page.getByText("The butler did it.").isVisible(), false);
    await page.getByText("Spoiler").first().click();
    assert.equal(await page.getByText("The butler did it.").isVisible(), true);
    await look("warning");
    await plaza.remove(warned);
    await until("it is deleted", SOON, async () => (await get(item.object.id)).status === 410);
  });

  await step("the Atom feed holds the posts, as other servers get them, and answers who has it already", async () => {
    const first = await html(`${profile}/feed.atom`);
    assert.equal(first.headers.get("content-type"), "application/atom+xml; charset=utf-8");
    assert.equal(first.headers.get("cache-control"), "private, max-age=180");
    assert.equal(first.headers.get("x-robots-tag"), "noindex");
    const { documents, parsed } = await page.context().newPage().then(async (reader) => {
      const scripted = await browser.newContext();
      const inside = await scripted.newPage();
      const found = await inside.evaluate((xml) => {
        const feed = new DOMParser().parseFromString(xml, "application/xml");
        const text = (element, name) => element.getElementsByTagNameNS("http://www.w3.org/2005/Atom", name)[0]?.textContent;
        const root = feed.documentElement;
        const entries = [...root.getElementsByTagNameNS("http://www.w3.org/2005/Atom", "entry")].map((entry) => ({
          id: text(entry, "id"),
          title: text(entry, "title"),
          updated: text(entry, "updated"),
          content: text(entry, "content"),
          type: entry.getElementsByTagName("content")[0].getAttribute("type"),
          enclosures: [...entry.querySelectorAll("link[rel=enclosure]")].map((link) => `${link.getAttribute("type")} ${link.getAttribute("href")}`),
        }));
        return { name: root.localName, id: text(root, "id"), updated: text(root, "updated"), self: root.querySelector("link[rel=self]").getAttribute("href"), entries };
      }, first.text);
      await scripted.close();
      await reader.close();
      return { documents: found.entries, parsed: found };
    });
    assert.deepEqual([parsed.name, parsed.id, parsed.self], ["feed", actor, `${profile}/feed.atom`]);
    assert.equal(documents.length, 1, "the deleted one left it");
    const [entry] = documents;
    assert.equal(entry.id, note);
    assert.equal(entry.type, "html");
    assert.equal(entry.content, create.object.content);
    assert.equal(entry.title, "Saw an owl & a <fox> #owl");
    assert.deepEqual(entry.enclosures, ["image/jpeg https://media.example/owl.jpg"]);
    assert.ok(Date.parse(entry.updated) > 0 && Date.parse(parsed.updated) >= Date.parse(entry.updated));
    const again = await html(`${profile}/feed.atom`, { "if-none-match": first.headers.get("etag") });
    assert.deepEqual([again.status, again.text], [304, ""]);
    await plaza.edit(post, "Saw two owls");
    await until("the edit", SOON, async () => (await html(`${profile}/feed.atom`, { "if-none-match": first.headers.get("etag") })).text.includes("Saw two owls"));
  });

  const server = await Stranger.start("rosa");
  atEnd(() => server.close());
  const home = new URL(server.origin).host;
  let links = [];
  server.script = ({ url }) => (url.startsWith("/.well-known/webfinger") ? { status: 200, type: "application/jrd+json", body: JSON.stringify({ subject: `acct:rosa@${home}`, links }) } : undefined);
  const follow = async (address) => {
    await page.goto(profile);
    await page.getByRole("link", { name: "Follow" }).click();
    await page.getByLabel("Your own address in the fediverse").fill(address);
    await page.getByRole("button", { name: "Go on" }).click();
  };
  const slowly = () => new Promise((resolve) => setTimeout(resolve, 1100)); // one question a second

  await step("who follows is shown the way on their own server, and goes there by a press", async () => {
    links = [{ rel: "http://ostatus.org/schema/1.0/subscribe", template: `${server.origin}/authorize_interaction?uri={uri}` }];
    await page.goto(profile);
    await page.getByRole("link", { name: "Follow" }).click();
    await look("follow");
    await follow(`@rosa@${home}`);
    const there = page.getByRole("link", { name: `Go to ${home}` });
    assert.equal(await there.getAttribute("href"), `${server.origin}/authorize_interaction?uri=${encodeURIComponent(actor)}`);
    await look("follow-way", await page.content());
    await slowly();
    links.push({ rel: "https://w3id.org/fep/3b86/Follow", template: `${server.origin}/intents/follow?object={object}&on-success={on-success}` });
    await follow(`rosa@${home}`);
    assert.equal(await there.getAttribute("href"), `${server.origin}/intents/follow?object=${encodeURIComponent(actor)}&on-success=`);
  });

  await step("nobody is sent elsewhere: not to another host, not by another scheme, not by another site's form", async () => {
    for (const template of ["https://evil.example/?u={uri}", `http://${home}@evil.example/{uri}`, "javascript:alert('{uri}')", "//evil.example/{uri}", `${server.origin}.evil.example/{uri}`, `${server.origin}/without-a-place`, `${server.origin}/"><script>{uri}`]) {
      await slowly();
      links = [{ rel: "http://ostatus.org/schema/1.0/subscribe", template }];
      await follow(`rosa@${home}`);
      assert.equal(await page.getByRole("link", { name: /^Go to/ }).count(), 0, template);
      assert.equal(await page.getByRole("alert").count(), 1, template);
    }
    const body = new URLSearchParams({ address: `rosa@${home}` }).toString();
    const asked = server.fetches.length;
    const foreign = await fetch(`${profile}/follow`, { method: "POST", redirect: "manual", body, headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example" } });
    assert.equal(foreign.status, 403);
    assert.equal(server.fetches.length, asked, "nobody was asked");
  });

  await step("what is no address is said; what is typed stays text", async () => {
    for (const address of ["rosa", "@rosa@", "rosa@a b", 'rosa@"><script>x</script>', "a@b@c", `rosa@${home}/path`, `rosa@u:p@${home}`]) {
      await follow(address);
      assert.match(await page.getByRole("alert").textContent(), /no address/);
    }
    assert.ok(!(await page.content()).includes("<script>"));
    await look("follow-wrong", await page.content());
  });

  await step("one server is asked once a second at most", async () => {
    const body = new URLSearchParams({ address: `rosa@${home}` }).toString();
    const ask = () => fetch(`${profile}/follow`, { method: "POST", body, headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" } });
    const asked = server.fetches.length;
    const answers = await Promise.all(Array.from({ length: 40 }, ask));
    assert.ok(answers.some(({ status }) => status === 429));
    assert.ok(server.fetches.length - asked <= 16, `${server.fetches.length - asked} of 40`); // two workers, a burst of five each
  });

  await step("what was deleted, what never was and what is for a moment hidden is said kindly", async () => {
    await plaza.remove(post);
    await until("it is deleted", SOON, async () => (await get(note)).status === 410);
    assert.equal((await page.goto(note)).status(), 410);
    await page.getByRole("heading", { name: "Deleted" }).waitFor();
    await look("deleted");
    assert.equal((await page.goto(`${gateway.origin}/@nobody`)).status(), 404);
    await page.getByRole("heading", { name: "Nothing is here" }).waitFor();
    await look("absent");
    const { text, headers } = await get(`${gateway.origin}/@nobody`, { accept: "*/*" });
    assert.deepEqual([text, headers.get("content-type")], ["Nothing is here.\n", "text/plain; charset=utf-8"]);
  });

  await step("the server says what it is, how to report, how to opt out, who runs it", async () => {
    for (const where of ["/", "/actor/about"]) {
      assert.equal((await page.goto(gateway.origin + where)).status(), 200);
      for (const name of ["To report something", "To opt out", "Who runs this"]) await page.getByRole("heading", { name }).waitFor();
    }
    await look("about");
    assert.equal((await get(`${gateway.origin}/actor/icon.svg`)).headers.get("content-type"), "image/svg+xml");
    assert.equal((await get(`${gateway.origin}/actor/style.css`)).headers.get("content-type"), "text/css; charset=utf-8");
  });

  await step("the browser refused and missed nothing of the pages", () => assert.deepEqual(problems.filter((text) => !/media\.example|ERR_/.test(text)), []));
});
