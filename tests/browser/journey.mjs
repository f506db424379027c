// The whole way of an owner, in a real browser without scripts: switched on at Plaza, a follower of a Fedify server is approved, a reply is shown,
// a post is deleted and its Delete watched until it is accepted, a pause, a block, leaving, and the receipt in hand.
import assert from "node:assert/strict";
import fs from "node:fs";
import { step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { Viewer } from "./lib/viewer.mjs";

const SOON = 60;

await story("An owner's way", async () => {
  const port = await freePort();
  const world = await step("Plaza, the gateway with its pages, and Fedify run", () => World.start({ peer: "fedify", settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  const { plaza, gateway, peer } = world;
  const admin = `http://127.0.0.1:${port}`;
  const drawbridge = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  const alice = `alice@${gateway.host}`;
  const viewer = await step("Chromium runs", () => Viewer.start("journey"));
  const { page } = viewer;
  /** Loads the page again until the probe holds. */
  const reload = (what, probe) =>
    until(what, SOON, async () => {
      if (await probe()) return true;
      await page.reload();
      return probe();
    });

  const there = (await viewer.person()).page;
  await step("on Plaza, alice signs in and switches the fediverse on", async () => {
    await there.goto(plaza.origin);
    await there.getByRole("button", { name: "alice" }).click();
    await there.goto(`${plaza.origin}/settings`);
    await there.getByRole("button", { name: "Switch the fediverse on" }).click();
    await there.getByRole("heading", { name: "Fediverse: on" }).waitFor();
  });
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));

  await step("a link lets her in to her pages", async () => {
    await viewer.signIn((await drawbridge("account", "link", alice)).link);
    assert.ok((await page.content()).includes(alice));
    assert.equal((await fetch(`${admin}/favicon.ico`)).headers.get("content-type"), "image/svg+xml");
    await viewer.look("home");
  });

  await step("who asks to follow stands there with the server, and is approved", async () => {
    await viewer.open("Settings");
    await page.getByLabel("Approve followers").selectOption("yes");
    await page.getByLabel("A hashtag that keeps a post home").fill("#nofed");
    await page.getByLabel("Keep replies here").fill("30");
    await page.getByRole("button", { name: "Save" }).click();
    await reload("it is saved", async () => (await page.getByLabel("Approve followers").inputValue()) === "yes");
    assert.equal(await page.getByLabel("A hashtag that keeps a post home").inputValue(), "#nofed");
    assert.equal(await page.getByLabel("Keep replies here").inputValue(), "30");
    await viewer.look("settings");
    await peer.follow(alice);
    await viewer.open("Requests");
    await reload("the request", async () => (await viewer.row(peer.handle).count()) === 1);
    await viewer.look("requests");
    await viewer.row(peer.handle).getByRole("button", { name: "Approve" }).click();
    await until("Fedify hears the Accept", SOON, () => peer.follows(actor));
    await viewer.open("Followers");
    await reload("the follower", async () => (await viewer.row(peer.handle).count()) === 1);
    await viewer.look("followers");
  });

  await step("followed back from her row, what she writes is on alice's home page of Plaza", async () => {
    await viewer.row(peer.handle).getByRole("button", { name: /^Follow back/ }).click();
    await viewer.said();
    await viewer.open("Following");
    await reload("the Accept is shown", async () => (await viewer.row(peer.handle).filter({ hasText: "accepted" }).count()) === 1);
    await viewer.look("following");
    await peer.send("post", { text: "<p>Good morning from elsewhere</p>" });
    await there.goto(`${plaza.origin}/home`);
    await until("the post is on the home page", SOON, async () => {
      await there.reload();
      return (await there.locator("main").textContent()).includes("Good morning from elsewhere");
    });
    assert.ok((await there.locator("main").textContent()).includes(peer.handle), "with the server of who wrote it");
    await viewer.look("plaza-home", there);
    await there.context().close();
  });

  let post, note;
  await step("a reply waits, is approved, and appears on Plaza with its author's server", async () => {
    await viewer.open("Settings");
    await page.getByLabel("Approve replies").selectOption("all");
    await page.getByRole("button", { name: "Save" }).click();
    post = await plaza.post("alice", "A first word to the fediverse. What do you say?");
    [note] = await until("the post is at Fedify", SOON, async () => {
      const notes = await peer.notesWith("A first word");
      return notes.length ? notes : undefined;
    });
    await peer.reply(note, "Welcome, alice!");
    await viewer.open("Waiting replies");
    await reload("the reply waits", async () => (await viewer.row("Welcome, alice!").count()) === 1);
    await viewer.look("waiting");
    await viewer.row("Welcome, alice!").getByRole("button", { name: "Approve" }).click();
    const reply = await until("it is on Plaza", SOON, () => plaza.replyWith(post, "Welcome, alice!"));
    assert.ok(reply.handle.includes(new URL(peer.origin).host), reply.handle);
    await viewer.open("Replies");
    await reload("it is listed", async () => (await viewer.row("Welcome, alice!").count()) === 1);
    await viewer.look("replies");
    await viewer.open("Moving");
    await viewer.look("moving");
  });

  await step("a post with the marker stays home; edited without it, it goes out", async () => {
    const kept = await plaza.post("alice", "Only for Plaza. #NoFed");
    await plaza.post("alice", "For everybody again");
    await until("the next one is out", SOON, async () => (await peer.notesWith("For everybody again")).length);
    assert.deepEqual(await peer.notesWith("Only for Plaza"), []);
    await plaza.edit(kept, "For everybody after all");
    const [id] = await until("the edited one is out", SOON, async () => {
      const notes = await peer.notesWith("For everybody after all");
      return notes.length ? notes : undefined;
    });
    await plaza.edit(kept, "No: home again #nofed");
    await until("marked again, it is deleted out there", SOON, async () => (await peer.note(id)) === null);
    assert.equal((await get(id)).status, 410);
  });

  const openPost = async (words) => {
    await viewer.open("Posts");
    await page.getByRole("listitem").filter({ hasText: words }).getByRole("link", { name: /may hold it/ }).click();
    await page.getByRole("heading", { level: 1, name: "Post" }).waitFor();
  };

  await step("each post shows what was changed on the way, and where it is", async () => {
    await plaza.post("alice", "Tea or coffee?", { language: "1337" });
    await viewer.open("Posts");
    await reload("the newest post", async () => (await page.getByRole("listitem").filter({ hasText: "Tea or coffee" }).count()) === 1);
    await reload("the posts", async () => (await page.getByRole("listitem").filter({ hasText: "A first word" }).count()) === 1);
    await viewer.look("posts");
    await openPost("Tea or coffee");
    assert.match(await page.locator("main").textContent(), /language: left out: it is no language tag/);
    await openPost("A first word");
    await reload("Fedify's server", async () => (await viewer.row(new URL(peer.origin).host).count()) === 1);
    assert.match(await viewer.row(new URL(peer.origin).host).textContent(), /exposed/);
    await viewer.look("post");
  });

  await step("deleted on Plaza, the page about it follows by itself until Fedify's server has accepted", async () => {
    const { pathname, search } = new URL(page.url());
    await plaza.remove(post);
    await until("the page tells of the Delete", SOON, async () => {
      await page.goto(`${admin}${pathname}${search}`);
      return (await page.getByRole("heading", { name: "Its Delete" }).count()) === 1;
    });
    // From here on nobody presses anything: the page looks again by itself while something waits.
    await until("accepted", SOON, async () => /accepted|observed/.test(await viewer.row(new URL(peer.origin).host).textContent()));
    assert.match(await page.locator("main").textContent(), /1 server was asked and has answered/);
    await viewer.look("post-deleted");
    await until("it is gone at Fedify", SOON, async () => (await peer.note(note)) === null);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "for programs (JSON)" }).click()]);
    const file = world.folder.join("post-receipt.json");
    await download.saveAs(file);
    assert.match(await run(binaries.drawbridge, ["ledger", "verify", file, "-c", gateway.configuration]), /holds/);
    await page.getByRole("link", { name: "All deleted posts" }).click();
    await page.getByRole("heading", { level: 1, name: "Deleted posts" }).waitFor();
    await viewer.look("deleted");
  });

  await step("a post is taken back from the fediverse and stays on Plaza", async () => {
    const [id] = await peer.notesWith("For everybody again");
    await openPost("For everybody again");
    await page.getByRole("button", { name: "Take it back" }).click();
    await page.getByRole("heading", { name: "Its Delete" }).waitFor();
    await until("it is gone at Fedify", SOON, async () => (await peer.note(id)) === null);
    assert.equal((await get(id)).status, 410);
  });

  await step("paused, nothing leaves; deletes still do; going on, what was written meanwhile stays home", async () => {
    const out = await plaza.post("alice", "Before the pause");
    const [before] = await until("it is out", SOON, async () => {
      const notes = await peer.notesWith("Before the pause");
      return notes.length ? notes : undefined;
    });
    await viewer.open("Pause or leave");
    await viewer.look("bridge");
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Go on" }).waitFor();
    await viewer.look("paused");
    await plaza.post("alice", "Written in the pause");
    await plaza.remove(out);
    await until("the Delete arrives in the pause", SOON, async () => (await peer.note(before)) === null);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await plaza.post("alice", "After the pause");
    await until("what comes after is out", SOON, async () => (await peer.notesWith("After the pause")).length);
    assert.deepEqual(await peer.notesWith("Written in the pause"), []);
  });

  await step("blocked, the person's next reply is refused and nothing more goes there", async () => {
    const [id] = await peer.notesWith("After the pause");
    await viewer.open("Where am I?");
    await viewer.look("where");
    await viewer.open("Followers");
    await viewer.row(peer.handle).getByRole("button", { name: `Block ${peer.actor}` }).click();
    await viewer.said();
    await viewer.open("Blocks");
    assert.equal(await viewer.row(peer.handle).count(), 1);
    await viewer.look("blocks");
    await peer.reply(id, "You will not read this").catch(() => {});
    const last = await plaza.post("alice", "Not for whom I blocked");
    await until("the post is out", SOON, async () => (await drawbridge("post", "list", alice)).items.some(({ text }) => text === "Not for whom I blocked"));
    assert.deepEqual(await peer.notesWith("Not for whom I blocked"), []);
    assert.equal((await drawbridge("reply", "held", alice)).items.length, 0);
    assert.equal(await plaza.replyWith(last, "You will not read this"), undefined);
  });

  await step("leaving wants the account's name, shows how far it is, and ends in a receipt that holds", async () => {
    await viewer.open("Pause or leave");
    await page.getByRole("textbox").fill("bob@elsewhere.example");
    await page.getByRole("button", { name: "Leave the fediverse" }).click();
    assert.match(await viewer.said(), /cannot be undone/);
    await page.getByRole("textbox").fill(`@${alice}`);
    await page.getByRole("button", { name: "Leave the fediverse" }).click();
    await page.getByRole("heading", { name: /leaving|left/ }).waitFor();
    await viewer.look("leaving");
    await page.getByRole("heading", { name: "The account has left" }).waitFor({ timeout: SOON * 1000 });
    await viewer.look("left");
    await viewer.open("What was done");
    assert.ok((await viewer.row("account.leave").count()) > 0);
    await viewer.look("audit");
    await viewer.open("Pause or leave");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /for programs/ }).click()]);
    const file = world.folder.join("receipt.json");
    await download.saveAs(file);
    assert.match(await run(binaries.drawbridge, ["ledger", "verify", file, "-c", gateway.configuration]), /holds/);
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("accepted", "observed"));
    await assert.rejects(run(binaries.drawbridge, ["ledger", "verify", file, "-c", gateway.configuration]));
    assert.equal((await get(actor)).status, 410);
  });

  await step("the platform's word alone does not bring her back; she does", async () => {
    await plaza.test("PUT", "users/alice/profile", { name: "Alice again", bio: null });
    await page.getByRole("button", { name: "Come back" }).click();
    const link = (await viewer.said()).match(/http\S+/)[0];
    await viewer.signIn(link);
    const handle = await page.locator(".handle").textContent();
    assert.match(handle, /^@alice_[a-z2-7]{5}@/, "no name is given twice: servers look people up by it");
    const again = await until("webfinger answers", SOON, () => gateway.actorOf(handle.split("@")[1]));
    assert.notEqual(again, actor);
  });

  await step("the browser complained of nothing", () => assert.deepEqual(viewer.complaints.filter((text) => text.includes(admin) && !/status of 40[13]/.test(text)), []));
});
