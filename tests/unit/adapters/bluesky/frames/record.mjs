// Made the frames of this folder: what a real PDS says on com.atproto.sync.subscribeRepos while an account lives.
//   build/peers/bin/node tests/unit/adapters/bluesky/frames/record.mjs     (then GOLDEN_REWRITE=1 for what comes of them)
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Atproto, requirePeer } from "../../../../peers/lib/atproto.mjs";
import { Folder } from "../../../../peers/lib/processes.mjs";
import { delay, until } from "../../../../peers/lib/wait.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const { WebSocket } = requirePeer("ws");
const folder = new Folder();
const network = await Atproto.start(folder, { appview: false });
const { alice, bob } = network.people;

const frames = [];
const socket = new WebSocket(`${network.firehose}?cursor=0`);
socket.on("message", (bytes) => frames.push(bytes));
await until("the first frames", 10, () => frames.length > 8);
let at = 0;
let number = 0;
/** Everything that has come since the last call belongs to `name`. */
async function keep(name) {
  await until(name, 10, () => frames.length > at);
  await delay(150);
  for (let part = 0; at < frames.length; at++, part++)
    fs.writeFileSync(path.join(here, `${String(number++).padStart(2, "0")}-${name}${part ? `-${part + 1}` : ""}.frame`), frames[at]);
}
for (const name of fs.readdirSync(here)) if (/\.(frame|jetstream2?|json)$/.test(name)) fs.rmSync(path.join(here, name));
await keep("seed");

const image = await alice.blob(Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6360000000020001e221bc330000000049454e44ae426082", "hex"), "image/png");
const film = await alice.blob(Buffer.concat([Buffer.from("0000001c6674797069736f6d", "hex"), Buffer.alloc(500)]), "video/mp4");
const first = await alice.post("Hello from Bluesky", { langs: ["en"] });
await keep("post");
const text = "Grüße @bob.test, see example.com/… #caturday 👩‍👩‍👧‍👦";
const bytes = (part) => [Buffer.byteLength(text.slice(0, text.indexOf(part))), Buffer.byteLength(text.slice(0, text.indexOf(part) + part.length))];
const facet = (part, feature) => ({ index: { byteStart: bytes(part)[0], byteEnd: bytes(part)[1] }, features: [feature] });
await alice.post(text, {
  langs: ["de", "en"],
  facets: [
    facet("@bob.test", { $type: "app.bsky.richtext.facet#mention", did: bob.did }),
    facet("example.com/…", { $type: "app.bsky.richtext.facet#link", uri: "https://example.com/a/long/path?x=1&y=2" }),
    facet("#caturday", { $type: "app.bsky.richtext.facet#tag", tag: "caturday" }),
  ],
});
await keep("facets");
await alice.post("two pictures", { embed: { $type: "app.bsky.embed.images", images: [{ image, alt: "a dot", aspectRatio: { width: 400, height: 300 } }, { image, alt: "" }] }, labels: { $type: "com.atproto.label.defs#selfLabels", values: [{ val: "nudity" }] } });
await keep("images");
await alice.post("a film", { embed: { $type: "app.bsky.embed.video", video: film, alt: "nothing moves", aspectRatio: { width: 16, height: 9 } } });
await keep("video");
await alice.post("a card", { embed: { $type: "app.bsky.embed.external", external: { uri: "https://example.org/page", title: "The page", description: "What it says" } } });
await keep("card");
const theirs = await bob.post("Bob's own words");
await keep("post-of-another");
await alice.post("an answer", { reply: { root: theirs, parent: theirs } });
await keep("reply");
await alice.post("look at that", { embed: { $type: "app.bsky.embed.record", record: theirs } });
await keep("quote");
await alice.post("look, with a picture", { embed: { $type: "app.bsky.embed.recordWithMedia", record: { $type: "app.bsky.embed.record", record: theirs }, media: { $type: "app.bsky.embed.images", images: [{ image, alt: "a dot" }] } } });
await keep("quote-with-picture");
const shared = await alice.repost(theirs);
await keep("repost");
await alice.remove(shared.uri);
await keep("repost-taken-back");
await alice.edit(first.uri, "Hello from Bluesky, edited");
await keep("edit");
await alice.remove(first.uri);
await keep("delete");
await alice.call("com.atproto.repo.applyWrites", {
  repo: alice.did,
  writes: ["one", "two", "three"].map((word) => ({ $type: "com.atproto.repo.applyWrites#create", collection: "app.bsky.feed.post", value: { $type: "app.bsky.feed.post", text: word, createdAt: new Date().toISOString() } })),
});
await keep("three-at-once");
await alice.create("app.bsky.feed.like", { subject: theirs });
await keep("like");
await alice.profile({ displayName: "Alice A.", description: "Bio with https://example.com/me.", avatar: image, pinnedPost: theirs });
await keep("profile");
await alice.call("com.atproto.identity.updateHandle", { handle: "alicia.test" });
await keep("handle");
await alice.call("com.atproto.server.deactivateAccount", {});
await keep("deactivated");
await alice.call("com.atproto.server.activateAccount", null);
await keep("activated");
await network.admin("com.atproto.admin.updateSubjectStatus", { subject: { $type: "com.atproto.admin.defs#repoRef", did: bob.did }, takedown: { applied: true, ref: "x" } });
await keep("takendown");
await network.admin("com.atproto.admin.deleteAccount", { did: alice.did });
await keep("deleted");
socket.close();

fs.writeFileSync(path.join(here, "accounts"), `${alice.did}\n${bob.did}\n`);
await import("./made.mjs");
await network.process.stop();
await folder.close();
console.log(`${fs.readdirSync(here).filter((name) => name.endsWith(".frame")).length} frames; accounts ${alice.did}, ${bob.did}`);
