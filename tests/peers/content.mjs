// What becomes of each kind of content on its way: what Fedify parses and what snac shows of a member's posts, and what
// Plaza shows of what people there write.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { activityFaults, documentFaults } from "../golden/schema_judge.mjs";
import { textOf } from "./lib/fedify.mjs";
import { get } from "./lib/http.mjs";
import { step, story } from "./lib/harness.mjs";
import { binaries } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { Snac } from "./lib/snac.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 25;
const USER = "alice";
const IMAGE = "https://cdn.example/owl.png";

await story("Content, both ways", async () => {
  const world = await step("Plaza, the gateway, Fedify and snac run; both follow", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer: fedify, folder } = world;
  const snac = await Snac.start(folder);
  const handle = `@${USER}@${gateway.host}`;
  const inbox = `${gateway.origin}/inbox`;
  await plaza.federate(USER, true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf(USER));
  for (const server of [fedify, snac]) {
    await server.follow(handle);
    await until(`${server.name} follows`, SOON, () => server.follows(actor));
  }

  const arrived = (what, test) =>
    until(what, SOON, async () => (await fedify.arrivals(gateway.origin)).find(test));
  const created = (text) => arrived(`Create "${text}"`, ({ type, object }) => type === "Create" && object.content && textOf(object.content).includes(text));
  const parsed = (id) => until("Fedify's reading of it", SOON, async () => (await fedify.parsed("Create")).map(({ object }) => object).find((object) => object.id === id));
  /** What snac shows is looked at once, when all is there: it works through its queues every few seconds. */
  const onSnac = [];
  const snacShows = (...texts) => onSnac.push(...texts);
  /** Makes a post and hands back {post, note, id}: Plaza's id, the Note that arrived at Fedify, its id. */
  const publish = async (text, more) => {
    const post = await plaza.post(USER, text, more);
    const { object } = await created(text.split("\n")[0]);
    return { post, note: object, id: object.id };
  };
  /** A document that is served, which must be as docs/schemas says. */
  const served = async (url) => {
    const { json } = await get(url);
    assert.deepEqual(documentFaults(json), [], url);
    return json;
  };
  let serial = 0;
  const fresh = (what) => `${fedify.origin}/${what}/${++serial}`;
  const noteOf = (more) => ({
    id: fresh("said"),
    type: "Note",
    attributedTo: fedify.actor,
    published: new Date().toISOString(),
    to: ["https://www.w3.org/ns/activitystreams#Public"],
    cc: [actor],
    ...more,
  });
  /** A post of Fedify's person. */
  const say = async (more) => {
    const object = noteOf(more);
    await fedify.say(inbox, { type: "Create", id: `${object.id}#create`, to: object.to, cc: object.cc, object });
    return object.id;
  };

  await step("paragraphs and lines stay", async () => {
    const { note } = await publish("First line\nsecond line\n\nNew paragraph");
    assert.equal(note.content, "<p>First line<br>second line</p><p>New paragraph</p>");
    snacShows("second line", "New paragraph");
  });

  await step("an image comes with its description", async () => {
    const { id } = await publish("An owl", { image_url: IMAGE, image_alt: "A tawny owl on a beam" });
    const [attachment] = [(await parsed(id)).attachment].flat();
    assert.equal(attachment.type, "Image");
    assert.equal(attachment.name, "A tawny owl on a beam");
    snacShows('alt="A tawny owl on a beam"');
  });

  await step("a video is a video", async () => {
    const { note } = await publish("Moving pictures", { image_url: "https://cdn.example/owl.mp4", image_alt: "It turns its head" });
    assert.equal(note.attachment[0].type, "Video");
    assert.equal(note.attachment[0].mediaType, "video/mp4");
    snacShows("owl.mp4");
  });

  await step("a content warning hides the text", async () => {
    const { id } = await publish("The butler did it", { warning: "Spoiler: the play" });
    const note = await parsed(id);
    assert.equal(note.summary, "Spoiler: the play");
    assert.equal(note["as:sensitive"] ?? note.sensitive, true);
    snacShows(/<details[^>]*>\s*<summary>Spoiler: the play(?:(?!<\/details>).)*The butler did it/s);
  });

  await step("the language is told", async () => {
    const { note } = await publish("Guten Morgen", { language: "de" });
    assert.deepEqual(note.contentMap, { de: note.content });
  });

  await step("a hashtag is a tag whose page is served", async () => {
    const { note } = await publish("Look up #owls");
    const tag = note.tag.find(({ type }) => type === "Hashtag");
    assert.equal(tag.name, "#owls");
    assert.deepEqual((await served(tag.href)).orderedItems, [note.id]);
    const page = await get(tag.href, { accept: "text/html" });
    assert.equal(page.status, 200);
    assert.ok(page.text.includes("Look up"), "the post is not on the tag's page");
    snacShows(">#<span>owls</span></a>");
  });

  await step("somebody whom Plaza never met is found by the address and notified", async () => {
    const { note } = await publish(`Hello ${snac.handle}`);
    const mention = note.tag.find(({ type }) => type === "Mention");
    assert.equal(mention.href, snac.actor);
    assert.equal(mention.name, snac.handle);
    assert.ok(note.cc.includes(snac.actor));
    await until("snac notifies", SOON, () => snac.notifications().some(({ objid }) => objid === note.id));
  });

  await step("a member of the fediverse is named by the actor", async () => {
    await plaza.federate("bob", true);
    const bob = await until("bob's webfinger", SOON, () => gateway.actorOf("bob"));
    const { note } = await publish("With @bob");
    assert.equal(note.tag.find(({ type }) => type === "Mention").href, bob);
  });

  await step("whoever is mentioned hears of it without following", async () => {
    const bob = await gateway.actorOf("bob");
    await plaza.post("bob", `Good morning ${snac.handle}`);
    await until("snac notifies", SOON, () => snac.notifications().some(({ actor: who }) => who === bob));
    assert.ok(!(await fedify.arrivals(gateway.origin)).some((activity) => activity.actor === bob), "it went to servers that it is not for");
  });

  await step("letters of all kinds arrive as they were written", async () => {
    const text = "👩‍👩‍👧‍👦 שלום 𝕏 <b>&amp; o̷k";
    const { id } = await publish(text);
    const note = await parsed(id);
    assert.equal(note.source?.content ?? text, text);
    assert.ok(note.content.includes("👩‍👩‍👧‍👦 שלום 𝕏 &lt;b&gt;&amp;amp; o̷k"), note.content);
    snacShows("👩‍👩‍👧‍👦 שלום 𝕏");
  });

  await step("a long text is not cut", async () => {
    const text = `Long: ${"word ".repeat(180)}end of it`;
    const { note } = await publish(text);
    assert.ok(note.content.includes("end of it"));
    snacShows("end of it");
  });

  await step("an edit is shown", async () => {
    const { post, id, note } = await publish("A typpo");
    await plaza.edit(post, "A typo, mended");
    const update = await arrived("Update", ({ type, object }) => type === "Update" && object.id === id);
    assert.equal(update.object.published, note.published);
    assert.ok(update.object.updated > note.published);
    snacShows("A typo, mended");
  });

  await step("a thread stays one: each answers the one before, and one conversation lists all", async () => {
    const first = await publish("One of two");
    const second = await publish("Two of two", { reply_to: first.post });
    assert.equal(second.note.inReplyTo, first.id);
    assert.equal(second.note.context, `${first.id}/context`);
    assert.equal(first.note.context, `${first.id}/context`);
    const answer = await fedify.reply(second.id, "And a third");
    await until("the answer on Plaza", SOON, () => plaza.replyWith(first.post, "And a third"));
    const conversation = await served(first.note.context);
    assert.equal(conversation.type, "OrderedCollection");
    assert.equal(conversation.attributedTo, actor);
    assert.deepEqual(conversation.orderedItems, [first.id, second.id, answer]);
    assert.deepEqual((await served(`${first.id}/replies`)).items, [second.id]);
    assert.deepEqual((await served(`${second.id}/replies`)).items, [answer]);
    assert.equal((await get(`${second.id}/context`)).status, 404);
    // Of a thread that snac shows, the answers stand in children of what they answer.
    snacShows(/One of two(?:(?!One of two|snac-post ).)*snac-child(?:(?!One of two|snac-post ).)*Two of two/s);
  });

  await step("a poll can be voted in from elsewhere, and its counts come back without an edit", async () => {
    const { post, id } = await publish("Tea or coffee?", { poll: "Tea\nCoffee" });
    const question = await parsed(id);
    assert.equal(question.type, "Question");
    assert.deepEqual([question.oneOf].flat().map(({ name }) => name), ["Tea", "Coffee"]);
    snacShows("Tea or coffee?", "Coffee");
    const vote = noteOf({ name: "Coffee", inReplyTo: id, to: actor, cc: undefined });
    await fedify.say(`${actor}/inbox`, { type: "Create", id: `${vote.id}#vote`, to: actor, object: vote });
    await until("the vote on Plaza", SOON, async () => (await plaza.whole(post)).poll.options[1].votes === 1);
    const again = noteOf({ name: "Tea", inReplyTo: id, to: actor, cc: undefined });
    await fedify.say(`${actor}/inbox`, { type: "Create", id: `${again.id}#vote`, to: actor, object: again });
    const counted = await arrived("Update of the counts", ({ type, object }) => type === "Update" && object.id === id);
    assert.deepEqual(counted.object.oneOf.map(({ replies }) => replies.totalItems), [0, 1]);
    assert.equal(counted.object.votersCount, 1);
    assert.equal(counted.object.updated, undefined);
    assert.deepEqual((await plaza.whole(post)).poll.options.map(({ votes }) => votes), [0, 1]);
  });

  await step("several choices of one person come in one activity", async () => {
    const { post, id } = await publish("Which owls?", { poll: "Barn\nTawny\nSnowy", poll_multiple: true });
    const votes = ["Barn", "Snowy"].map((name) => noteOf({ name, inReplyTo: id, to: actor, cc: undefined }));
    await fedify.say(`${actor}/inbox`, { type: "Create", id: fresh("votes"), to: actor, object: votes });
    await until("both votes on Plaza", SOON, async () =>
      (await plaza.whole(post)).poll.options.map(({ votes }) => votes).join() === "1,0,1");
  });

  await step("a quote of one's own post carries a permission that is served", async () => {
    const first = await publish("Quote me");
    const { note } = await publish("As I said", { quote_of: first.post });
    for (const name of ["quote", "quoteUri", "quoteUrl", "_misskey_quote"]) assert.equal(note[name], first.id, name);
    assert.match(note.content, /class="quote-inline"/);
    const permission = await served(note.quoteAuthorization);
    assert.equal(permission.type, "QuoteAuthorization");
    assert.equal(permission.attributedTo, actor);
    assert.equal(permission.interactingObject, note.id);
    assert.equal(permission.interactionTarget, first.id);
    assert.equal((await parsed(note.id)).quoteUrl, first.id);
    snacShows(new RegExp(`As I said(?:(?!snac-post ).)*RE: <a [^>]*href="${first.id}"`, "s"));
  });

  await step("who is quoted elsewhere is asked first, and the permission goes with the note", async () => {
    const { object: quoted } = (await fedify.send("post", { text: "<p>Quotable elsewhere</p>", mention: handle })).json;
    await plaza.post(USER, "They said it", { quote_of: quoted.id });
    const request = await arrived("QuoteRequest", ({ type, object }) => type === "QuoteRequest" && object === quoted.id);
    assert.equal(request.instrument.quote, quoted.id);
    const early = (await fedify.arrivals(gateway.origin)).some(({ type, object }) => type === "Create" && object.content?.includes("They said it"));
    assert.ok(!early, "the note did not wait for the answer");
    const stamp = fresh("stamps");
    await fedify.say(`${actor}/inbox`, { type: "Accept", id: fresh("accepts"), to: actor, object: request.id, result: stamp });
    const { object } = await created("They said it");
    assert.equal(object.quoteAuthorization, stamp);
    assert.ok(object.cc.includes(fedify.actor));
    await fedify.say(`${actor}/inbox`, { type: "Delete", id: fresh("deletes"), to: actor, object: stamp });
    const update = await arrived("Update without it", ({ type, object: note }) => type === "Update" && note.id === object.id);
    assert.equal(update.object.quoteAuthorization, undefined);
  });

  await step("a quote of ours from elsewhere is permitted, shown on Plaza, and void when the post is gone", async () => {
    const { post, id } = await publish("Quote this everywhere");
    const instrument = noteOf({ content: "<p>Worth reading</p>", quote: id, quoteUrl: id });
    await fedify.say(inbox, { type: "Create", id: `${instrument.id}#create`, to: instrument.to, cc: instrument.cc, object: instrument });
    await until("the quote on Plaza", SOON, async () => (await plaza.mentions(USER)).some(({ text, quote }) => text.includes("Worth reading") && quote === post));
    const request = fresh("requests");
    await fedify.say(`${actor}/inbox`, { type: "QuoteRequest", id: request, to: actor, object: id, instrument });
    const accept = await arrived("Accept", ({ type, object }) => type === "Accept" && object.id === request);
    const permission = await served(accept.result);
    assert.deepEqual([permission.interactingObject, permission.interactionTarget], [instrument.id, id]);
    const forged = noteOf({ content: "<p>No quote at all</p>" });
    const bad = fresh("requests");
    await fedify.say(`${actor}/inbox`, { type: "QuoteRequest", id: bad, to: actor, object: id, instrument: forged });
    await arrived("Reject", ({ type, object }) => type === "Reject" && object.id === bad);
    await plaza.remove(post);
    const farewell = await arrived("Delete of the permission", ({ type, object }) => type === "Delete" && object.id === accept.result);
    assert.equal((await get(accept.result)).status, 410);
    // Who quoted passes it on to those who were shown the quote, and they verify this one.
    await until("Fedify's verdict", SOON, async () => (await fedify.ask("verify")).find((one) => one.id === farewell.id)?.ld);
  });

  await step("a repost is an Announce, and taking it back an Undo", async () => {
    const { post, id } = await publish("Say it twice");
    const repost = await plaza.repost(USER, post);
    const announce = await arrived("Announce", ({ type, object }) => type === "Announce" && object === id);
    assert.match(announce.id, new RegExp(`^${actor}/b/[a-z2-7]{16}$`));
    await until("Fedify's reading of it", SOON, async () => (await fedify.parsed("Announce", id)).length === 1);
    assert.equal((await served(announce.id)).object, id);
    const outbox = (await served(`${actor}/outbox?page=0`)).orderedItems;
    assert.equal(outbox[0].id, announce.id);
    await plaza.remove(repost);
    const undo = await arrived("Undo", ({ type, object }) => type === "Undo" && object.id === announce.id);
    assert.deepEqual([undo.object.type, undo.object.object], ["Announce", id]);
    assert.equal((await get(announce.id)).status, 410);
  });

  await step("somebody else's post is reposted by its own id, and its author hears of it", async () => {
    const { object: theirs } = (await fedify.send("post", { text: "<p>Repeat after me</p>", mention: handle })).json;
    await plaza.repost(USER, theirs.id);
    const announce = await arrived("Announce", ({ type, object }) => type === "Announce" && object === theirs.id);
    assert.ok(announce.cc.includes(fedify.actor));
  });

  await step("a pinned post is in the featured collection, and told", async () => {
    const { post, id } = await publish("Pin this up");
    await plaza.pin(USER, post);
    const add = await arrived("Add", ({ type, object }) => type === "Add" && object === id);
    assert.equal(add.target, `${actor}/featured`);
    assert.deepEqual((await served(add.target)).orderedItems.map((note) => note.id), [id]);
    await plaza.pin(USER, post, false);
    await arrived("Remove", ({ type, object }) => type === "Remove" && object === id);
    assert.deepEqual((await get(add.target)).json.orderedItems, []);
  });

  await step("a new name and bio arrive", async () => {
    await plaza.test("PUT", `users/${USER}/profile`, { name: "Alice Owl", bio: "Watches #owls" });
    const update = await arrived("Update of the actor", ({ type, object }) => type === "Update" && object.name === "Alice Owl");
    assert.equal(update.object.id, actor);
    assert.match(update.object.summary, /Watches/);
    await until("snac knows the name", SOON, () => snac.object(actor)?.name === "Alice Owl");
  });

  await step(`snac shows all ${onSnac.length} of it`, async () => {
    const missing = (page) => onSnac.filter((text) => (text instanceof RegExp ? !text.test(page) : !page.includes(text))).map(String);
    let left;
    await until("snac's page", SOON, async () => (left = missing(await snac.page())).length === 0).catch(() => {});
    assert.deepEqual(left, []);
  });

  await step("preview shows the activity, the servers and what is lost, and sends nothing", async () => {
    const before = (await fedify.arrivals(gateway.origin)).length;
    const preview = (...words) => run(binaries.drawbridge, ["preview", ...words, "-c", gateway.configuration]);
    const post = await plaza.post(USER, "Previewed", { image_url: IMAGE, image_alt: "An owl" });
    const { object } = await created("Previewed");
    const json = JSON.parse(await preview(`plaza:${post}`, "--json", "--as", "peertube"));
    assert.deepEqual([json.state, json.stays, json.loss], ["told", [], []]);
    assert.equal(json.activity.object.id, object.id);
    assert.equal(json.activity.object.content, object.content);
    assert.match(json.text, /Previewed\n\[Image\] An owl/);
    assert.deepEqual(json.recipients.map(({ host, followers }) => [host, followers]).sort(), [fedify, snac].map(({ origin }) => [new URL(origin).host, 1]).sort());
    assert.match(json.as.drops[0].says, /only comments/);
    assert.match(json.as.drops[0].source, /PeerTube/);
    const foreign = { id: "p_777", author: "u_1", rev: 1, created: "2026-11-01T09:00:00Z", visibility: "public", text: "Not posted",
      poll: { options: [{ name: "a" }, { name: "a" }] }, media: [1, 2, 3, 4, 5].map((n) => ({ kind: "image", url: `https://cdn.example/${n}.png` })) };
    const shown = await run(binaries.drawbridge, ["preview", "-", "-c", gateway.configuration], { input: JSON.stringify(foreign) });
    assert.match(shown, /It stays at home:\n {2}it is older than the owner's consent/);
    assert.match(shown, /Changed on the way:\n(.*\n)*? {2}image 5 of 5: /);
    assert.match(shown, / {2}poll: shown as text/);
    for (const [words, sentence] of [
      [["plaza"], /write it as PLATFORM:POST/],
      [["nowhere:p_1"], /there is no platform nowhere in .*; there are: plaza/],
      [["plaza:p_99999"], /does not know it/],
      [[`plaza:${post}`, "--as", "geocities"], /there are: mastodon, /],
    ])
      await assert.rejects(preview(...words), sentence);
    assert.equal((await fedify.arrivals(gateway.origin)).length, before + 1);
  });

  const { post: thread, id: root } = await publish("Answer me");
  const answer = (text) => until(`"${text}" on Plaza`, SOON, async () => (await plaza.whole(thread)).replies.find((reply) => reply.text.includes(text)));

  await step("an answer brings its image, description and warning along", async () => {
    await say({
      content: "<p>Here it is</p>",
      summary: "Feathers",
      sensitive: true,
      inReplyTo: root,
      attachment: { type: "Document", mediaType: "image/png", url: IMAGE, name: "A feather", width: 40, height: 30 },
    });
    const shown = await answer("Here it is");
    assert.equal(shown.warning, "Feathers");
    assert.deepEqual([shown.media[0].url, shown.media[0].alt], [IMAGE, "A feather"]);
  });

  await step("pictures beyond what Plaza takes are linked with their descriptions", async () => {
    const attachment = [1, 2, 3, 4, 5].map((n) => ({ type: "Document", mediaType: "image/png", url: `https://cdn.example/${n}.png`, name: `Feather ${n}` }));
    await say({ content: "<p>Five of them</p>", inReplyTo: root, attachment });
    const shown = await answer("Five of them");
    assert.deepEqual(shown.media.map(({ alt }) => alt), ["Feather 1", "Feather 2", "Feather 3", "Feather 4"]);
    assert.match(shown.text, /\n\nImage 5 of 5: Feather 5$/);
  });

  await step("an article as an answer is title, summary and link", async () => {
    await say({ type: "Article", name: "On owls", summary: "<p>All of it</p>", content: "<p>Long read</p>", url: "https://blog.example/owls", inReplyTo: root });
    const shown = await answer("On owls");
    assert.equal(shown.text, "On owls\n\nAll of it\n\nhttps://blog.example/owls");
  });

  await step("what a group repeats is asked for where it was said", async () => {
    const { object } = (await fedify.send("post", { text: "<p>Said in a group</p>", to: "public", inReplyTo: root })).json;
    await answer("Said in a group");
    await fedify.say(inbox, {
      type: "Announce",
      id: fresh("groups"),
      object: { type: "Update", id: fresh("updates"), actor: "https://elsewhere.example/u/mallory", object: { ...object, content: "<p>Said by nobody</p>", updated: new Date().toISOString() } },
    });
    await say({ content: "<p>After the group</p>", inReplyTo: root });
    await answer("After the group");
    assert.ok(!(await plaza.whole(thread)).replies.some(({ text }) => text.includes("by nobody")), "a group's word was believed");
  });

  await step("reactions stand apart from likes and from each other, and count as one like", async () => {
    const reactions = async () => (await plaza.whole(thread)).reactions.map(({ emoji }) => emoji).sort().join(" ");
    const owl = fresh("reactions");
    const blob = fresh("reactions");
    await fedify.say(inbox, { type: "EmojiReact", id: owl, object: root, content: "🦉" });
    await fedify.say(inbox, { type: "Like", id: blob, object: root, content: ":blob@.:", _misskey_reaction: ":blob@.:" });
    await until("both reactions", SOON, async () => (await reactions()) === ":blob: 🦉");
    assert.equal((await served(`${root}/likes`)).totalItems, 1);
    await fedify.say(inbox, { type: "Undo", id: `${owl}#undo`, object: { type: "EmojiReact", id: owl, actor: fedify.actor, object: root, content: "🦉" } });
    await until("one reaction", SOON, async () => (await reactions()) === ":blob:");
    assert.equal((await served(`${root}/likes`)).totalItems, 1);
  });

  await step("who names a member without answering anything is shown to that member, and gone when deleted", async () => {
    const name = handle.replace(/^@/, "");
    const id = await say({
      content: `<p><a href="${actor}" class="mention">@${USER}</a> out of the blue</p>`,
      tag: { type: "Mention", href: actor, name: `@${name}` },
    });
    await until("the mention", SOON, async () => (await plaza.mentions(USER)).some(({ text }) => text.includes("out of the blue")));
    await fedify.say(inbox, { type: "Delete", id: `${id}#delete`, object: { type: "Tombstone", id } });
    await until("no mention", SOON, async () => !(await plaza.mentions(USER)).some(({ text }) => text.includes("out of the blue")));
  });

  await step("whom a member blocks may quote no more", async () => {
    const instrument = noteOf({ content: "<p>Quoted once more</p>", quote: root });
    const request = fresh("requests");
    await fedify.say(`${actor}/inbox`, { type: "QuoteRequest", id: request, to: actor, object: root, instrument });
    const { result } = await arrived("Accept", ({ type, object }) => type === "Accept" && object.id === request);
    await served(result);
    const key = `ra_${createHash("sha256").update(fedify.actor).digest("base64url").slice(0, 22)}`;
    await plaza.test("POST", `users/${USER}/blocks`, { key, on: true });
    await arrived("Delete of the permission", ({ type, object }) => type === "Delete" && object.id === result);
    await until("410", SOON, async () => (await get(result)).status === 410);
  });

  await step("every activity that arrived validates against docs/schemas", async () => {
    for (const activity of await fedify.arrivals(gateway.origin)) assert.deepEqual(activityFaults(activity), [], JSON.stringify(activity));
  });

  await step("every message between the gateway and Plaza was as docs/contract publishes it", () => {
    assert.deepEqual(world.proxy.problems, []);
  });

  await step("nothing that arrived was refused by Fedify or by snac", async () => {
    assert.deepEqual(await fedify.complaints(), []);
    assert.deepEqual(await snac.complaints(), []);
  });
});
