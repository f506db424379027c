// The operator's pages in a real browser, scripts off, in light and dark: health with its plots, accounts, hosts, domains, reports, names,
// tokens and the trail; what strangers wrote is text; axe finds nothing that hinders people.
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

const SOON = 30;
const require = createRequire(path.join(peers, "browser/"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = path.join(process.env.DRAWBRIDGE_BUILD, "screenshots");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>"\'&';

await story("The operator's pages", async () => {
  fs.mkdirSync(screenshots, { recursive: true });
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with pages", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  await plaza.federate("alice", true);
  await plaza.test("PUT", "users/alice/profile", { name: HOSTILE, bio: null });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const rosa = await Stranger.start("rosa");
  atEnd(() => rosa.close());
  rosa.host = new URL(rosa.origin).host;
  rosa.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
  await rosa.post(`${actor}/inbox`, rosa.activity("Follow", actor));
  await until("rosa follows", SOON, () => rosa.arrivals.some(({ type }) => type === "Accept"));
  await plaza.post("alice", "A day at the bridge.");
  await until("she has the post", SOON, () => rosa.arrivals.some(({ type }) => type === "Create"));
  await rosa.post(`${gateway.origin}/inbox`, rosa.activity("Flag", [actor], { content: HOSTILE }));
  const number = (await gateway.redis("HGET", "host_numbers", rosa.origin)).trim();
  await gateway.redis("HSET", `host:${number}`, "software", HOSTILE, "software_version", HOSTILE);

  const browser = await step("Chromium runs", () => chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet }));
  atEnd(() => browser.close());
  const context = await browser.newContext({ javaScriptEnabled: false, colorScheme: "light", viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("dialog", () => problems.push("a script ran"));

  /** What axe finds, in light and in dark; pictures of both. axe needs scripts, so the page is opened beside in contexts of its own. */
  const looking = await Promise.all(["light", "dark"].map((colorScheme) => browser.newContext({ javaScriptEnabled: true, bypassCSP: true, colorScheme, viewport: { width: 1200, height: 900 } })));
  const look = async (name) => {
    for (const [index, colour] of ["light", "dark"].entries()) {
      await looking[index].clearCookies();
      await looking[index].addCookies(await context.cookies());
      const beside = await looking[index].newPage();
      beside.on("dialog", () => problems.push("a script ran"));
      await beside.goto(page.url());
      await beside.screenshot({ path: path.join(screenshots, `operator-${name}-${colour}.png`), fullPage: true });
      await beside.evaluate(axe);
      const { violations } = await beside.evaluate(() => globalThis.axe.run());
      await beside.close();
      assert.deepEqual(violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 300)}`), [], `${name}, ${colour}`);
    }
  };
  const open = async (title) => {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: title, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  };
  const row = (text) => page.getByRole("row").filter({ hasText: text });
  const said = () => page.locator(".said").textContent();

  await step("a link lets the operator in, to Health: what waits, and plots that say in words what they show", async () => {
    await page.goto((await drawbridge("operator", "link")).link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Health" }).waitFor();
    await until("deliveries are in it", SOON, async () => {
      await page.reload();
      return /delivered: [^;]*, [0-9.]*[1-9][0-9.]* at most/.test(await page.getByRole("img", { name: "Deliveries a minute" }).locator("desc").textContent());
    });
    assert.equal(await page.getByRole("img").count(), 6);
    await page.getByText("Deliveries a minute in numbers").click();
    assert.equal(await page.getByRole("region", { name: "Deliveries a minute in numbers" }).getByRole("row").count(), 61);
    await page.getByRole("link", { name: "24 hours" }).click();
    assert.equal(await page.getByRole("link", { name: "24 hours" }).getAttribute("aria-current"), "true");
    await page.getByRole("link", { name: "1 hour", exact: true }).click();
    await look("health");
  });

  await step("Accounts lead to one account", async () => {
    await open("Accounts");
    await look("accounts");
    await page.getByRole("link", { name: `@${alice}` }).click();
    await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
    assert.ok((await page.locator("dl").textContent()).includes(HOSTILE), "a name is text");
    await look("account");
  });

  await step("Hosts: what other servers say of themselves is text; one that was given up is tried again", async () => {
    await gateway.redis("HSET", `host:${number}`, "state", "dead", "down_since", "1700000000000", "last_reason", "connect");
    await open("Hosts");
    assert.ok((await row(rosa.host).textContent()).includes(HOSTILE));
    await look("hosts");
    await row(rosa.host).getByRole("button", { name: "Try again now" }).click();
    assert.match(await said(), new RegExp(`${rosa.host} is tried again now`));
    await gateway.redis("HDEL", `host:${number}`, "state", "down_since");
  });

  await step("Domains: block, limit, allow, take back", async () => {
    await open("Domains");
    const rule = async (domain, button) => {
      await page.getByLabel("Domain").fill(domain);
      await page.getByLabel("Reason").fill(HOSTILE);
      await page.getByRole("button", { name: button, exact: true }).click();
      return said();
    };
    assert.match(await rule("SPAM.example", "Block"), /spam\.example and all below it are blocked/);
    assert.match(await rule("loud.example", "Limit"), /loud\.example and all below it are limited/);
    assert.match(await rule("good.spam.example", "Allow"), /is allowed although spam\.example is blocked/);
    assert.match(await rule("https://x", "Block"), /write the server's name alone/);
    assert.ok((await row("loud.example").textContent()).includes(HOSTILE));
    await look("domains");
    await row("loud.example").getByRole("button", { name: /Take back/ }).click();
    assert.equal(await row("loud.example").count(), 0);
    assert.deepEqual((await drawbridge("domain", "list")).items.map(({ domain, rule: what }) => [domain, what]), [["good.spam.example", "allow"], ["spam.example", "block"]]);
  });

  await step("Reports: read, closed, found among the closed ones", async () => {
    await open("Reports");
    assert.ok((await row(rosa.host).textContent()).includes(HOSTILE), "what a stranger wrote is text");
    await look("reports");
    await row(rosa.host).getByRole("button", { name: /Close/ }).click();
    assert.match(await said(), /is closed/);
    await page.getByText("There is nothing yet.").waitFor();
    await page.getByRole("link", { name: "Closed ones" }).click();
    await page.getByRole("heading", { level: 1, name: "Closed reports" }).waitFor();
    assert.equal(await row(rosa.host).count(), 1);
    await look("reports-closed");
  });

  await step("what was typed and is wrong is shown as text: a domain, an account, a name, a token", async () => {
    const tries = [["Domains", "Domain", "Block"], ["Accounts", "Handle", "Switch on"], ["Tokens", "Account", "Make a token"]];
    for (const [title, label, button] of tries) {
      await open(title);
      for (const other of ["Platform", "Name"]) if (await page.getByLabel(other, { exact: true }).count()) await page.getByLabel(other, { exact: true }).fill(HOSTILE);
      await page.getByLabel(label, { exact: true }).fill(HOSTILE);
      await page.getByRole("button", { name: button, exact: true }).click();
      await page.locator(".said.wrong").waitFor();
      assert.equal(await page.locator(".said img, .said script").count(), 0, title);
    }
    await open("Accounts");
    await page.getByRole("link", { name: "Names of accounts that left" }).click();
    await page.getByRole("heading", { level: 1, name: "Names" }).waitFor();
    await look("names");
    await page.getByLabel("Handle").fill(HOSTILE);
    await page.getByRole("button", { name: "Give it free" }).click();
    await page.locator(".said.wrong").waitFor();
    assert.equal(await page.locator(".said img, .said script").count(), 0);
    assert.match(await said(), /onerror|no account|name@host/);
  });

  await step("Tokens, and what was done", async () => {
    await open("Tokens");
    await look("tokens");
    await open("What was done");
    assert.equal(await row("domain.limit").count(), 1);
    assert.equal(await row("report.close").count(), 1);
    await look("audit");
  });

  await step("forms that are not of this session, or for nobody, do nothing", async () => {
    const [cookie] = await context.cookies();
    const form = await page.locator("input[name=form]").first().getAttribute("value");
    const post = (act, body) =>
      fetch(`http://127.0.0.1:${port}/do/${act}`, { method: "POST", redirect: "manual", headers: { cookie: `${cookie.name}=${cookie.value}`, "content-type": "application/x-www-form-urlencoded" }, body: new URLSearchParams(body).toString() });
    assert.equal((await post("domain.block", { domain: "x.example" })).status, 403, "no secret word");
    assert.equal((await post("domain.list", { form })).status, 404, "that is no change");
    assert.equal((await post("account.set", { form, account: "../../x", approve_followers: "yes" })).status, 404, "no such account");
    assert.equal((await post("account.set", { form, approve_followers: "yes" })).status, 404, "no account");
    for (const back of ["/domains\r\nSet-Cookie: a=b", "//evil.example", "/followers"]) {
      const answer = await post("domain.remove", { form, domain: "never.example", back });
      assert.equal(answer.headers.get("location"), "/", back);
    }
    const { link } = await drawbridge("account", "link", alice);
    const owner = await fetch(link, { method: "POST", redirect: "manual" });
    const hers = owner.headers.get("set-cookie").split(";")[0];
    for (const there of ["/hosts", "/domains", "/reports", "/account", "/names"]) assert.equal((await fetch(`http://127.0.0.1:${port}${there}`, { headers: { cookie: hers } })).status, 404, there);
  });

  await step("narrow, as on a phone, nothing is cut off", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const title of ["Health", "Hosts", "Reports"]) {
      await open(title);
      await page.screenshot({ path: path.join(screenshots, `operator-${title.toLowerCase()}-narrow.png`), fullPage: true });
    }
    assert.deepEqual(problems, [], "the browser complained of nothing, and no script ran");
  });
});
