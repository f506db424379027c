// The command line as the door of owners and operators: followers with their server, approval, blocks, settings, "where am I?".
import assert from "node:assert/strict";
import fs from "node:fs";
import { spawn } from "node:child_process";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 20;

await story("An account in its owner's hand, by the command line", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;

  /** Runs while this process goes on serving the strangers: {code, out, err}. */
  const drawbridge = (...words) =>
    new Promise((resolve) => {
      const child = spawn(binaries.drawbridge, [...words, "-c", gateway.configuration], { stdio: ["ignore", "pipe", "pipe"], timeout: 30_000 });
      const taken = { out: "", err: "" };
      child.stdout.on("data", (data) => (taken.out += data));
      child.stderr.on("data", (data) => (taken.err += data));
      child.on("close", (code) => resolve({ code, ...taken }));
    });
  const good = async (...words) => {
    const { code, out, err } = await drawbridge(...words, "--json");
    assert.equal(code, 0, `${words.join(" ")}: ${err}`);
    return JSON.parse(out);
  };
  const bad = async (expected, pattern, ...words) => {
    const { code, err } = await drawbridge(...words);
    assert.equal(code, expected, `${words.join(" ")}: ${err}`);
    assert.match(err, pattern, words.join(" "));
  };

  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.handle = `@${name}@${new URL(stranger.origin).host}`;
    stranger.got = (type) => stranger.arrivals.filter((activity) => activity.type === type);
    stranger.follows = async () => assert.equal((await stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor))).status, 202);
    return stranger;
  };
  const followers = async () => (await good("follower", "list", alice)).items.map(({ handle }) => handle);

  const rosa = await person("rosa");
  await step("a follower is listed with the server, and since when", async () => {
    await rosa.follows();
    await until("the Accept", SOON, () => rosa.got("Accept").length);
    const { total, items } = await good("follower", "list", alice);
    assert.equal(total, 1);
    assert.equal(items[0].handle, rosa.handle);
    assert.equal(items[0].actor, rosa.actor);
    assert.ok(Math.abs(items[0].since - Date.now()) < 120_000, JSON.stringify(items[0]));
    const { out } = await drawbridge("follower", "list", alice);
    assert.match(out, new RegExp(`^${rosa.handle}\\t`, "m"));
  });

  await step("“where” names the server, with followers", async () => {
    const { items } = await good("where", "list", alice);
    const [place] = items.filter(({ host }) => host === new URL(rosa.origin).host);
    assert.equal(place.followers, 1);
    assert.equal(place.open_deletes, 0);
  });

  await step("with approval on, who follows next waits; approved gets an Accept, refused a Reject", async () => {
    assert.equal((await good("account", "set", alice, "--approve-followers", "yes")).approve_followers, "yes");
    await until("the actor says so", SOON, async () => (await get(actor)).json.manuallyApprovesFollowers === true);
    const [sven, tess] = [await person("sven"), await person("tess")];
    await sven.follows();
    await tess.follows();
    const waiting = async () => (await good("follower", "requests", alice)).items.map(({ actor: id }) => id).sort();
    await until("both wait", SOON, async () => (await waiting()).length === 2);
    assert.deepEqual(await waiting(), [sven.actor, tess.actor].sort());
    assert.equal((await good("account", "show", alice)).requests, 2);
    await good("follower", "approve", alice, sven.actor);
    await good("follower", "refuse", alice, tess.actor);
    await until("sven's Accept", SOON, () => sven.got("Accept").length === 1);
    await until("tess's Reject", SOON, () => tess.got("Reject").length === 1);
    assert.deepEqual((await followers()).sort(), [rosa.handle, sven.handle].sort());
    assert.deepEqual(await waiting(), []);
    await rosa.follows();
    await until("who follows already goes on", SOON, () => rosa.got("Accept").length === 2);
    await bad(1, /did not ask/, "follower", "approve", alice, tess.actor);
    await good("account", "set", alice, "--approve-followers", "no");
  });

  await step("a follower who is removed hears a Reject and gets nothing more", async () => {
    await good("follower", "remove", alice, rosa.actor);
    await until("the Reject", SOON, () => rosa.got("Reject").length === 1);
    assert.equal((await followers()).includes(rosa.handle), false);
    await bad(1, /does not follow/, "follower", "remove", alice, rosa.actor);
  });

  await step("a block of a whole server ends its follows and refuses the next; taken back, it may follow again", async () => {
    await rosa.follows();
    await until("rosa follows", SOON, async () => (await followers()).includes(rosa.handle));
    assert.equal((await good("block", "add", alice, "127.0.0.1")).subject, "127.0.0.1");
    assert.deepEqual(await followers(), []);
    await until("the Reject", SOON, () => rosa.got("Reject").length === 2);
    await rosa.follows();
    await until("the next is rejected", SOON, () => rosa.got("Reject").length === 3);
    const [block] = (await good("block", "list", alice)).items;
    assert.deepEqual([block.subject, block.by], ["127.0.0.1", "owner"]);
    await good("block", "remove", alice, "127.0.0.1");
    await bad(1, /no block/, "block", "remove", alice, "127.0.0.1");
    await rosa.follows();
    await until("rosa follows again", SOON, async () => (await followers()).includes(rosa.handle));
  });

  await step("with approval of first replies, a new person's waits; approved, that one's next are shown at once; removed, they go", async () => {
    const post = await plaza.post("alice", "What do you say?");
    const { first } = (await get(`${actor}/outbox`)).json;
    const note = await until("the post is out", SOON, async () => (await get(first ?? `${actor}/outbox?page=1`)).json.orderedItems?.[0]?.object?.id);
    const uma = await person("uma");
    const write = async (text) => {
      const id = `${uma.origin}/notes/${++uma.serial}`;
      const object = { id, type: "Note", attributedTo: uma.actor, inReplyTo: note, content: `<p>${text}</p>`, to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [actor] };
      assert.equal((await uma.post(`${actor}/inbox`, uma.activity("Create", object, { to: object.to, cc: object.cc }))).status, 202);
      return id;
    };
    const shown = (text) => plaza.replyWith(post, text);
    assert.equal((await good("account", "set", alice, "--approve-replies", "first")).approve_replies, "first");
    const one = await write("I am new here");
    await until("it waits", SOON, async () => (await good("reply", "held", alice)).items.some(({ text }) => text === "I am new here"));
    assert.equal((await good("account", "show", alice)).held_replies, 1);
    const [held] = (await good("reply", "held", alice)).items;
    assert.equal(held.handle, uma.handle);
    assert.equal(await shown("I am new here"), undefined);
    await good("reply", "approve", alice, one);
    await until("it is shown", SOON, () => shown("I am new here"));
    await write("And I stay");
    await until("the next is shown at once", SOON, () => shown("And I stay"));
    assert.deepEqual((await good("reply", "list", alice)).items.map(({ text }) => text), ["And I stay", "I am new here"]);
    await good("reply", "remove", alice, one);
    await until("the removed one is gone", SOON, async () => (await shown("I am new here")) === undefined);
    await good("account", "set", alice, "--approve-replies", "all");
    const third = await write("Once more");
    await until("now all wait", SOON, async () => (await good("reply", "held", alice)).items.length === 1);
    await good("reply", "remove", alice, third);
    assert.equal((await good("reply", "held", alice)).items.length, 0);
    await bad(1, /no such reply waits/, "reply", "approve", alice, third);
    await good("account", "set", alice, "--approve-replies", "off");
    assert.equal((await good("block", "add", alice, uma.actor)).subject, uma.actor);
    await until("with a block all the person's replies are gone", SOON, async () => (await shown("And I stay")) === undefined);
  });

  await step("what was done is in the audit trail, with who did it", async () => {
    const { items: all } = await good("account", "audit", alice);
    assert.deepEqual(all.map(({ time }) => time), all.map(({ time }) => time).sort((one, other) => other - one), "the newest first");
    const acts = all.map(({ who, act }) => `${who} ${act}`);
    for (const act of ["account.set", "follower.approve", "follower.refuse", "follower.remove", "block.add", "block.remove", "reply.approve", "reply.remove"])
      assert.ok(acts.includes(`cli ${act}`), `${act} in ${acts}`);
  });

  await step("wrong words are told what is right", async () => {
    await bad(2, /say which account/, "follower", "list");
    await bad(2, /a word is missing: @name@server/, "follower", "remove", alice);
    await bad(2, /follower has no 'dance'/, "follower", "dance", alice);
    await bad(2, /no option --colour/, "follower", "list", alice, "--colour", "red");
    await bad(1, /no account of that name/, "follower", "list", "nobody@nowhere.example");
    await bad(1, /neither a person .* nor a server/, "block", "add", alice, "spam");
    await bad(1, /no number of seconds/, "account", "set", alice, "--hold-seconds", "-5");
    await bad(1, /no choice for approve_followers; take one of: yes no platform/, "account", "set", alice, "--approve-followers", "maybe");
    await bad(1, /nothing to set/, "account", "set", alice);
  });

  await step("the operator lists accounts", async () => {
    const { items } = await good("account", "list");
    assert.deepEqual(items.map(({ handle, state }) => [handle, state]), [[`@${alice}`, "on"]]);
    assert.equal((await good("account", "list", "--state", "gone")).total, 0);
    await bad(1, /no choice for state/, "account", "list", "--state", "off");
  });

  await step("posts, with what was changed and where they are; one is taken back, and its receipt holds", async () => {
    const { items } = await good("post", "list", alice);
    assert.equal(items[0].text, "What do you say?");
    const { out } = await drawbridge("post", "list", alice);
    assert.match(out, /^published\ttext\tservers\tchanged\tid\n.*What do you say\?/);
    const shown = await good("post", "show", alice, items[0].id);
    assert.deepEqual([shown.state, shown.loss], ["live", []]);
    await bad(1, /no Delete|not deleted|nothing was deleted|tells of no/i, "post", "receipt", alice, items[0].id);
    assert.equal((await good("post", "withdraw", alice, items[0].post)).state, "deleted");
    await until("all have answered", SOON, async () => (await good("post", "deleted", alice)).items[0].waiting === 0);
    assert.equal((await get(items[0].id)).status, 410);
    const { code, out: receipt } = await drawbridge("post", "receipt", alice, items[0].id);
    assert.equal(code, 0);
    const file = world.folder.join("receipt.json");
    fs.writeFileSync(file, receipt);
    assert.match((await drawbridge("ledger", "verify", file)).out, /holds/);
    const verified = await good("ledger", "verify", file);
    assert.deepEqual([verified.holds, verified.file], [true, file]);
    await bad(1, /no such post/, "post", "show", alice, "https://elsewhere.example/u/x");
    await bad(1, /deleted already/, "post", "withdraw", alice, items[0].id);
    await bad(1, /no hashtag/, "account", "set", alice, "--home-marker", "cats");
    await bad(1, /no number of days/, "account", "set", alice, "--retention-days", "soon");
  });

  await step("what has parts is written in lines, numbers as numbers", async () => {
    const { out } = await drawbridge("health", "show");
    assert.match(out, /^ {2}workers +2$/m);
    assert.match(out, /^ {2}time=\S+ queue=\d+(\.\d+)? inbox=\d/m);
    assert.doesNotMatch(out, /^ {2}time=\S+$/m, "a minute without numbers is left out");
  });

  await step("an account is paused, goes on, and leaves when it is asked by its name", async () => {
    assert.equal((await good("account", "pause", alice)).state, "paused");
    await bad(1, /only one that is on can be paused/, "account", "pause", alice);
    const vera = await person("vera");
    await vera.follows();
    await until("who asks to follow waits", SOON, async () => (await good("follower", "requests", alice)).items.some(({ actor: id }) => id === vera.actor));
    await bad(1, /is not on/, "follower", "approve", alice, vera.actor);
    assert.equal((await good("account", "resume", alice)).state, "on");
    await good("follower", "approve", alice, vera.actor);
    await until("vera's Accept", SOON, () => vera.got("Accept").length === 1);
    await bad(1, /cannot be undone/, "account", "leave", alice);
    // Many that began earlier and are not through yet, for want of an answer somewhere, hold nobody up.
    await gateway.redis("ZADD", "leaves", ...Array.from({ length: 250 }, (_, i) => [String(i + 1), `waiting${i}`]).flat());
    assert.equal((await good("account", "leave", alice, "--confirm", alice)).state, "leaving");
    await until("vera hears of it", SOON, () => vera.got("Delete").some(({ object }) => object === actor));
    await until("it is gone", SOON, async () => (await good("account", "leaving", alice)).state === "gone");
    await bad(1, /is gone already/, "account", "leave", alice, "--confirm", alice);
    assert.match((await drawbridge("account", "receipt", alice, "--form", "html")).out, /^<!doctype html>/i);
  });
});
