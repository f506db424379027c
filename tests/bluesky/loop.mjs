// An account on a real Bluesky server lives in the fediverse: consent, posts of every kind, edits, deletes, profile,
// handle, what is done while nobody listens, and the end of the account.
import assert from "node:assert/strict";
import fs from "node:fs";
import { Clock } from "../faults/lib/clock.mjs";
import { picture, xrpc } from "../peers/lib/atproto.mjs";
import { step, story } from "../peers/lib/harness.mjs";
import { get, webfingerUrl } from "../peers/lib/http.mjs";
import { until } from "../peers/lib/wait.mjs";
import { answersWithPictures, longAnswer } from "./lib/answers.mjs";
import { readPage } from "./lib/page.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const page = readPage();
const AP = { headers: { accept: "application/activity+json" } };
const json = async (url) => (await fetch(url, AP)).json();
const status = async (url) => (await fetch(url, AP)).status;

await story("An account on a real Bluesky server lives in the fediverse", async () => {
  const world = await step("PLC, PDS, AppView, the gateway and Fedify run", () => World.start({ clock: Clock, settings: World.relay, page }));
  const { network, gateway, peer } = world;
  const { alice, bob } = network.people;
  const handle = `@alice_test@${gateway.host}`;
  const webfinger = (name) => get(webfingerUrl(gateway.origin, `acct:${name}@${gateway.host}`));
  const byId = (id) => world.arrived(id, (activity) => activity.id === id);

  await step("who never agreed is not there", async () => {
    assert.equal((await webfinger("alice_test")).status, 404);
    await alice.post("Before the bridge");
  });

  await step("who asks not to be bridged, or is bridged elsewhere, is refused with the reason", async () => {
    await bob.profile({ displayName: "Bob", description: "No robots. #NoBridge please" });
    let refused = await world.drawbridge("account", "add", "bluesky:bob.test");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /#nobridge/);
    await bob.profile({ displayName: "Bob", labels: { $type: "com.atproto.label.defs#selfLabels", values: [{ val: "!no-unauthenticated" }] } });
    refused = await world.drawbridge("account", "add", "bluesky:bob.test");
    assert.match(refused.stderr, /not signed in/);
    await bob.profile({ displayName: "Bob" });
    await bob.put("org.user-intents.declaration", "self", { protocolBridging: { allow: false }, updatedAt: new Date().toISOString() });
    refused = await world.drawbridge("account", "add", "bluesky:bob.test");
    assert.match(refused.stderr, /declaration of intents/);
    await bob.remove(`at://${bob.did}/org.user-intents.declaration/self`);
    refused = await world.drawbridge("account", "add", "bluesky:nobody.test");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /nobody has that handle/);
  });

  const [check, serve, add, addAgain, ...statuses] = page.commands;
  const actor = await step("the page's commands, as they are written: a code in the profile proves control", async () => {
    assert.equal((await world.runAsWritten(check)).status, 0);
    assert.equal(serve, "drawbridge serve -c drawbridge.ini"); // this is how the gateway was started, with the page's configuration
    const { stdout } = await world.runAsWritten(add);
    const code = /^ +(drawbridge-\S+)$/m.exec(stdout)[1];
    assert.match((await world.runAsWritten(addAgain)).stdout, new RegExp(code)); // not there yet: the same code again
    const asked = JSON.parse((await world.drawbridge("account", "add", "bluesky:alice.test", "--json")).stdout);
    assert.deepEqual([asked.state, asked.code], ["asked", code]);
    const waited = await world.drawbridge("account", "add", "bluesky:alice.test", "--wait", "1", "--json");
    assert.deepEqual([waited.status, waited.stdout], [1, ""]);
    assert.match(waited.stderr, new RegExp(`${code}[^]*did not appear in time`));
    await alice.profile({ displayName: "Alice", description: `Here is ${code}` });
    const on = await world.runAsWritten(addAgain);
    assert.equal(on.status, 0, on.stderr);
    assert.match(on.stdout, new RegExp(`^@alice.test is on: in the fediverse ${handle}$`, "m"));
    assert.equal(statuses.length, 2);
    for (const command of statuses) assert.match((await world.runAsWritten(command)).stdout, /alice\.test/);
    return on.stdout.trim().split("\n").pop().trim();
  });
  await step("the actor is there, and says it once more to whoever asks again", async () => {
    const document = await json(actor);
    assert.equal(document.preferredUsername, "alice_test");
    assert.equal((await webfinger("alice_test")).status, 200);
    assert.match((await world.drawbridge("account", "add", "bluesky:alice.test")).stdout, /is on/);
  });
  await step("Fedify follows", () => world.follow(actor, handle));

  const first = await step("a post arrives", async () => {
    const post = await alice.post("Hello from Bluesky", { langs: ["en"] });
    const create = await world.create("Hello from Bluesky");
    assert.deepEqual(Object.keys(create.object.contentMap ?? {}), ["en"]);
    return { ...post, id: create.object.id };
  });

  await step("what was written before the consent stays home", async () => {
    assert.equal((await world.arrivals()).filter(({ object }) => object?.content?.includes("Before the bridge")).length, 0);
    const outbox = await json(`${actor}/outbox`);
    assert.equal(outbox.totalItems, 1);
  });

  await step("mentions, links and hashtags by their byte offsets", async () => {
    const text = "Grüße @bob.test, see example.com/… #caturday";
    const range = (part) => ({ byteStart: Buffer.byteLength(text.slice(0, text.indexOf(part))), byteEnd: Buffer.byteLength(text.slice(0, text.indexOf(part) + part.length)) });
    await alice.post(text, {
      tags: ["Birds"], // beside the text
      facets: [
        { index: range("@bob.test"), features: [{ $type: "app.bsky.richtext.facet#mention", did: bob.did }] },
        { index: range("example.com/…"), features: [{ $type: "app.bsky.richtext.facet#link", uri: "https://example.com/a/long/path" }] },
        { index: range("#caturday"), features: [{ $type: "app.bsky.richtext.facet#tag", tag: "caturday" }] },
      ],
    });
    const { object } = await world.create("Grüße");
    assert.match(object.content, new RegExp(`Grüße <a href="https://bsky.app/profile/${bob.did}"[^>]*>@bob.test</a>`));
    assert.match(object.content, /<a href="https:\/\/example.com\/a\/long\/path"/);
    assert.deepEqual([object.tag].flat().filter(({ type }) => type === "Hashtag").map(({ name }) => name.toLowerCase()), ["#caturday", "#birds"]);
  });

  await step("pictures with alt text and size, at the account's own server", async () => {
    const bytes = await picture(40, 30);
    const image = await alice.blob(bytes, "image/png");
    await alice.post("two pictures", { embed: { $type: "app.bsky.embed.images", images: [{ image, alt: "a blue field", aspectRatio: { width: 40, height: 30 } }, { image, alt: "" }] } });
    const { object } = await world.create("two pictures");
    assert.equal(object.attachment.length, 2);
    const [one] = object.attachment;
    assert.deepEqual([one.name, one.mediaType, one.width, one.height], ["a blue field", "image/png", 40, 30]);
    const answer = await network.front.get(one.url);
    assert.deepEqual([answer.status, answer.type], [200, "image/png"]);
    assert.deepEqual(answer.body, bytes);
  });

  await step("video, card, label", async () => {
    const video = await alice.blob(Buffer.concat([Buffer.from("0000001c6674797069736f6d", "hex"), Buffer.alloc(500)]), "video/mp4");
    await alice.post("a film", { embed: { $type: "app.bsky.embed.video", video, alt: "nothing moves", aspectRatio: { width: 16, height: 9 } } });
    const film = await world.create("a film");
    assert.deepEqual([film.object.attachment].flat().map(({ mediaType, name }) => [mediaType, name]), [["video/mp4", "nothing moves"]]);
    await alice.post("a card", { embed: { $type: "app.bsky.embed.external", external: { uri: "https://example.org/page", title: "The page", description: "" } } });
    assert.match((await world.create("a card")).object.content, /href="https:\/\/example.org\/page"/);
    await alice.post("with a label", { labels: { $type: "com.atproto.label.defs#selfLabels", values: [{ val: "graphic-media" }] } });
    const { object } = await world.create("with a label");
    assert.deepEqual([object.sensitive, object.summary], [true, "Graphic media"]);
  });

  await step("a thread, a quote and a repost of one's own; of others a link and no more", async () => {
    const strong = { uri: first.uri, cid: first.cid };
    await alice.post("the second of a thread", { reply: { root: strong, parent: strong } });
    assert.equal((await world.create("the second of a thread")).object.inReplyTo, first.id);
    await alice.post("quoting myself", { embed: { $type: "app.bsky.embed.record", record: strong } });
    const quote = (await world.create("quoting myself")).object;
    assert.ok([quote.quote, quote.quoteUrl, quote.quoteUri].flat().includes(first.id), JSON.stringify(quote));
    const shared = await alice.repost(strong);
    const announce = await world.arrived("the Announce", ({ type }) => type === "Announce");
    assert.equal(announce.object, first.id);
    await alice.remove(shared.uri);
    await world.arrived("its Undo", ({ type, object }) => type === "Undo" && (object.id ?? object) === announce.id);
    const theirs = await bob.post("Bob's own words, not to be shown");
    await alice.post("look at that", { embed: { $type: "app.bsky.embed.record", record: theirs } });
    const link = (await world.create("look at that")).object;
    assert.match(link.content, new RegExp(`https://bsky.app/profile/${bob.did}/post/${theirs.uri.split("/").pop()}`));
    assert.doesNotMatch(JSON.stringify(link), /Bob's own words/);
    await alice.repost(theirs);
    const again = await world.create("🔁");
    assert.match(again.object.content, new RegExp(`https://bsky.app/profile/${bob.did}/post/`));
  });

  await step("an edit arrives as an Update", async () => {
    await alice.edit(first.uri, "Hello from Bluesky, edited", { langs: ["en"] });
    const update = await world.arrived("the Update", ({ type, object }) => type === "Update" && object.id === first.id);
    assert.match(update.object.content, /edited/);
  });

  const relayed = async (test) => (await network.relay.records("app.bsky.feed.post")).find(({ value }) => test(value));
  const appears = (text, seconds = SOON) => until(`"${text}" on the PDS`, seconds, () => relayed((value) => value.text.includes(text)));

  const answer = await step("an answer from the fediverse appears on the PDS, in the relay account's words", async () => {
    const id = await peer.reply(first.id, "Nice to <b>read</b> you, see <a href=\"https://example.net/x\">example.net</a>");
    const { value, uri } = await appears("Nice to read you");
    const name = peer.handle;
    assert.ok(value.text.includes(`(${name}): Nice to read you, see example.net`), value.text);
    const facets = value.facets.map(({ index, features }) => [Buffer.from(value.text).subarray(index.byteStart, index.byteEnd).toString(), features[0].uri]);
    assert.deepEqual(facets.map(([text]) => text), [name, "example.net"]);
    assert.equal(facets[1][1], "https://example.net/x");
    assert.equal(value.reply.parent.uri, first.uri);
    assert.equal(value.reply.root.uri, first.uri);
    const [profile] = await network.relay.records("app.bsky.actor.profile");
    assert.deepEqual(profile.value.labels?.values, [{ val: "bot" }], "the account is labelled as a bot");
    assert.equal(profile.value.displayName, "relay");
    return { id, uri };
  });

  await step("the AppView shows it in the thread", () =>
    until("the thread", SOON, async () => {
      const { thread } = await xrpc(network.appview, `app.bsky.feed.getPostThread?uri=${encodeURIComponent(first.uri)}`);
      return thread.replies?.some(({ post }) => post.uri === answer.uri);
    }));

  await step("an answer to that answer, then its edit and its delete", async () => {
    const second = (await peer.send("post", { inReplyTo: answer.id, mention: handle, text: "<p>And one more thing</p>" })).json.object.id;
    const { value, uri } = await appears("And one more thing");
    assert.equal(value.reply.parent.uri, answer.uri);
    assert.equal(value.reply.root.uri, first.uri);
    await peer.edit(second, "And one more thing, corrected", actor);
    await appears("And one more thing, corrected");
    assert.equal((await network.relay.records("app.bsky.feed.post")).length, 2);
    await peer.remove(second, actor);
    await until("it is gone", SOON, async () => !(await relayed(({ text }) => text.includes("one more thing"))));
    assert.ok(await relayed(({ text }) => text.includes("Nice to read you")), uri);
  });

  await longAnswer(peer, first.id, appears);
  await answersWithPictures({ say: (activity) => peer.say(`${actor}/inbox`, activity), author: peer, actor, network, did: network.relay.did, first, appears });

  await step("where answers are closed, none is written", async () => {
    const closed = await alice.post("Please do not answer");
    await alice.put("app.bsky.feed.threadgate", closed.uri.split("/").pop(), { post: closed.uri, allow: [], createdAt: new Date().toISOString() });
    const { object } = await world.create("Please do not answer");
    await peer.reply(object.id, "I answer all the same");
    await until("the refusal", SOON, () => /who may answer/.test(fs.readFileSync(gateway.process.logPath, "utf8")));
    assert.equal(await relayed(({ text }) => text.includes("all the same")), undefined);
  });

  await step("where the mentioned may answer, the account that is mentioned does, also further down", async () => {
    const rule = { $type: "app.bsky.feed.threadgate#mentionRule" };
    const mention = { facets: [{ index: { byteStart: 0, byteEnd: 11 }, features: [{ $type: "app.bsky.richtext.facet#mention", did: network.relay.did }] }] };
    const open = await alice.post("@relay.test may answer", mention);
    await alice.put("app.bsky.feed.threadgate", open.uri.split("/").pop(), { post: open.uri, allow: [rule], createdAt: new Date().toISOString() });
    const { object } = await world.create("may answer");
    await peer.reply(object.id, "I was mentioned");
    await appears("I was mentioned");
    await alice.post("and here too", { reply: { root: { uri: open.uri, cid: open.cid }, parent: { uri: open.uri, cid: open.cid } } });
    await peer.reply((await world.create("and here too")).object.id, "I was mentioned above");
    await appears("I was mentioned above");
  });

  await step("who blocks the relay account is not answered by it", async () => {
    const open = await alice.post("Answers are open here");
    const { object } = await world.create("Answers are open here");
    const block = await alice.create("app.bsky.graph.block", { subject: network.relay.did });
    const seen = (blocked) =>
      until("the AppView knows", SOON, async () => {
        const { posts } = await network.relay.call(`app.bsky.feed.getPosts?uris=${encodeURIComponent(open.uri)}`);
        return (posts.length === 0) === blocked; // what somebody blocks is left out
      });
    await seen(true);
    await peer.reply(object.id, "I answer the one who blocks");
    await until("the refusal", SOON, () => /blocks the other/.test(fs.readFileSync(gateway.process.logPath, "utf8")));
    assert.equal(await relayed(({ text }) => text.includes("the one who blocks")), undefined);
    await alice.remove(block.uri);
    await seen(false);
    await peer.reply(object.id, "I answer again");
    await appears("I answer again");
  });

  await step("profile and pinned post", async () => {
    const avatar = await alice.blob(await picture(20, 20, "#993333"), "image/png");
    await alice.profile({ displayName: "Alice A.", description: "See https://example.com/me.", avatar, pinnedPost: { uri: first.uri, cid: first.cid } });
    await world.arrived("the Update of the actor", ({ type, object }) => type === "Update" && object.id === actor && object.name === "Alice A.");
    const document = await json(actor);
    assert.match(document.summary, /<a href="https:\/\/example.com\/me"/);
    assert.equal((await network.front.get(document.icon.url)).status, 200);
    const featured = await json(document.featured);
    assert.deepEqual([featured.orderedItems ?? featured.items].flat().map((item) => item.id ?? item), [first.id]);
  });

  await step("a new handle keeps the actor, and the old one goes on answering", async () => {
    await alice.call("com.atproto.identity.updateHandle", { handle: "alicia.test" });
    alice.handle = "alicia.test";
    await until("the new name", SOON, async () => (await json(actor)).preferredUsername === "alicia_test");
    for (const name of ["alice_test", "alicia_test"]) {
      const found = await webfinger(name);
      assert.equal(found.json.links.find(({ rel }) => rel === "self").href, actor, name);
      assert.equal(found.json.subject, `acct:alicia_test@${gateway.host}`);
    }
  });

  await step("a delete arrives as a Delete", async () => {
    await alice.remove(first.uri);
    await byId(`${first.id}#delete`);
    assert.equal(await status(first.id), 410);
  });

  await step("what happens while the gateway is dead arrives when it lives again", async () => {
    await gateway.process.kill();
    const late = await alice.post("while you were dead");
    await gateway.start();
    const create = await world.create("while you were dead", 40);
    await alice.edit(late.uri, "while you were dead, edited");
    await world.arrived("its Update", ({ type, object }) => type === "Update" && object.id === create.object.id);
  });

  await step("what no event tells is found by comparing: a create, an edit, a delete, a profile, who may quote", async () => {
    const kept = await alice.post("I shall change");
    const shut = await alice.post("I shall not be quoted");
    const shutId = (await world.create("I shall not be quoted")).object.id;
    const quoters = async () => [(await json(shutId)).interactionPolicy.canQuote.automaticApproval].flat();
    assert.notDeepEqual(await quoters(), [actor]);
    const gone = await alice.post("I shall go");
    const [keptId, goneId] = [(await world.create("I shall change")).object.id, (await world.create("I shall go")).object.id];
    // The stream comes from a host of another name afterwards: no number of the old one means anything there.
    await gateway.process.stop();
    const configuration = fs.readFileSync(gateway.configuration, "utf8");
    fs.writeFileSync(gateway.configuration, configuration.replace("firehose = ws://localhost:", "firehose = ws://127.0.0.1:"));
    await alice.edit(kept.uri, "I have changed");
    await alice.remove(gone.uri);
    await alice.post("Nobody announced me");
    await alice.profile({ displayName: "Alice B." });
    await alice.put("app.bsky.feed.postgate", shut.uri.split("/").pop(), { post: shut.uri, embeddingRules: [{ $type: "app.bsky.feed.postgate#disableRule" }], createdAt: new Date().toISOString() });
    await gateway.start();
    await until("the store", SOON, async () => (await gateway.redis("PING")).trim() === "PONG");
    await world.arrived("the Update", ({ type, object }) => type === "Update" && object.id === keptId && /I have changed/.test(object.content), 40);
    await byId(`${goneId}#delete`);
    await world.create("Nobody announced me");
    await until("the policy", SOON, async () => (await quoters()).join() === actor);
  });

  await step("deactivated: hidden, nothing deleted; activated: back", async () => {
    const before = (await world.arrivals()).filter(({ type }) => type === "Delete").length;
    await alice.call("com.atproto.server.deactivateAccount", {});
    await until("the actor is hidden", SOON, async () => (await status(actor)) === 403);
    await alice.call("com.atproto.server.activateAccount", null);
    await until("the actor is back", SOON, async () => (await status(actor)) === 200);
    assert.equal((await world.arrivals()).filter(({ type }) => type === "Delete").length, before);
    assert.equal((await json(actor)).name, "Alice B.");
    await alice.post("I am back");
    await world.create("I am back");
  });

  await step("status tells of the account and of the stream", async () => {
    const { status: code, stdout } = await world.drawbridge("account", "status", "bluesky:alicia.test");
    assert.equal(code, 0, stdout);
    assert.match(stdout, /state +on since/);
    assert.match(stdout, /cursor +firehose ws:\/\/127.0.0.1:\d+ \d+/);
    assert.match(stdout, /lag +\d+ ms/);
    const { platforms } = JSON.parse((await world.drawbridge("account", "status", "--json")).stdout);
    assert.deepEqual([platforms.length, platforms[0].points_hour_limit], [1, 5000]);
    assert.equal(platforms[0].accounts.find(({ native }) => native === alice.did)?.platform_handle, "alicia.test");
    assert.match(stdout, /budget +[1-9]\d* of 5000 points this hour, [1-9]\d* of 35000 today/);
  });

  await step("each activity came once, in the order of each post", async () => {
    const activities = await world.arrivals();
    const ids = activities.map(({ id }) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
    assert.deepEqual(await peer.complaints(), []);
  });

  await step("deleted: hidden for a day, then a Delete of the actor", async () => {
    await network.admin("com.atproto.admin.deleteAccount", { did: alice.did });
    await until("the actor is hidden", SOON, async () => (await status(actor)) === 403);
    await until("the wait is planned", SOON, async () => Number(await gateway.redis("ZCARD", "departures")) === 1);
    assert.equal((await world.arrivals()).filter(({ type, object }) => type === "Delete" && object === actor).length, 0);
    world.clock.advance(86400 + 60);
    await world.arrived("the Delete of the actor", ({ type, object }) => type === "Delete" && (object.id ?? object) === actor, 40);
    await until("410", 40, async () => [403, 410].includes(await status(actor)) || (await json(actor)).suspended);
  });
});
