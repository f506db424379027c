// The pages in a real browser, scripts off: an owner is let in by a link, decides on followers, blocks, finds where the posts are, and goes;
// what others send in the owner's name is refused; axe finds nothing that hinders people.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries, peers } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 60;
const require = createRequire(path.join(peers, "browser/"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = path.join(process.env.DRAWBRIDGE_BUILD, "screenshots");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

await story("The pages", async () => {
  fs.mkdirSync(screenshots, { recursive: true });
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with pages", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const admin = `http://127.0.0.1:${port}`;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  await plaza.federate("alice", true);
  await plaza.test("PUT", "users/alice/profile", { name: "Alice <b>& Co</b>", bio: null });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.handle = `@${name}@${new URL(stranger.origin).host}`;
    stranger.got = (type) => stranger.arrivals.filter((activity) => activity.type === type);
    await stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor));
    return stranger;
  };

  const browser = await step("Chromium runs", () => chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet }));
  atEnd(() => browser.close());
  const context = await browser.newContext({ javaScriptEnabled: false, colorScheme: "light" });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));

  /** What axe finds on this page: it needs scripts, so that the page's HTML is looked at in a context of its own. */
  const looking = await browser.newContext({ javaScriptEnabled: true, bypassCSP: true });
  const look = async (name) => {
    await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
    const beside = await looking.newPage();
    await looking.clearCookies();
    await looking.addCookies(await context.cookies());
    await beside.goto(page.url());
    await beside.evaluate(axe);
    const { violations } = await beside.evaluate(() => globalThis.axe.run());
    await beside.close();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), [], name);
  };
  const open = async (title) => {
    await page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  };
  const row = (text) => page.getByRole("row").filter({ hasText: text });
  const said = () => page.locator(".said").textContent();

  let link;
  await step("without a link nobody comes in; a link lets in once, by a press of its button", async () => {
    assert.equal((await page.goto(admin)).status(), 401);
    ({ link } = await drawbridge("account", "link", alice));
    await page.goto(link);
    await look("sign-in");
    assert.equal((await fetch(link)).status, 200, "who only looks at it does not use it up");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
    assert.match(await page.locator("main").textContent(), new RegExp(`@${alice}`));
    assert.ok((await page.locator("main").innerHTML()).includes("Alice &lt;b&gt;&amp; Co&lt;/b&gt;"), "a name is text");
    await look("home");
    assert.equal((await fetch(link, { method: "POST", redirect: "manual" })).status, 403, "a second time it lets nobody in");
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
  });

  let rosa;
  await step("a follower appears with the server; removed, it is gone", async () => {
    rosa = await person("rosa");
    await until("rosa follows", SOON, async () => {
      await open("Followers");
      return (await row(rosa.handle).count()) === 1;
    });
    await look("followers");
    await row(rosa.handle).getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: "Followers" }).waitFor();
    assert.match(await said(), /Done/);
    assert.equal(await row(rosa.handle).count(), 0);
    await until("the Reject", SOON, () => rosa.got("Reject").length === 1);
  });

  await step("with approval on, who asks waits, is approved or refused", async () => {
    await open("Settings");
    await look("settings");
    await page.getByLabel("Approve followers").selectOption("yes");
    await page.getByRole("button", { name: "Save" }).click();
    await until("it is saved", SOON, async () => (await page.getByLabel("Approve followers").inputValue()) === "yes");
    const [sven, tess] = [await person("sven"), await person("tess")];
    await until("both wait", SOON, async () => {
      await open("Requests");
      return (await row(sven.handle).count()) === 1 && (await row(tess.handle).count()) === 1;
    });
    await look("requests");
    await row(sven.handle).getByRole("button", { name: "Approve" }).click();
    await until("sven's Accept", SOON, () => sven.got("Accept").length === 1);
    await row(tess.handle).getByRole("button", { name: "Refuse" }).click();
    await until("tess's Reject", SOON, () => tess.got("Reject").length === 1);
  });

  await step("“Where am I?” shows the servers; one press blocks one; the block is listed and taken back", async () => {
    await open("Where am I?");
    await look("where");
    await row("127.0.0.1").first().getByRole("button", { name: "Block the server" }).click();
    await open("Blocks");
    assert.ok((await row("127.0.0.1").count()) >= 1);
    await look("blocks");
    await page.getByRole("button", { name: /Take back/ }).first().click();
    await page.getByText("There is nothing yet.").waitFor();
    await page.getByLabel("Person or server").fill("spam");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    assert.match(await said(), /neither a person .* nor a server/);
  });

  await step("what was done stands under “What was done”", async () => {
    await open("What was done");
    assert.ok((await row("block.remove").count()) === 1);
    await look("audit");
  });

  await step("forms from elsewhere, of another session, or that lead elsewhere do nothing", async () => {
    const [cookie] = await context.cookies();
    const post = (target, body, headers = {}) =>
      fetch(`${admin}${target}`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie: `${cookie.name}=${cookie.value}`, "content-type": "application/x-www-form-urlencoded", ...headers },
        body: new URLSearchParams(body).toString(),
      });
    const form = await page.locator("input[name=form]").first().getAttribute("value");
    const change = { subject: "m.example", back: "/blocks" };
    assert.equal((await post("/do/block.add", change)).status, 403, "no secret word");
    assert.equal((await post("/do/block.add", { ...change, form: "0".repeat(48) })).status, 403, "another one's");
    assert.equal((await post("/do/block.add", { ...change, form }, { origin: "https://evil.example" })).status, 403, "from elsewhere");
    assert.equal((await post("/do/account.list", { form, back: "/" })).status, 404, "the operator's");
    for (const back of ["https://evil.example/", "//evil.example", "/\\evil.example", "/blocks\r\nSet-Cookie: a=b"]) {
      const answer = await post("/do/block.remove", { form, subject: "m.example", back });
      assert.equal(answer.headers.get("location"), "/", back);
      assert.equal(answer.headers.get("set-cookie"), null);
    }
    const other = await post("/do/block.add", { form, subject: "<script>alert(1)</script>", back: "/blocks" });
    assert.equal(other.status, 303);
    await open("Blocks");
    assert.ok((await page.content()).includes("&lt;script&gt;"), "what was sent is shown as text");
    assert.equal((await drawbridge("block", "list", alice)).items.length, 0);
  });

  await step("a cookie of one's own choice is no session, and a new sign-in gives a new one", async () => {
    const [before] = await context.cookies();
    const chosen = "a".repeat(48);
    assert.equal((await fetch(admin, { headers: { cookie: `drawbridge=${chosen}` } })).status, 401);
    const { link: second } = await drawbridge("account", "link", alice);
    const answer = await fetch(second, { method: "POST", redirect: "manual", headers: { cookie: `drawbridge=${chosen}` } });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("set-cookie").includes(chosen), false);
    assert.equal(answer.headers.get("set-cookie").includes(before.value), false);
  });

  await step("the operator's pages are the operator's", async () => {
    const visitor = await browser.newContext({ javaScriptEnabled: false, colorScheme: "dark" });
    const there = await visitor.newPage();
    await there.goto((await drawbridge("operator", "link")).link);
    await there.getByRole("button", { name: "Sign in" }).click();
    await there.getByRole("heading", { level: 1, name: "Health" }).waitFor();
    await there.goto(`${admin}/accounts`);
    assert.equal(await there.getByRole("row").filter({ hasText: alice }).count(), 1);
    await there.screenshot({ path: path.join(screenshots, "operator.png"), fullPage: true });
    assert.equal((await there.goto(`${admin}/followers`)).status(), 404);
    await there.goto(`${admin}/tokens`);
    await there.getByLabel("Name").fill("from-the-page");
    await there.getByRole("button", { name: "Make a token" }).click();
    assert.match(await there.locator(".said").textContent(), /dba_[0-9a-f]{48}/);
    await there.reload();
    assert.equal(await there.locator(".said").count(), 0, "it is shown once");
    await visitor.close();
  });

  await step("signed out, the session is over", async () => {
    const [cookie] = await context.cookies();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Signed out" }).waitFor();
    assert.equal((await fetch(admin, { headers: { cookie: `${cookie.name}=${cookie.value}` } })).status, 401);
    assert.deepEqual(problems.filter((text) => !/40[13]/.test(text)), [], "the browser complained of nothing");
  });
});
