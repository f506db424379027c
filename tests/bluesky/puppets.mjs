// Who answers from the fediverse has an account of their own on the operator's PDS: made, named, kept up to date, and
// removed when the person, the owner or the operator says so; whatever dies meanwhile.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { picture, xrpc } from "../peers/lib/atproto.mjs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { full } from "../peers/lib/paths.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { answersWithPictures, longAnswer } from "./lib/answers.mjs";
import { Ferry } from "./lib/ferry.mjs";
import { readPage } from "./lib/page.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;
const DOMAIN = "puppets.example.org";
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const page = readPage("accounts of their own");
let ferry;

/** Puppets on the PDS behind the ferry; the relay account is there for whom no puppet is made. */
async function settings(world) {
  await World.relay(world);
  ferry = await Ferry.start(world.network.pds);
  atEnd(() => ferry.close());
  const password = world.folder.join("admin.password");
  fs.writeFileSync(password, world.network.adminPassword, { mode: 0o600 });
  const here = { "https://pds.example.com": ferry.origin, "/etc/drawbridge/pds-admin.password": password, "fedi.example.com": DOMAIN };
  const written = Object.entries(here).reduce((text, [there, ours]) => text.replace(there, ours), page.configuration[0]);
  return `identifier = relay.test\ntoken_file = ${world.relayFile}\n${written}puppets_total = 2\n`;
}

