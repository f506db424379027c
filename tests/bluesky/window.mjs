// The gateway rests for longer than the PDS's stream can be read again: the PDS says so (OutdatedCursor), and comparing finds
// every create, edit and delete made meanwhile.
import assert from "node:assert/strict";
import fs from "node:fs";
import { step, story } from "../peers/lib/harness.mjs";
import { full } from "../peers/lib/paths.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "./lib/world.mjs";

const WINDOW_MS = 2000;
const EACH = full ? 40 : 5;

await story("A rest that is longer than the PDS's window", async () => {
  const world = await step("PLC, PDS, the gateway and Fedify run", () => World.start({ appview: false, windowMs: WINDOW_MS }));
  const { network, gateway, peer } = world;
  const { alice } = network.people;
  const actor = await world.enrol(alice);
  await world.follow(actor, `@alice_test@${gateway.host}`);
  const many = (word) => Array.from({ length: EACH }, (_, i) => `${word} ${i};`);
  const texts = [...many("edited"), ...many("deleted")];
  const posts = await step("posts arrive", async () => {
    const written = [];
    for (const text of texts) written.push({ text, ...(await alice.post(text)) });
    for (const post of written) post.id = (await world.create(post.text)).object.id;
    return written;
  });

  await step("meanwhile others are made, and these edited and deleted", async () => {
    await gateway.process.stop();
    for (const { text, uri } of posts) await (text.startsWith("edited") ? alice.edit(uri, `now ${text}`) : alice.remove(uri));
    for (const text of many("made")) await alice.post(text);
    await delay(2 * WINDOW_MS);
    await gateway.start();
  });

  await step("all of it is found", async () => {
    const missing = async () => {
      const arrivals = await world.arrivals();
      const has = (test) => arrivals.some(test);
      return [
        ...posts.filter(({ text, id }) => (text.startsWith("edited") ? !has(({ type, object }) => type === "Update" && object.id === id && object.content.includes(`now ${text}`)) : !has((one) => one.id === `${id}#delete`))).map(({ text }) => text),
        ...many("made").filter((text) => !has(({ type, object }) => type === "Create" && object.content.includes(text))),
      ];
    };
    let left = [];
    await until("every create, edit and delete", full ? 180 : 40, async () => (left = await missing()).length === 0).catch((error) => {
      throw new Error(`${error.message}: ${left.length} are missing: ${left.slice(0, 5)}`);
    });
    assert.match(fs.readFileSync(gateway.process.logPath, "utf8"), /events missing/);
    const ids = (await world.arrivals()).map(({ id }) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
    assert.deepEqual(await peer.complaints(), []);
  });
});
