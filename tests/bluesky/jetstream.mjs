// The same account by Jetstream: the watch list is told and grows while the stream is open, cursors go on after a kill, a
// change of source is noticed. The stand-in is read by the real client too.
import assert from "node:assert/strict";
import fs from "node:fs";
import { step, story } from "../peers/lib/harness.mjs";
import { until } from "../peers/lib/wait.mjs";
import { Jetstream, skyware } from "./lib/jetstream.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;
const AP = { headers: { accept: "application/activity+json" } };

await story("An account by Jetstream", async () => {
  let jetstream;
  const world = await step("PLC, PDS, Jetstream's stand-in, the gateway and Fedify run", () =>
    World.start({
      appview: false,
      source: async (network) => {
        jetstream = await Jetstream.start(network);
        return `source = jetstream\njetstream = ${jetstream.origin}`;
      },
    }),
  );
  const { network, gateway, peer } = world;
  const { alice, bob } = network.people;
  const client = await skyware(jetstream.origin, ["app.bsky.feed.post"]);
  const actor = await step("an account is switched on", () => world.enrol(alice));
  await world.follow(actor, `@alice_test@${gateway.host}`);
  await step("the stream is told whom to watch, and nobody else's posts come", () =>
    until("the watch list", SOON, () => [...jetstream.readers].some(({ dids }) => dids.length === 1 && dids[0] === alice.did)),
  );

  const first = await step("post, edit, delete", async () => {
    await bob.post("a stranger's");
    const post = await alice.post("by Jetstream");
    const { object } = await world.create("by Jetstream");
    await alice.edit(post.uri, "by Jetstream, edited");
    await world.arrived("the Update", ({ type, object: { id } }) => type === "Update" && id === object.id);
    await alice.remove(post.uri);
    await world.arrived("the Delete", ({ id }) => id === `${object.id}#delete`);
    return post;
  });

  await step("another account joins the watch list of the open stream, with its newest posts from before", async () => {
    for (const word of ["first", "second", "third"]) await bob.post(`Bob's ${word} before`);
    const other = await world.enrol(bob, "--backfill", "2");
    const outbox = async () => {
      const { first, totalItems } = await (await fetch(`${other}/outbox`, AP)).json();
      return totalItems ? (await (await fetch(first, AP)).json()).orderedItems.map(({ object }) => /Bob's (\w+) before/.exec(object.content)?.[1]) : [];
    };
    await until("the outbox", SOON, async () => (await outbox()).length === 2);
    assert.deepEqual(await outbox(), ["third", "second"]);
    const { stdout } = await world.drawbridge("account", "status", "bluesky:bob.test");
    assert.match(stdout, /waiting +0 events/);
    assert.match(stdout, /posts +2\n +of them from before +2\n/);
    await world.follow(other, `@bob_test@${gateway.host}`);
    await until("the longer list", SOON, () => [...jetstream.readers].some(({ dids }) => dids.length === 2));
    await bob.post("Bob is bridged now");
    await world.create("Bob is bridged now");
  });

  await step("after a kill it goes on from its cursor", async () => {
    await gateway.process.kill();
    await alice.post("said meanwhile");
    await gateway.start();
    await world.create("said meanwhile", 40);
    assert.match(await gateway.redis("GET", "cursor:bluesky"), /^jetstream ws:\/\/localhost:\d+ \d{16}/);
  });

  await step("from Jetstream to the PDS's firehose: what was said meanwhile is found by comparing", async () => {
    await gateway.process.stop();
    await alice.post("between two sources");
    fs.writeFileSync(gateway.configuration, fs.readFileSync(gateway.configuration, "utf8").replace(/source = jetstream\njetstream = .*/, `source = firehose\nfirehose = ${new URL(network.firehose).origin}`));
    await gateway.start();
    await world.create("between two sources", 40);
    await alice.post("and on by firehose");
    await world.create("and on by firehose");
  });

  await step("the real client read the same from the stand-in", async () => {
    const rkey = first.uri.split("/").pop();
    await until("its delete", SOON, () => client.heard.some(({ what, rkey: key }) => key === rkey && what.startsWith("delete")));
    assert.deepEqual(client.heard.filter(({ rkey: key }) => key === rkey).map(({ what, text }) => [what, text]), [
      ["create app.bsky.feed.post", "by Jetstream"],
      ["update app.bsky.feed.post", "by Jetstream, edited"],
      ["delete app.bsky.feed.post", undefined],
    ]);
    assert.ok(client.heard.some(({ what, text }) => what === "identity" && text === "alice.test"));
    assert.deepEqual(client.heard.filter(({ what }) => what.startsWith("error")), []);
    assert.deepEqual(jetstream.problems, []);
  });

  await step("each activity came once", async () => {
    const ids = (await world.arrivals()).map(({ id }) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
    assert.deepEqual(await peer.complaints(), []);
  });
  client.close();
  jetstream.close();
});