await story("People of the fediverse answer on Bluesky by accounts of their own", async () => {
  const world = await step("PLC, PDS, AppView, the gateway and Fedify run", () => World.start({ settings, puppetDomain: DOMAIN, invites: true }));
  const { network, gateway, peer } = world;
  const { alice } = network.people;
  const handle = `@alice_test@${gateway.host}`;
  const log = () => fs.readFileSync(gateway.process.logPath, "utf8");
  const redis = async (...words) => (await gateway.redis(...words)).trim();
  const records = async (did, collection = "app.bsky.feed.post") => (await xrpc(network.pds, `com.atproto.repo.listRecords?repo=${did}&collection=${collection}&limit=100`)).records;
  const puppets = async () => (await redis("HKEYS", "puppets:bluesky")).split("\n").filter(Boolean);
  const said = async (did, text) => (await records(did)).find(({ value }) => value.text.includes(text));
  const saidBy = (text) =>
    until(`"${text}" by a puppet`, SOON, async () => {
      for (const did of await puppets()) {
        const record = await said(did, text);
        if (record) return { did, ...record };
      }
    });
  const isGone = (did, text) => until(`"${text}" is gone`, SOON, async () => !(await said(did, text)));
  const noRepo = (did) =>
    until("the puppet is gone", SOON, async () => {
      const status = await xrpc(network.pds, `com.atproto.sync.getRepoStatus?did=${did}`).catch(({ json }) => json);
      return status.error === "RepoNotFound" || status.active === false;
    });
  const proof = async (name) =>
    new Promise((resolve, reject) => http.get(`${gateway.origin}/.well-known/atproto-did`, { headers: { host: name } }, async (answer) => resolve([answer.statusCode, (await answer.setEncoding("utf8").toArray()).join("")])).on("error", reject));
  const profileOf = async (did) => (await xrpc(network.pds, `com.atproto.repo.getRecord?repo=${did}&collection=app.bsky.actor.profile&rkey=self`)).value;

  /** Somebody on a server of their own, who may say anything. */
  const person = async (name, profile = {}) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.profile(profile);
    stranger.say = async (inbox, activity) => assert.equal((await stranger.post(inbox, activity)).status, 202);
    stranger.reply = async (to, text, more = {}) => {
      const id = `${stranger.origin}/notes/${++stranger.serial}`;
      const note = { type: "Note", id, attributedTo: stranger.actor, inReplyTo: to, content: `<p>${text}</p>`, published: new Date().toISOString(), to: [PUBLIC], cc: [actor], ...more };
      await stranger.say(`${actor}/inbox`, stranger.activity("Create", note, { to: [PUBLIC], cc: [actor] }));
      return id;
    };
    stranger.like = (object) => stranger.say(`${actor}/inbox`, stranger.activity("Like", object, { to: [PUBLIC] }));
    return stranger;
  };

  const actor = await step("an account is on, and Fedify follows", async () => {
    const id = await world.enrol(alice);
    await world.follow(id, handle);
    return id;
  });
  const first = await step("it says something", async () => {
    const post = await alice.post("What do you all think?");
    return { ...post, id: (await world.create("What do you all think?")).object.id };
  });

  const rosa = await step("an answer appears by an account of the person's own, in the person's words", async () => {
    const id = await peer.reply(first.id, "I think <b>so</b>, see <a href=\"https://example.net/x\">example.net</a>");
    const { did, uri, value } = await saidBy("I think so");
    assert.equal(value.text, "I think so, see example.net");
    assert.deepEqual(value.facets.map(({ features }) => features[0].uri), ["https://example.net/x"]);
    assert.deepEqual([value.reply.parent.uri, value.reply.root.uri], [first.uri, first.uri]);
    assert.deepEqual(await network.relay.records("app.bsky.feed.post"), []);
    return { id, did, uri };
  });

  const name = await step("the account says whose it is, who made it, and how to be rid of it", async () => {
    const profile = await profileOf(rosa.did);
    assert.equal(profile.displayName, `rosa (fedify-peer r0) (${peer.handle})`);
    for (const part of [peer.handle, peer.actor, "Bridged by drawbridge", "To opt out: write #nobridge"]) assert.ok(profile.description.includes(part), profile.description);
    assert.deepEqual(profile.labels.values, [{ val: "bot" }]);
    const { host } = new URL(peer.origin);
    const wanted = new RegExp(`^rosa-[2-7a-z]{5}\\.${host.replace(":", "-").replaceAll(".", "\\.")}\\.${DOMAIN}$`);
    const { handle: now } = await until("its name", SOON, async () => {
      const [view] = (await xrpc(network.appview, `app.bsky.actor.getProfiles?actors=${rosa.did}`)).profiles;
      return wanted.test(view.handle) && view;
    });
    assert.deepEqual(await proof(now), [200, rosa.did]);
    assert.equal((await proof(`nobody.${DOMAIN}`))[0], 404);
    assert.equal((await proof("nobody.example.net"))[0], 421);
    assert.equal((await xrpc(network.appview, `com.atproto.identity.resolveHandle?handle=${now}`)).did, rosa.did);
    return now;
  });

  await step("the AppView shows it in the thread, under that name", () =>
    until("the thread", SOON, async () => {
      const { thread } = await xrpc(network.appview, `app.bsky.feed.getPostThread?uri=${encodeURIComponent(first.uri)}`);
      return thread.replies?.some(({ post }) => post.uri === rosa.uri && post.author.handle === name);
    }));

  await step("the owner answers the account, and the person hears it", async () => {
    const [{ cid }] = await records(rosa.did);
    await alice.post("@rosa, quite so", { reply: { root: { uri: first.uri, cid: first.cid }, parent: { uri: rosa.uri, cid } }, facets: [{ index: { byteStart: 0, byteEnd: 5 }, features: [{ $type: "app.bsky.richtext.facet#mention", did: rosa.did }] }] });
    const { object } = await world.create("quite so");
    assert.equal(object.inReplyTo, rosa.id);
    assert.ok([object.tag].flat().some(({ type, href }) => type === "Mention" && href === peer.actor), JSON.stringify(object.tag));
  });

  await step("a second answer comes by the same account; its edit and its delete too", async () => {
    const second = (await peer.send("post", { inReplyTo: rosa.id, mention: handle, text: "<p>And one more thing</p>" })).json.object.id;
    const { did, value } = await saidBy("And one more thing");
    assert.equal(did, rosa.did);
    assert.deepEqual([value.reply.parent.uri, value.reply.root.uri], [rosa.uri, first.uri]);
    await peer.edit(second, "And one more thing, corrected", actor);
    await saidBy("more thing, corrected");
    assert.equal((await records(did)).length, 2);
    await peer.remove(second, actor);
    await isGone(did, "more thing");
    assert.equal((await puppets()).length, 1);
    assert.equal(ferry.count("com.atproto.server.createAccount"), 1);
  });

  await longAnswer(peer, first.id, saidBy);
  await answersWithPictures({ say: (activity) => peer.say(`${actor}/inbox`, activity), author: peer, actor, network, did: rosa.did, first, appears: saidBy });

  await step("the person's likes and boosts are the account's", async () => {
    await peer.like(first.id);
    await peer.boost(first.id);
    for (const collection of ["app.bsky.feed.like", "app.bsky.feed.repost"])
      await until(collection, SOON, async () => (await records(rosa.did, collection)).some(({ value }) => value.subject.uri === first.uri));
    await peer.unlike(first.id, actor);
    await peer.unboost(first.id, actor);
    for (const collection of ["app.bsky.feed.like", "app.bsky.feed.repost"]) await until(`no ${collection}`, SOON, async () => !(await records(rosa.did, collection)).length);
  });

  await step("a new profile there is a new profile here", async () => {
    await peer.send("update-actor", { target: actor });
    await until("the new name", SOON, async () => (await profileOf(rosa.did)).displayName.startsWith("rosa (fedify-peer r1)"));
  });

  await step("beyond what an hour, a day or a server's people may have, the relay account answers", async () => {
    const now = Date.now();
    const { host } = new URL(peer.origin);
    const hours = [0, 1].map((more) => Math.floor(now / 3600000) + more);
    const days = [0, 1].map((more) => Math.floor((now + more * 3600000) / 86400000));
    const relayed = async (text) => (await network.relay.records("app.bsky.feed.post")).find(({ value }) => value.text.includes(text));
    for (const [limit, most, keys] of [
      ["hour", 20, () => hours.map((hour) => `hour:${hour}`)],
      ["day", 50, () => days.map((day) => `day:${day}`)],
      ["server", 10, (server) => days.map((day) => `server:${server}:${day}`)],
    ]) {
      const stranger = await person(`${limit}ly`);
      const counters = keys(new URL(stranger.origin).host).map((key) => `puppets_made:bluesky:${key}`);
      const before = await Promise.all(counters.map((key) => redis("GET", key)));
      for (const key of counters) await redis("SET", key, String(most));
      await stranger.reply(first.id, `one more this ${limit};`);
      const { uri } = await until(`the relay's words (${limit})`, SOON, () => relayed(`one more this ${limit};`));
      assert.match(log(), new RegExp(`as many as the configuration permits.*\\b${limit}\\b`));
      for (const [at, key] of counters.entries()) await (before[at] ? redis("SET", key, before[at]) : redis("DEL", key));
      // The person's account there is deleted: what was said for them goes.
      await stranger.say(`${actor}/inbox`, stranger.activity("Delete", stranger.actor, { to: [PUBLIC] }));
      await until("it is gone", SOON, async () => !(await relayed(`one more this ${limit};`)), uri);
    }
    assert.equal((await puppets()).length, 1);
    assert.equal(await redis("HEXISTS", "puppet_servers:bluesky", host), "1");
  });

  for (const [why, leave] of [
    ["a deleted account", (stranger) => stranger.activity("Delete", stranger.actor, { to: [PUBLIC] })],
    [
      "SPC in the profile (FEP-5e53)",
      (stranger) => {
        stranger.profile({ SPC: 1 });
        return stranger.activity("Update", stranger.document, { to: [PUBLIC] });
      },
    ],
  ])
    await step(`${why} removes the account here with all that it wrote`, async () => {
      const stranger = await person("ulla");
      const id = await stranger.reply(first.id, "Ulla thinks twice");
      const { did } = await saidBy("Ulla thinks twice");
      await stranger.reply(id, "The second thought");
      assert.equal((await saidBy("The second thought")).did, did);
      await stranger.like(first.id);
      await until("the like", SOON, async () => (await records(did, "app.bsky.feed.like")).length === 1);
      await stranger.say(`${actor}/inbox`, leave(stranger));
      await noRepo(did);
      await until("its names are free", SOON, async () => (await redis("HLEN", "puppet_names")) === "1" && (await puppets()).length === 1);
      assert.equal(await redis("HEXISTS", "puppet_servers:bluesky", new URL(stranger.origin).host), "0");
      if (!why.includes("profile")) return; // who comes back after a Delete is somebody new
      await stranger.reply(first.id, "One word more");
      const after = await peer.reply(first.id, `After ${why}`);
      await saidBy(`After ${why}`);
      await peer.remove(after, actor);
      await isGone(rosa.did, `After ${why}`);
      assert.equal((await puppets()).length, 1);
    });

  const tom = await step("killed after each request that makes an account: one account, one answer", async () => {
    const icon = await picture(16, 16);
    const server = http.createServer((_, response) => response.writeHead(200, { "content-type": "image/png" }).end(icon));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    atEnd(() => server.close());
    const stranger = await person("Tom.Emile_von_und_zu", { name: "Tom", icon: { type: "Image", mediaType: "image/png", url: `http://127.0.0.1:${server.address().port}/icon.png` } });
    // After each, what is left in hand waits for the end of the dead worker's lease.
    const all = ["com.atproto.server.createInviteCode", "com.atproto.server.createAccount", "com.atproto.repo.putRecord", "com.atproto.identity.updateHandle"];
    const deaths = full ? all : [all[1], all[3]];
    const planned = deaths.length;
    let died = 0;
    ferry.answered = async (method, status) => {
      if (status !== 200 || method !== deaths[0]) return false;
      deaths.shift();
      died++;
      for (const pid of gateway.workers()) process.kill(pid, "SIGKILL");
      return true;
    };
    const id = await stranger.reply(first.id, "Tom is of another mind");
    await until("every death", planned * SOON, () => !deaths.length);
    const { did } = await saidBy("Tom is of another mind");
    ferry.answered = undefined;
    await gateway.isReady();
    await until("its name", SOON, async () => (await redis("HKEYS", "puppet_names")).includes("tom-"));
    assert.equal((await puppets()).length, 2);
    assert.equal((await records(did)).length, 1);
    assert.equal(died, planned);
    assert.match(await redis("HGET", `puppet_account:bluesky:${await redis("HGET", "puppets:bluesky", did)}`, "wanted"), /^tom-emile-vo-[2-7a-z]{5}\.127\.0\.0\.1-\d+\.puppets\.example\.org$/);
    assert.equal((await profileOf(did)).avatar.mimeType, "image/png");
    assert.equal((await xrpc(network.pds, "com.atproto.sync.listRepos?limit=100")).repos.length, 5, "alice, bob, relay and two puppets");
    return { stranger, id, did };
  });

  const una = await step("beyond the limit the relay account answers, with the person's name", async () => {
    const stranger = await person("una");
    const id = await stranger.reply(first.id, "Una comes late");
    const { uri } = await until("the relay's words", SOON, async () => (await network.relay.records("app.bsky.feed.post")).find(({ value }) => value.text.includes("Una comes late")));
    assert.match(log(), /as many as the configuration permits/);
    assert.equal((await puppets()).length, 2);
    return { stranger, id, uri };
  });

  await step("the page's commands, as they are written, tell of them", async () => {
    const [check, status, host] = page.commands;
    assert.equal((await world.runAsWritten(check)).status, 0);
    assert.match((await world.runAsWritten(status)).stdout, /puppets +2 \(at most 2 are made\)/);
    const { stdout } = await world.runAsWritten(host.replace("mastodon.example", new URL(peer.origin).host));
    assert.match(stdout, /puppets +1/);
    assert.match(stdout, /seen +20\d\d-/);
    assert.equal(page.commands.length, 3);
  });

  await step("nobody can switch such an account on, whatever its texts say", async () => {
    const refused = await world.drawbridge("account", "add", `bluesky:${name}`);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /itself made by a bridge/);
  });

  await step("who asks for a certificate hears which names are ours", async () => {
    const ask = async (domain) => (await fetch(`${gateway.origin}/.well-known/atproto-did?domain=${domain}`)).status;
    assert.deepEqual(await Promise.all([ask(name), ask(`nobody.${DOMAIN}`), ask("example.net")]), [200, 404, 404]);
  });

  await step("no secret of theirs is in the log or in the open", async () => {
    const key = await redis("HGET", "puppets:bluesky", rosa.did);
    assert.doesNotMatch(log(), /[0-9a-f]{48}|eyJ[A-Za-z0-9_-]{20}|admin-pass/);
    assert.ok(!/^[0-9a-f]{48}$/.test(await redis("HGET", `puppet_account:bluesky:${key}`, "password")));
  });

  await step("#nobridge in the profile removes what was said, by whichever account", async () => {
    for (const { stranger } of [una, tom]) {
      stranger.profile({ summary: "<p>Leave me alone #nobridge</p>" });
      await stranger.say(`${actor}/inbox`, stranger.activity("Update", stranger.document, { to: [PUBLIC] }));
    }
    await until("the relay's words are gone", SOON, async () => !(await network.relay.records("app.bsky.feed.post")).length);
    await noRepo(tom.did);
    await until("its name is free", SOON, async () => (await redis("HLEN", "puppets:bluesky")) === "1" && (await redis("HLEN", "puppet_names")) === "1");
  });

  await step("in the other mode old answers are edited and deleted where they are, and new ones relayed", async () => {
    const kept = (await peer.send("post", { inReplyTo: first.id, mention: handle, text: "<p>Before the change</p>" })).json.object.id;
    const { did } = await saidBy("Before the change");
    await gateway.process.stop();
    const configuration = fs.readFileSync(gateway.configuration, "utf8");
    fs.writeFileSync(gateway.configuration, configuration.replace("reply_mode = puppets\n", "reply_mode = relay\n").replace(`puppet_domain = ${DOMAIN}\n`, ""));
    await gateway.start();
    await peer.edit(kept, "Before the change, corrected", actor);
    await saidBy("the change, corrected");
    await peer.remove(kept, actor);
    await isGone(did, "the change");
    await peer.reply(first.id, "After the change");
    await until("the relay's words", SOON, async () => (await network.relay.records("app.bsky.feed.post")).find(({ value }) => value.text.includes("After the change")));
    await gateway.process.stop();
    fs.writeFileSync(gateway.configuration, configuration);
    await gateway.start();
  });

  await step("who blocks the account is not shown in its threads any more, and needs no account", async () => {
    await peer.send("block", { target: actor });
    await noRepo(rosa.did);
    await until("the relay's words are gone", SOON, async () => !(await network.relay.records("app.bsky.feed.post")).length);
    // The server forgets it first, then the gateway.
    await until("its name is free", SOON, async () => (await proof(name))[0] === 404 && (await redis("HLEN", "puppets:bluesky")) === "0");
  });

  await step("a domain that the operator blocks loses its accounts", async () => {
    const stranger = await person("vera");
    await stranger.reply(first.id, "Vera was here");
    const { did } = await saidBy("Vera was here");
    // Without the server's administrator it is emptied and deactivated; who comes back has it back.
    ferry.refuses = "com.atproto.admin.deleteAccount";
    assert.equal((await world.drawbridge("domain", "block", "127.0.0.1")).status, 0);
    await noRepo(did);
    await until("the puppet is hidden", SOON, async () => (await redis("HLEN", "puppets:bluesky")) === "0");
    assert.equal((await world.drawbridge("domain", "allow", "127.0.0.1")).status, 0);
    await stranger.reply(first.id, "Vera is back");
    assert.equal((await saidBy("Vera is back")).did, did);
    assert.equal((await records(did)).length, 1);
    ferry.refuses = undefined;
  });

  await step("an account that leaves takes the answers in its threads along", async () => {
    const stranger = await person("walter");
    await until("an answer", SOON, async () => {
      await stranger.reply(first.id, "Walter was here");
      return true;
    });
    const { did } = await saidBy("Walter was here");
    assert.equal((await world.drawbridge("account", "remove", "bluesky:alice.test")).status, 0);
    await isGone(did, "Walter was here");
  });
});
