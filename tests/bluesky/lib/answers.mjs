// What is asked of an answer from the fediverse, whichever account writes it. `appears(text)` waits for the record.
import assert from "node:assert/strict";
import http from "node:http";
import { picture } from "../../peers/lib/atproto.mjs";
import { atEnd, step } from "../../peers/lib/harness.mjs";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

export const longAnswer = (peer, first, appears) =>
  step("a long answer keeps to 300 graphemes and 3000 bytes, with a link to the rest", async () => {
    await peer.reply(first, `Long 👩‍👩‍👧‍👦 ${"wörter ".repeat(200)}end`);
    const { value } = await appears("Long");
    const count = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(value.text)].length;
    assert.ok(count <= 300 && count > 200, `${count} graphemes`);
    assert.ok(Buffer.byteLength(value.text) <= 3000);
    assert.ok(value.facets.some(({ features }) => features[0].uri?.startsWith(peer.origin)), JSON.stringify(value.facets));
  });

/** `author` says something with `say(activity)`; `did` is the account that writes it. */
export const answersWithPictures = ({ say, author, actor, network, did, first, appears }) =>
  step("an answer's pictures appear with their alt text; what is no picture is linked", async () => {
    const bytes = await picture(60, 40, "#228844");
    const gallery = http.createServer((request, response) => response.writeHead(200, { "content-type": "image/png" }).end(request.url.endsWith("1.png") ? bytes : "<html>no picture, whatever is said of it</html>"));
    await new Promise((resolve) => gallery.listen(0, "127.0.0.1", resolve));
    atEnd(() => gallery.closeAllConnections());
    const url = `http://127.0.0.1:${gallery.address().port}/field`;
    const tell = (number, content, ...pictures) =>
      say({
        type: "Create",
        id: `${author.origin}/pictures/${number}/create`,
        to: [PUBLIC],
        cc: [actor],
        object: {
          type: "Note",
          id: `${author.origin}/pictures/${number}`,
          attributedTo: author.actor,
          inReplyTo: first.id,
          content: `<p>${content}</p>`,
          published: new Date().toISOString(),
          to: [PUBLIC],
          cc: [actor],
          attachment: pictures.map((name) => ({ type: "Document", mediaType: "image/png", url: `${url}${name}.png`, name: "a green field", width: 60, height: 40 })),
        },
      });
    await tell(1, "Two fields", "1", "-1");
    const { embed } = (await appears("Two fields")).value;
    assert.equal(embed.$type, "app.bsky.embed.images");
    assert.deepEqual(embed.images.map(({ alt, aspectRatio, image }) => [alt, aspectRatio, image.mimeType, image.size]), Array(2).fill(["a green field", { width: 60, height: 40 }, "image/png", bytes.length]));
    const { body } = await network.front.get(`${network.front.origin}/xrpc/com.atproto.sync.getBlob?did=${did}&cid=${embed.images[0].image.ref.$link}`);
    assert.deepEqual(body, bytes);
    await tell(2, "No field", "1", "2");
    const linked = (await appears("No field")).value.embed;
    assert.deepEqual([linked.$type, linked.external?.uri], ["app.bsky.embed.external", `${author.origin}/pictures/2`]);
    gallery.close();
    gallery.closeAllConnections();
  });
