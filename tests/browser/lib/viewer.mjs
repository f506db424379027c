// A person with a browser: real Chromium, scripts off. Pages are looked at light and dark, wide and on a narrow phone; the pictures stay in
// build/DEBUG/screenshots, and axe must find nothing on them that hinders people.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { atEnd } from "../../peers/lib/harness.mjs";
import { peers } from "../../peers/lib/paths.mjs";

const require = createRequire(path.join(peers, "browser/"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = path.join(process.env.DRAWBRIDGE_BUILD, "screenshots");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const wide = { width: 1000, height: 700 };
const narrow = { width: 360, height: 740 };

export class Viewer {
  /** `prefix` begins the names of this story's pictures. */
  static async start(prefix) {
    fs.mkdirSync(screenshots, { recursive: true });
    const viewer = new Viewer();
    viewer.prefix = prefix;
    viewer.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet });
    atEnd(() => viewer.browser.close());
    // axe needs scripts: it looks at the same page in a context of its own.
    viewer.looking = await viewer.browser.newContext({ javaScriptEnabled: true, bypassCSP: true });
    viewer.complaints = [];
    Object.assign(viewer, await viewer.person());
    return viewer;
  }

  /** Somebody else at the same machine: {context, page}. */
  async person() {
    const context = await this.browser.newContext({ javaScriptEnabled: false, colorScheme: "light", viewport: wide });
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && this.complaints.push(`${message.text()} ${message.location().url}`));
    return { context, page };
  }

  async look(name, page = this.page) {
    const picture = (kind) => path.join(screenshots, `${this.prefix}-${name}${kind}.png`);
    const beside = await this.looking.newPage();
    await this.looking.clearCookies();
    await this.looking.addCookies(await page.context().cookies());
    for (const [kind, colorScheme, viewport] of [["", "light", wide], ["-dark", "dark", wide], ["-phone", "light", narrow]]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.screenshot({ path: picture(kind), fullPage: true });
      await beside.emulateMedia({ colorScheme });
      await beside.setViewportSize(viewport);
      if (!kind) {
        await beside.goto(page.url());
        await beside.evaluate(axe);
      }
      const overflow = await beside.evaluate(() => globalThis.document.documentElement.scrollWidth - globalThis.innerWidth);
      assert.ok(overflow <= 0, `${name}${kind}: the page is ${overflow} pixels wider than the window`);
      if (viewport === narrow) continue; // the same colours and words
      const { violations } = await beside.evaluate(() => globalThis.axe.run());
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), [], `${name}${kind}`);
    }
    await beside.close();
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(wide);
  }

  /** A page of the navigation. */
  async open(title, page = this.page) {
    await page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  }

  async signIn(link, page = this.page) {
    await page.goto(link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
  }

  row(text) {
    return this.page.getByRole("row").filter({ hasText: text });
  }

  said() {
    return this.page.locator(".said").textContent();
  }
}
