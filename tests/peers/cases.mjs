// Golden cases on their way through a whole gateway: a platform tells the post of the case, and what arrives at Fedify is the
// case's activity to the letter; what Fedify makes of it and what snac shows of it is judged too, and what was lost is kept.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { activityFaults, documentFaults } from "../golden/schema_judge.mjs";
import { get } from "./lib/http.mjs";
import { step, story } from "./lib/harness.mjs";
import { binaries, root } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { Snac } from "./lib/snac.mjs";
import { accountOf, postOf, Stage } from "./lib/stage.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 25;
const USER = "alice";
const ACCOUNT = "u_1";
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

// What snac must show of each, as text or as markup.
const CASES = {
  "text-paragraphs": [/One<br\/?>two/, /<p>four<br\/?>five<\/p>/],
  "text-markup-is-escaped": ["&lt;script&gt;alert(", "&amp;amp;"],
  "text-zwj-emoji": ["👨‍👩‍👧‍👦", 'href="https://flags.example/"'],
  "style-nested": [/<(b|strong)>bold/, /<(i|em)>both/],
  "style-code-block": [/<pre><code>int main\(void\)/],
  "style-quote-block": [/<blockquote>\s*<p>first line<br\/?>second line/],
  "style-link-in-bold": ['href="https://example.org/"'],
  hashtag: ["#<span>Cats</span>", "#<span>Dogs2</span>"],
  "hashtag-other-scripts": ["#<span>日本語</span>", "#<span>Straße</span>"],
  "link-query-is-escaped": ['href="https://example.org/?a=1&amp;b=2"'],
  "card-becomes-a-link": ['href="https://news.example/story"'],
  emoji: [/<img[^>]*src="https:\/\/cdn\.platform\.example\/blobcat\.png"/],
  "image-complete": [/src="https:\/\/cdn\.platform\.example\/1\.jpg" alt="A cat"/],
  "image-gallery-of-four": ['alt="Picture 4"'],
  "image-gallery-of-six": ["Picture 5 &lt;&amp;&gt;"],
  "image-long-alt-text": [/alt="(äöü ){300}/],
  video: ["https://cdn.platform.example/v.mp4", "A cat jumps"],
  audio: ["https://cdn.platform.example/a.mp3"],
  "file-is-linked": ['href="https://cdn.platform.example/paper.pdf"'],
  warning: [],
  "warning-with-image": [/<details[^>]*>\s*<summary>Blood/],
  "sensitive-without-a-warning": [],
  language: [],
  "language-of-several": ["Guten Tag, hello"],
  poll: ["Cats"],
  "poll-multiple": ["Dogs"],
  "poll-with-equal-options": [/• Cats<br\/?>• Cats/],
  "title-of-a-short-text": ["The bridge &amp; I", "Only a few words."],
  article: ["The bridge &amp; I"],
  "article-in-the-html-of-the-platform": ['href="https://a.example/?a=1&amp;b=2"'],
  "policy-not-quotable": ["Do not quote"],
  "policy-restricted-replies": ["Friends only"],
};

const golden = path.join(root, "tests/golden/out");
const read = (name, file) => JSON.parse(fs.readFileSync(path.join(golden, name, file), "utf8"));

/** A golden document with the ids of this run in place of its own. */
function here(document, { origin, actor, object, platform }) {
  const text = JSON.stringify(document)
    .replaceAll("https://bridge.example/u/abcdefghij234/p/ponmlkjihgfedcba", object ?? "")
    .replaceAll("https://bridge.example/u/abcdefghij234", actor)
    .replaceAll("https://bridge.example", origin)
    .replaceAll("bridge.example", new URL(origin).host)
    .replaceAll("bluesky", platform);
  return JSON.parse(text);
}

const list = (value) => (value === undefined || value === null ? [] : [value].flat());
const take = (object, names) => Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
const plain = (url) => (url === PUBLIC ? "as:Public" : url);
const seconds = (duration) => (duration ? Number(/^PT([\d.]+)S$/.exec(duration)[1]) : undefined);

/** What Fedify's vocabulary has room for: of what it parsed, or of what it was given. */
function reading(note) {
  const choices = (of) => list(note[of]).map(({ name, replies }) => [name, replies.totalItems]);
  return {
    ...take(note, ["id", "type", "content", "contentMap", "summary", "name", "sensitive", "attributedTo", "context", "votersCount", "closed"]),
    ...{ to: list(note.to).map(plain), cc: list(note.cc).map(plain), url: note.url, source: take(note.source ?? {}, ["content", "mediaType"]) },
    media: list(note.attachment).map((one) => take({ ...one, duration: seconds(one.duration) }, ["type", "name", "url", "mediaType", "width", "height", "duration"])),
    tags: list(note.tag).map((one) => ({ ...take(one, ["type", "name", "href"]), ...(one.icon ? { picture: one.icon.url } : {}) })),
    ...{ oneOf: choices("oneOf"), anyOf: choices("anyOf"), cover: note.image?.url, preview: note.preview?.content },
    collections: [note.replies, note.likes, note.shares].map(({ id }) => id),
    quotable: list(note.interactionPolicy.canQuote.automaticApproval).map(plain),
  };
}

await story("Golden cases through a whole gateway", async () => {
  const world = await step("a platform, the gateway, Fedify and snac run", () => World.start({ peer: "fedify", platform: Stage }));
  const { plaza: stage, gateway, peer: fedify, folder } = world;
  const { origin } = gateway;
  const snac = await Snac.start(folder);
  snac.configure({ max_timeline_entries: 200 });
  const handle = `@${USER}@${gateway.host}`;
  const arrivals = () => fedify.arrivals(origin);
  const arrived = (what, test) => until(what, SOON, async () => (await arrivals()).find(test));
  let serial = 0;
  const fresh = (what) => `${fedify.origin}/${what}/${++serial}`;
  const preview = async (post) => JSON.parse(await run(binaries.drawbridge, ["preview", `plaza:${post}`, "--json", "-c", gateway.configuration]));
  const tell = async (id, text, content) => {
    stage.post({ id, author: ACCOUNT, visibility: "public", text, url: `https://platform.example/alice/${id}` });
    return (await arrived(`the Create of ${id}`, ({ type, object }) => type === "Create" && object.content?.startsWith(content))).object;
  };

  const profile = read("actor", "source.json");
  profile.also_known_as = profile.also_known_as.filter((alias) => /^https?:/.test(alias)); // the contract takes no others
  stage.account(accountOf(profile, ACCOUNT));
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf(USER));
  const aid = actor.split("/").at(-1);
  const ids = { origin, actor, platform: "plaza" };

  await step("both follow", async () => {
    for (const server of [fedify, snac]) {
      await server.follow(handle);
      await until(`${server.name} follows`, SOON, () => server.follows(actor));
    }
  });

  await step("the actor is that of the golden case, and Fedify reads its names, fields, addresses and canonical page", async () => {
    const { json } = await get(actor);
    const expected = here(read("actor", "activity.json"), ids);
    expected.publicKey.publicKeyPem = json.publicKey.publicKeyPem;
    expected.published = json.published;
    expected.alsoKnownAs = profile.also_known_as;
    assert.deepEqual(json, expected);
    assert.deepEqual(documentFaults(json), []);
    assert.equal(json.webfinger, handle.slice(1));
    const parsed = await fedify.lookup(handle);
    assert.equal(parsed.alsoKnownAs, "https://old.example/u/alice");
    assert.deepEqual([parsed.discoverable, parsed.indexable], [true, true]);
    assert.deepEqual(list(parsed.url).at(-1), { type: "Link", href: "https://platform.example/alice", rel: "canonical" });
    assert.match(parsed.attachment[1].value, /rel="me /);
  });

  // Its author never answers the request for permission; what becomes of it is looked at when all else is done.
  const { object: silent } = (await fedify.send("post", { text: "<p>Nobody answers for this</p>", mention: handle })).json;
  stage.post({ id: "p_silent", author: ACCOUNT, visibility: "public", text: "Quoted without an answer", quote_of: { url: silent.id } });

  const cases = {};
  for (const name of Object.keys(CASES)) {
    await step(name, async () => {
      const [source, context, loss] = ["source", "context", "loss"].map((file) => read(name, `${file}.json`));
      const seen = (await arrivals()).length;
      stage.post(postOf(source, context, `p_${name}`, ACCOUNT));
      const create = await until("the Create", SOON, async () => (await arrivals()).slice(seen).find(({ type, object }) => type === "Create" && object.quote !== silent.id));
      const expected = here(read(name, "activity.json"), { ...ids, object: create.object.id });
      expected.published = expected.object.published = create.published;
      assert.deepEqual(create, expected);
      assert.deepEqual(activityFaults(create), []);
      const parsed = await until("Fedify's reading", SOON, async () => (await fedify.parsed("Create", create.object.id))[0]?.object);
      assert.deepEqual(reading(parsed), reading(expected.object));
      const kept = await gateway.redis("--raw", "HGET", `post:${aid}:${create.object.id.split("/").at(-1)}`, "loss");
      assert.deepEqual(kept.trim() ? JSON.parse(kept) : [], loss, "the loss report is not kept with the post");
      cases[name] = create.object;
    });
  }

  await step(`snac shows all ${Object.keys(cases).length}`, async () => {
    const missing = (page) =>
      Object.entries(CASES).flatMap(([name, texts]) =>
        texts.filter((text) => (text instanceof RegExp ? !text.test(page) : !page.includes(text))).map((text) => `${name}: ${text}`));
    let left;
    await until("snac's page", SOON, async () => (left = missing(await snac.page())).length === 0).catch(() => {});
    assert.deepEqual(left, []);
  });

  await step("preview shows what was lost when the post was told, and what would be lost now", async () => {
    const name = "image-gallery-of-six";
    const now = await preview(`p_${name}`);
    assert.deepEqual(now.loss, read(name, "loss.json"));
    assert.deepEqual(now.told_loss, read(name, "loss.json"));
    const { id, author, text, spans, visibility } = stage.posts.get(`p_${name}`);
    stage.posts.get(`p_${name}`).media.length = 3; // the platform says so only when it is asked
    const then = await preview(`p_${name}`);
    assert.deepEqual([then.loss, then.told_loss.length], [[], 2]);
    stage.post({ id, author, text, spans, visibility, media: [] });
    await arrived("the Update", ({ type, object }) => type === "Update" && object.id === cases[name].id);
    await until("no loss", SOON, async () => (await preview(`p_${name}`)).told_loss.length === 0);
  });

  await step("an emoji has an address of its own", async () => {
    const { json } = await get(cases.emoji.tag[0].id);
    assert.deepEqual(documentFaults(json), []);
    assert.equal(json.icon.url, cases.emoji.tag[0].icon.url);
  });

  await step("a text beyond 64 KiB and one with control characters are told all the same", async () => {
    const long = await tell("p_long", `Very long ${"äöü ".repeat(10_000)}`, "<p>Very long");
    assert.match(long.content, /…<\/p><p><a href="https:\/\/platform\.example\/alice\/p_long"/);
    assert.match((await preview("p_long")).told_loss.at(-1).why, /^shortened to \d+ of 65\d{3} bytes, the rest is linked$/);
    const bell = await tell("p_bell", "a bell\u0007 and a nul\u0000.", "<p>a bell");
    assert.equal(bell.content, "<p>a bell  and a nul .</p>");
  });

  const noteOf = (more) => ({ id: fresh("said"), type: "Note", attributedTo: fedify.actor, published: new Date().toISOString(), to: [PUBLIC], cc: [actor], ...more });
  const say = async (object) => {
    await fedify.say(`${origin}/inbox`, { type: "Create", id: `${object.id}#create`, to: object.to, cc: object.cc, object });
    return object;
  };
  const put = (what, test) => until(what, SOON, () => stage.stands("remote-posts").find(test));

  await step("who may not quote is refused, and the quote is only a link on the platform", async () => {
    for (const [name, answer] of [["policy-not-quotable", "Reject"], ["text-paragraphs", "Accept"]]) {
      const { id } = cases[name];
      const quote = await say(noteOf({ content: `<p>Look at ${name}</p><p class="quote-inline">RE: <a href="${id}">${id}</a></p>`, quote: id, quoteUrl: id }));
      const request = fresh("requests");
      await fedify.say(`${actor}/inbox`, { type: "QuoteRequest", id: request, to: actor, object: id, instrument: quote });
      const { result } = await arrived(answer, ({ type, object }) => type === answer && object.id === request);
      const shown = await put("the quote", ({ text }) => text.includes(`Look at ${name}`));
      if (answer === "Reject") {
        assert.deepEqual([result, shown.quote_of], [undefined, null]);
        assert.ok(shown.spans.some(({ type, url }) => type === "link" && url === id), JSON.stringify(shown));
      } else {
        assert.deepEqual(documentFaults((await get(result)).json), []);
        assert.equal(shown.quote_of.local, `p_${name}`);
      }
    }
  });

  await step("a reaction comes with its picture", async () => {
    const url = `${fedify.origin}/blob.png`;
    const tag = { type: "Emoji", name: ":blob:", icon: { type: "Image", mediaType: "image/png", url } };
    await fedify.say(`${origin}/inbox`, { type: "Like", id: fresh("likes"), object: cases.poll.id, content: ":blob@peer.example:", tag: [tag] });
    const relation = await until("the reaction", SOON, () => stage.stands("remote-relations").find(({ kind }) => kind === "emoji"));
    assert.deepEqual(take(relation, ["emoji", "emoji_url"]), { emoji: ":blob:", emoji_url: url });
    assert.equal(relation.target.local, "p_poll");
  });

  await step("what a reply loses on its way is kept with it", async () => {
    const article = await say(noteOf({ type: "Article", name: "A long read", content: `<p>${"word ".repeat(400)}</p>`, url: "https://blog.example/1", inReplyTo: cases.hashtag.id }));
    await put("the article", ({ text }) => text.startsWith("A long read"));
    const key = `remote_object:${createHash("sha256").update(article.id).digest("base64url").slice(0, 22)}`;
    const loss = await until("its report", SOON, async () => JSON.parse(await gateway.redis("--raw", "HGET", key, "loss")));
    assert.ok(loss.length > 0 && loss.every(({ what, why }) => what && why), JSON.stringify(loss));
  });

  await step("attachments that the platform refuses are linked, a text that it finds too long is shortened", async () => {
    stage.refuses = ({ text = "", media = [] }) => (media.length ? "media_type" : text.length > 300 ? "too_long" : undefined);
    const url = "https://cdn.peer.example/owl.webp";
    await say(noteOf({ content: `<p>Refused: ${"word ".repeat(100)}</p>`, inReplyTo: cases.hashtag.id, url: "https://peer.example/1",
      attachment: [{ type: "Document", mediaType: "image/webp", url, name: "An owl" }] }));
    await say(noteOf({ content: "<p>Only a picture</p>", inReplyTo: cases.hashtag.id, attachment: [{ type: "Document", mediaType: "image/webp", url, name: "An owl" }] }));
    const picture = await put("the picture", ({ text }) => text.startsWith("Only a picture"));
    assert.equal(picture.text, "Only a picture\n\nImage 1 of 1: An owl");
    assert.deepEqual([picture.media, picture.spans.at(-1).url], [[], url]);
    const { text } = await put("the long text", (post) => post.text.startsWith("Refused: "));
    assert.ok(text.length <= 300 && text.endsWith("… https://peer.example/1"), text);
    stage.refuses = () => undefined;
  });

  await step("a refused quote goes out without permission, and an edit that quotes something else asks anew", async () => {
    const theirs = async (text) => (await fedify.send("post", { text: `<p>${text}</p>`, mention: handle })).json.object.id;
    const [first, second] = [await theirs("Not to be quoted"), await theirs("To be quoted")];
    const asked = (id) => arrived("QuoteRequest", ({ type, object }) => type === "QuoteRequest" && object === id);
    const post = { id: "p_quote", author: ACCOUNT, visibility: "public", text: "They said so" };
    stage.post({ ...post, quote_of: { url: first } });
    const one = await asked(first);
    await fedify.say(`${actor}/inbox`, { type: "Reject", id: fresh("rejects"), to: actor, object: one.id });
    const { object: note } = await arrived("the Create", ({ type, object }) => type === "Create" && object.quote === first);
    assert.equal(note.quoteAuthorization, undefined);
    assert.match(note.content, /class="quote-inline"/);
    stage.post({ ...post, quote_of: { url: second } });
    const two = await asked(second);
    assert.notEqual(two.id, one.id);
    // Too late, and for what is not quoted any more: it must not count for the other.
    await fedify.say(`${actor}/inbox`, { type: "Accept", id: fresh("accepts"), to: actor, object: one.id, result: fresh("stamps") });
    const stamp = fresh("stamps");
    await fedify.say(`${actor}/inbox`, { type: "Accept", id: fresh("accepts"), to: actor, object: two.id, result: stamp });
    await arrived("the Update with the permission", ({ type, object }) => type === "Update" && object.id === note.id && object.quoteAuthorization === stamp);
    const others = (await arrivals()).filter(({ object }) => object?.id === note.id && object.quoteAuthorization && object.quoteAuthorization !== stamp);
    assert.deepEqual(others, []);
  });

  await step("a quote whose author never answers goes out by itself", async () => {
    const { object } = await arrived("the Create", ({ type, object: note }) => type === "Create" && note.quote === silent.id);
    assert.equal(object.quoteAuthorization, undefined);
  });

  await step("every activity that arrived validates, and all messages of the platform are as docs/contract publishes them", async () => {
    for (const activity of await arrivals()) assert.deepEqual(activityFaults(activity), [], JSON.stringify(activity));
    assert.deepEqual(world.proxy.problems, []);
    assert.deepEqual(await fedify.complaints(), []);
    assert.deepEqual(await snac.complaints(), []);
  });
});
