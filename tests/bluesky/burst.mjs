// A burst of posts while the gateway is killed again and again and its stream is cut at any byte: at the peer exactly one
// object for each post, and every delete among them.
import assert from "node:assert/strict";
import net from "node:net";
import { step, story } from "../peers/lib/harness.mjs";
import { full } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { delay, until } from "../peers/lib/wait.mjs";
import { World } from "./lib/world.mjs";

const POSTS = full ? 600 : 60;
const DELETES = full ? 100 : 10;
const KILLS = full ? 5 : 2;
const CUTS = full ? 20 : 4;
const PATIENCE = full ? 600 : 60;

/** A TCP proxy that, when told so, passes a random part of what comes next and breaks. */
class Cutter {
  static async start(targetPort) {
    const cutter = new Cutter();
    cutter.cuts = 0;
    cutter.armed = false;
    cutter.sockets = new Set();
    cutter.server = net.createServer((client) => {
      const platform = net.connect(targetPort, "127.0.0.1");
      const end = () => [client, platform].forEach((socket) => socket.destroy());
      for (const socket of [client, platform]) cutter.sockets.add(socket.setNoDelay().on("error", end).on("close", end));
      client.pipe(platform);
      platform.on("data", (data) => {
        if (!cutter.armed) return client.write(data);
        cutter.armed = false;
        cutter.cuts++;
        client.end(data.subarray(0, Math.floor(Math.random() * data.length)));
        platform.destroy();
      });
    });
    cutter.port = await freePort();
    await new Promise((resolve) => cutter.server.listen(cutter.port, "127.0.0.1", resolve));
    return cutter;
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

await story(`${POSTS} posts and ${DELETES} deletes, ${KILLS} kills, ${CUTS} cuts: nothing lost, nothing doubled`, async () => {
  let cutter;
  const world = await step("PLC, PDS, the gateway and Fedify run", () =>
    World.start({
      appview: false,
      source: async (network) => {
        cutter = await Cutter.start(Number(new URL(network.firehose).port));
        return `source = firehose\nfirehose = ws://localhost:${cutter.port}`;
      },
    }),
  );
  const { network, gateway, peer } = world;
  const { alice, bob } = network.people;
  const actor = await world.enrol(alice);
  await world.follow(actor, `@alice_test@${gateway.host}`);

  const posts = [];
  const gone = new Set();
  await step("they are written while everything breaks", async () => {
    const every = Math.floor(POSTS / (KILLS + 1));
    const cutEvery = Math.floor(POSTS / (CUTS + 1));
    // A fast machine would write it all before the stream is back: what comes next is cut only once something came.
    const cut = () => {
      const before = cutter.cuts;
      cutter.armed = true;
      return until("the stream is cut", 30, async () => {
        if (cutter.cuts === before) await bob.post("a stranger's, to be cut in the middle");
        return cutter.cuts > before;
      });
    };
    for (let i = 0; i < POSTS; i++) {
      posts.push({ text: `number ${i};`, ...(await alice.post(`number ${i};`)) });
      if (i % 7 === 3) await bob.post(`a stranger's ${i}`);
      if (i % Math.floor(POSTS / DELETES) === 2 && gone.size < DELETES) {
        const victim = posts[i - Math.floor(Math.random() * 3)];
        if (!gone.has(victim.uri)) await alice.remove(victim.uri);
        gone.add(victim.uri);
      }
      if (i % cutEvery === cutEvery - 1) await cut();
      if (i % every === every - 1 && i / every < KILLS) {
        await gateway.process.kill();
        await gateway.start();
      }
    }
    assert.ok(cutter.cuts >= CUTS, `${cutter.cuts} cuts`);
  });

  const creates = async () => (await world.arrivals()).filter(({ type }) => type === "Create");
  await step("each that stayed arrives", async () => {
    const left = new Set(posts.filter(({ uri }) => !gone.has(uri)).map(({ text }) => text));
    await until(`all ${left.size}`, PATIENCE, async () => {
      for (const { object } of await creates()) for (const text of left) if (object.content.includes(text)) left.delete(text);
      return left.size === 0;
    });
  });

  await step("each that was deleted and had arrived is deleted, and nothing else is", async () => {
    const deletedTexts = posts.filter(({ uri }) => gone.has(uri)).map(({ text }) => text);
    await until("every Delete", PATIENCE, async () => {
      const arrivals = await world.arrivals();
      const made = arrivals.filter(({ type, object }) => type === "Create" && deletedTexts.some((text) => object.content.includes(text)));
      const deleted = new Set(arrivals.filter(({ type }) => type === "Delete").map(({ object }) => object.id ?? object));
      return made.every(({ object }) => deleted.has(object.id));
    });
    const arrivals = await world.arrivals();
    const kept = arrivals.filter(({ type, object }) => type === "Create" && !deletedTexts.some((text) => object.content.includes(text))).map(({ object }) => object.id);
    const deleted = arrivals.filter(({ type }) => type === "Delete").map(({ object }) => object.id ?? object);
    assert.deepEqual(deleted.filter((id) => kept.includes(id)), []);
  });

  await step("one object for each post, made before it is deleted, in the order in which they were written", async () => {
    await delay(1000);
    const arrivals = await world.arrivals();
    const byText = new Map();
    for (const { type, object } of arrivals)
      if (type === "Create") {
        const text = /number \d+;/.exec(object.content)[0];
        byText.set(text, (byText.get(text) ?? new Set()).add(object.id));
      }
    for (const [text, ids] of byText) assert.equal(ids.size, 1, `${text} became ${[...ids]}`);
    const first = new Map(arrivals.map(({ type, object }, at) => [`${type} ${object?.id ?? object}`, at]).reverse());
    for (const [what, at] of first) if (what.startsWith("Delete ")) assert.ok(!first.has(what.replace("Delete", "Create")) || first.get(what.replace("Delete", "Create")) < at, what);
    const published = (await creates()).map(({ object }) => object).sort((one, other) => Date.parse(one.published) - Date.parse(other.published));
    const numbers = published.map(({ content }) => Number(/number (\d+);/.exec(content)[1]));
    assert.deepEqual(numbers, [...new Set(numbers)].sort((one, other) => one - other));
    const outbox = await (await fetch(`${actor}/outbox`, { headers: { accept: "application/activity+json" } })).json();
    assert.equal(outbox.totalItems, POSTS - gone.size);
    assert.deepEqual(await peer.complaints(), []);
  });
  cutter.close();
});
