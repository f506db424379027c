// loop.mjs PEER: the whole loop against one real server, "fedify" or "snac".
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { walk } from "./lib/walk.mjs";
import { World } from "./lib/world.mjs";

const peer = process.argv[2];
await story(`The loop against ${peer}`, async () => {
  const world = await step("Plaza, the gateway and the peer run", () => World.start({ peer }));
  await walk(world);
  await step("every message between the gateway and Plaza was as docs/contract publishes it", () => {
    assert.deepEqual(world.proxy.problems, []);
    const crossed = world.proxy.crossed();
    const wanted = ["discover 200", "getAccount 200", "putRemoteActor request", "putRemotePost request", "putRemotePost 201", "deleteRemotePost 204", "putRemoteRelation request", "frame hello", "frame event", "frame ack"];
    for (const what of wanted) assert.ok(crossed[what] > 0, `${what} did not cross: ${JSON.stringify(crossed)}`);
  });
});
