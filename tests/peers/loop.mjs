// loop.mjs PEER [CARRIER]: the whole loop against one real server, "fedify" or "snac", with Plaza's events by "websocket"
// (which the gateway chooses), "poll" or "webhook".
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { until } from "./lib/wait.mjs";
import { walk } from "./lib/walk.mjs";
import { World } from "./lib/world.mjs";

const [peer, events] = process.argv.slice(2);
const carried = {
  websocket: ["frame hello", "frame event", "frame ack", "upgrade"],
  poll: ["pollEvents 200"],
  webhook: ["receiveEvents request", "receiveEvents 202"],
};
const RECOVERED = 60;

await story(`The loop against ${peer}, events by ${events ?? "whichever carrier is best"}`, async () => {
  const world = await step("Plaza, the gateway and the peer run", () => World.start({ peer, events }));
  await walk(world);
  if (events) await step("what is written while its carrier is away arrives, once and in order", () => survive(world));
  await step("every message between the gateway and Plaza was as docs/contract publishes it", () => {
    assert.deepEqual([...world.proxy.problems, ...(world.hookProxy?.problems ?? [])], []);
    const crossed = world.proxy.crossed();
    const wanted = ["discover 200", "getAccount 200", "putRemoteActor request", "putRemotePost request", "putRemotePost 201", "deleteRemotePost 204", "putRemoteRelation request"];
    for (const what of [...wanted, ...carried[events ?? "websocket"]]) assert.ok(crossed[what] > 0, `${what} did not cross: ${JSON.stringify(crossed)}`);
    for (const [carrier, messages] of Object.entries(carried))
      if (carrier !== (events ?? "websocket")) for (const what of messages) assert.equal(crossed[what], undefined, `${what} crossed, which is of the ${carrier}`);
  });
});

/** Posts while the workers are killed, then while Plaza is. */
async function survive({ plaza, gateway, peer }) {
  await plaza.federate("bob", true);
  const actor = await until("webfinger answers", RECOVERED, () => gateway.actorOf("bob"));
  await peer.follow(`@bob@${gateway.host}`);
  await until("the Accept", RECOVERED, () => peer.follows(actor));
  const written = ["One.", "Two.", "Three.", "Four."];
  const [, ...during] = await Promise.all([gateway.killWorkers(), plaza.post("bob", written[0]).then(() => plaza.post("bob", written[1]))]);
  assert.equal(during.length, 1);
  await plaza.post("bob", written[2]);
  await plaza.process.kill();
  await plaza.start();
  await plaza.post("bob", written[3]);
  const creates = async () => (await peer.arrivals(gateway.origin)).filter(({ type, actor: by }) => type === "Create" && by === actor);
  await until("the last post", RECOVERED, async () => (await creates()).some(({ object }) => object.content.includes(written[3])));
  await until("all of them", RECOVERED, async () => (await creates()).length >= written.length);
  const objects = (await creates()).map(({ object }) => object);
  for (const text of written) assert.equal(new Set(objects.filter(({ content }) => content.includes(text)).map(({ id }) => id)).size, 1, text);
}
