// A member of the platform goes from Plaza's settings to their own pages at the gateway, without scripts; nobody else gets there that way.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { createHmac, randomBytes } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries, peers, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;
const require = createRequire(path.join(peers, "browser/"));
const { chromium } = require("playwright-core");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

await story("From the platform to the owner's pages", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with pages", () => World.start({ ownerPages: true, settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const admin = `http://127.0.0.1:${port}`;
  const signIn = `${gateway.origin}/hooks/contract/plaza/sign-in`;
  const text = fs.readFileSync(world.hookSecret, "utf8").trim();
  const secret = Buffer.from(text.slice("whsec_".length), "base64");
  const ask = async (body, { key = secret, age = 0, id = `t-${randomBytes(8).toString("hex")}`, to = signIn } = {}) => {
    const timestamp = String(Math.floor(Date.now() / 1000) - age);
    const bytes = typeof body === "string" ? body : JSON.stringify(body);
    const code = createHmac("sha256", key).update(`${id}.${timestamp}.${bytes}`).digest("base64");
    const answer = await fetch(to, { method: "POST", body: bytes, headers: { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${code}` } });
    const said = await answer.text();
    return { status: answer.status, said, headers: answer.headers, json: said.startsWith("{") ? JSON.parse(said) : undefined };
  };

  const browser = await step("Chromium runs", () => chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet }));
  atEnd(() => browser.close());
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();

  await step("while the switch is off there is no way there", async () => {
    await page.goto(plaza.origin);
    await page.getByRole("button", { name: /alice/i }).first().click();
    await page.goto(`${plaza.origin}/settings`);
    assert.equal(await page.getByRole("link", { name: "Fediverse settings" }).count(), 0);
    assert.equal((await page.goto(`${plaza.origin}/settings/fediverse`)).status(), 404);
    const unknown = await ask({ account: "u_1" });
    assert.deepEqual([unknown.status, unknown.json.code], [404, "account_unknown"]);
  });

  await step("switched on, one press leads to a link that lets in once", async () => {
    await page.goto(`${plaza.origin}/settings`);
    await page.getByRole("button", { name: "Switch the fediverse on" }).click();
    await until("the gateway knows her", SOON, () => gateway.actorOf("alice"));
    await page.goto(`${plaza.origin}/settings`);
    await page.getByRole("link", { name: "Fediverse settings" }).click();
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    const link = page.url();
    assert.ok(link.startsWith(`${admin}/in/`));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
    assert.ok((await page.content()).includes(`@alice@${gateway.host}`));
    assert.equal((await fetch(link, { method: "POST", redirect: "manual" })).status, 403, "a second time it lets nobody in");
  });

  await step("it is written down who asked", async () => {
    const { items } = JSON.parse(await run(binaries.drawbridge, ["account", "audit", `alice@${gateway.host}`, "--json", "-c", gateway.configuration]));
    assert.ok(items.some(({ who, act }) => who === "platform plaza" && act === "account.link"), JSON.stringify(items));
  });

  await step("the contract's example does it", async () => {
    const contract = fs.readFileSync(path.join(root, "docs/contract/README.md"), "utf8");
    const example = [...contract.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block]) => block).find((block) => block.includes("$SIGNIN"));
    const out = await run("bash", ["-euc", example], { environment: { ACCOUNT: "u_1", SECRET: text, SIGNIN: signIn } });
    const { link, minutes } = JSON.parse(out);
    assert.ok(link.startsWith(`${admin}/in/`) && minutes === 15, out);
  });

  const pause = () => new Promise((resolve) => setTimeout(resolve, 1100));
  await step("nobody but the platform gets one: other keys, old signatures, other bytes, no signature", async () => {
    assert.equal((await ask({ account: "u_1" }, { key: randomBytes(32) })).status, 401);
    assert.equal((await ask({ account: "u_1" }, { age: 400 })).status, 401);
    assert.equal((await ask({ account: "u_1" }, { age: -400 })).status, 401);
    assert.equal((await fetch(signIn, { method: "POST", body: '{"account":"u_1"}' })).status, 401);
    assert.equal((await ask({ account: "u_1" }, { to: `${gateway.origin}/hooks/contract/other/sign-in` })).status, 404);
    assert.equal((await fetch(signIn)).status, 404);
  });
  await step("what was overheard and is sent again gives no other link", async () => {
    await pause();
    const id = "t-once";
    assert.equal((await ask({ account: "u_1" }, { id })).status, 200);
    const again = await ask({ account: "u_1" }, { id });
    assert.deepEqual([again.status, again.json.code, again.json.link], [409, "used", undefined]);
  });
  await step("a member who is not there, and what is no request, are told so; answers are kept by nobody", async () => {
    for (const body of [{}, { account: 7 }, { account: "" }, { account: "x".repeat(300) }, "[]", "{", "account=u_1"]) {
      const answer = await ask(body);
      assert.deepEqual([answer.status, answer.json.code], [422, "invalid"], JSON.stringify(body));
    }
    const nobody = await ask({ account: "u_999" });
    assert.deepEqual([nobody.status, nobody.json.code, nobody.headers.get("cache-control")], [404, "account_unknown", "no-store"]);
    assert.equal(nobody.headers.get("content-type"), "application/problem+json");
  });
  await step("who asks too often waits", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask({ account: "u_1" })));
    const late = answers.find(({ status }) => status === 429);
    assert.ok(late?.json.code === "too_many" && Number(late.headers.get("retry-after")) > 0);
    assert.ok(answers.filter(({ status }) => status === 200).length <= 12, "two workers, a burst of five each");
  });
  await step("neither the link nor the secret stands in a log", () => {
    for (const [name, log] of world.folder.logs()) assert.ok(!/\/in\/[0-9a-f]{48}/.test(log) && !log.includes(text), name);
  });
});
