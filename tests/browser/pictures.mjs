// Makes docs/pictures anew: a small bridge with a few servers around it, its pages in a real browser. Not a test; after a change of the pages:
//   DRAWBRIDGE_BUILD=build/debug build/peers/bin/node tests/browser/pictures.mjs
// Everything on them happened, but for the names of servers (all of it runs on loopback) and for Health, which is given a past hour.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries, peers, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 60;
const { chromium } = createRequire(path.join(peers, "browser/"))("playwright-core");
const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const people = [
  { name: "rosa", server: "mastodon.example", software: "mastodon", version: "4.5.2" },
  { name: "sven", server: "pixel.example", software: "pixelfed", version: "0.12.5" },
  { name: "tess", server: "village.example", software: "gotosocial", version: "0.20.1" },
  { name: "yuki", server: "stars.example", software: "misskey", version: "2026.11.0" },
  { name: "deals", server: "spam.example", software: "mastodon", version: "3.0.0" },
];
/** As the pages write a host: it breaks before its parts. */
const breakable = (host) => host.replaceAll(/\B\.|\b\.(?=\w)/g, "<wbr>.");

await story("The pictures of the pages for owners and operators", async () => {
  const port = await freePort();
  const world = await step("Plaza and the gateway run, with pages", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway } = world;
  const admin = `http://127.0.0.1:${port}`;
  const shown = new Map([[gateway.host, "pinboard.social.example"], [`127.0.0.1:${port}`, "admin.social.example"], [new URL(plaza.publicOrigin).host, "pinboard.example"], [new URL(plaza.origin).host, "pinboard.example"]]);
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  for (const user of ["alice", "bob", "carol"]) await plaza.federate(user, true);
  await plaza.test("PUT", "users/alice/profile", { name: "Alice Ferry", bio: "Bridges, mostly." });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;

  const [rosa, sven, tess, yuki, deals] = await Promise.all(
    people.map(async ({ name, server, software, version }) => {
      const person = await Stranger.start(name);
      atEnd(() => person.close());
      const host = new URL(person.origin).host;
      shown.set(host, server);
      const nodeinfo = { version: "2.0", software: { name: software, version }, protocols: ["activitypub"], services: { inbound: [], outbound: [] }, openRegistrations: false, usage: {}, metadata: {} };
      const pages = {
        "/.well-known/nodeinfo": { links: [{ rel: "http://nodeinfo.diaspora.software/ns/schema/2.0", href: `${person.origin}/nodeinfo` }] },
        "/nodeinfo": nodeinfo,
      };
      person.script = ({ method, url }) => {
        if (pages[url]) return { status: 200, type: "application/json", body: JSON.stringify(pages[url]) };
        return method === "POST" ? { status: 202 } : undefined;
      };
      person.host = host;
      person.got = (type) => person.arrivals.filter((activity) => activity.type === type);
      person.follow = (whom = actor) => person.post(`${whom}/inbox`, person.activity("Follow", whom));
      person.answer = (note, text) => {
        const id = `${person.origin}/notes/${++person.serial}`;
        const object = { id, type: "Note", attributedTo: person.actor, inReplyTo: note, content: `<p>${text}</p>`, to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor], published: new Date().toISOString() };
        return person.post(`${actor}/inbox`, person.activity("Create", object, { to: object.to, cc: object.cc }));
      };
      return person;
    }),
  );

  const browser = await step("Chromium runs", () => chromium.launch({ executablePath: "/usr/bin/chromium", args: quiet }));
  atEnd(() => browser.close());
  /** Somebody who is let in by a link, and sees servers by their names. */
  const visitor = async (link, width) => {
    const context = await browser.newContext({ javaScriptEnabled: false, colorScheme: "light", viewport: { width, height: 300 } });
    const page = await context.newPage();
    await page.goto(link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.route(`${admin}/**`, async (route) => {
      const response = await route.fetch();
      let text = await response.text();
      for (const [host, name] of shown) text = text.replaceAll(breakable(host), breakable(name));
      for (const [host, name] of shown) text = text.replaceAll(`http://${host}`, `https://${name}`).replaceAll(host, name);
      text = text.replaceAll(/\bplaza\b/g, "pinboard");
      await route.fulfill({ response, body: text });
    });
    const picture = async (name, address) => {
      await page.goto(`${admin}${address}`);
      await page.screenshot({ path: path.join(root, "docs/pictures", `${name}.png`), fullPage: true });
    };
    return { page, picture };
  };
  const owner = await visitor((await drawbridge("account", "link", alice)).link, 900);
  /** Until a page of hers says it. */
  const says = (what, address, pattern) =>
    until(what, SOON, async () => {
      await owner.page.goto(`${admin}${address}`);
      return pattern.test(await owner.page.locator("main").textContent());
    });

  await step("people follow, one is followed back, two ask", async () => {
    await Promise.all([rosa, sven, tess, deals].map((person) => person.follow()));
    await until("they were accepted", SOON, () => [rosa, sven, tess, deals].every((person) => person.got("Accept").length));
    await drawbridge("account", "set", alice, "--approve-followers", "yes", "--approve-replies", "first", "--home-marker", "#nofed", "--retention-days", "90", "--hold-seconds", "0");
    await yuki.follow();
    await drawbridge("following", "add", alice, rosa.actor);
    await until("rosa was asked", SOON, () => rosa.got("Follow").length);
    await rosa.post(`${actor}/inbox`, rosa.activity("Accept", rosa.got("Follow")[0]));
  });
  const posts = await step("posts are out, one is answered and liked", async () => {
    const ids = [];
    for (const [text, more] of [["The old swing bridge opens again on Saturday. Who comes along?", {}], ["Wind from the west; the ferry runs every hour.", {}], ["Morgens am Wasser.", { language: "1337" }]]) ids.push(await plaza.post("alice", text, more));
    const [, , [first]] = await Promise.all([rosa, tess, sven].map((person) => until("the posts came", SOON, () => person.got("Create").length >= ids.length && person.got("Create"))));
    const note = first.object.id;
    await rosa.answer(note, "I do! Is there a train?");
    await tess.post(`${actor}/inbox`, tess.activity("Like", note));
    await says("her answer waits", "/held", /Is there a train/);
    await until("the software is known", SOON, async () => (await drawbridge("where", "list", alice)).items.filter(({ software }) => software).length === 4);
    return ids;
  });
  const number = async (person) => (await gateway.redis("HGET", "host_numbers", person.origin)).trim();
  await step("the owner's pages", async () => {
    await says("yuki asks", "/requests", /yuki/);
    await says("the follow back was accepted", "/following", /accepted/);
    for (const [name, address] of [["home", "/"], ["followers", "/followers"], ["following", "/following"], ["requests", "/requests"], ["waiting", "/held"], ["settings", "/settings"], ["posts", "/posts"], ["where", "/where"], ["bridge", "/bridge"]])
      await owner.picture(name, address);
  });
  await step("the page of a deleted post", async () => {
    await plaza.remove(posts[1]);
    await says("every server has answered", "/deleted", /have all answered/);
    await owner.page.getByRole("link", { name: /have all answered/ }).click();
    const { pathname, search } = new URL(owner.page.url());
    await owner.picture("deleted", `${pathname}${search}`);
  });

  await step("the operator's pages", async () => {
    const operator = await visitor((await drawbridge("operator", "link")).link, 1000);
    await drawbridge("domain", "block", shown.get(deals.host), "--reason", "floods every hashtag");
    await drawbridge("domain", "limit", "loud.example", "--reason", "mostly advertising");
    await tess.post(`${gateway.origin}/inbox`, tess.activity("Flag", [actor], { content: "The picture in the last post is mine." }));
    await until("the report", SOON, async () => (await drawbridge("report", "list")).items.length);
    await gateway.redis("HSET", `host:${await number(yuki)}`, "state", "open", "down_since", String(Date.now() - 9e5), "last_reason", "connect");
    const now = Math.floor(Date.now() / 60_000);
    for (let age = 60; age > 0; age--) {
      const posted = Math.max(0, Math.sin(age / 4)) ** 4;
      const delivered = Math.round(20 + 900 * posted);
      const counts = { sampled: 1, queue: Math.round(300 * posted), inbox: Math.round(6 * posted), delivered, retried: Math.round(3 + 30 * posted), lag: Math.round(delivered * (120 + 900 * posted)), received: Math.round(15 + 60 * posted), turned: age % 7 ? 0 : 3 };
      await gateway.redis("HSET", `health:${now - age}`, ...Object.entries(counts).flat().map(String));
    }
    for (const [name, address] of [["health", "/"], ["accounts", "/accounts"], ["hosts", "/hosts"], ["domains", "/domains"], ["reports", "/reports"], ["audit", "/audit"]]) await operator.picture(`operator-${name}`, address);
    await gateway.redis("HDEL", `host:${await number(yuki)}`, "state", "down_since", "last_reason");
  });

  await step("the account has left", async () => {
    await drawbridge("account", "leave", alice, "--confirm", alice);
    await says("it has left", "/bridge", /has left/);
    await owner.picture("left", "/bridge");
  });
  await step("they are small", () => {
    for (const name of fs.readdirSync(path.join(root, "docs/pictures"))) console.log(`     ${String(fs.statSync(path.join(root, "docs/pictures", name)).size).padStart(7)}  ${name}`);
  });
});
