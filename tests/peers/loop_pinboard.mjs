// The whole loop with the example platform of docs/contract in Plaza's place: another language, events by long-poll.
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { Pinboard } from "./lib/pinboard.mjs";
import { walk } from "./lib/walk.mjs";
import { World } from "./lib/world.mjs";

await story("The loop between Pinboard and Fedify", async () => {
  const world = await step("Pinboard, the gateway and Fedify run", () => World.start({ peer: "fedify", platform: Pinboard }));
  await walk(world);
  await step("every message between the gateway and Pinboard was as docs/contract publishes it", () => {
    assert.deepEqual(world.proxy.problems, []);
    const crossed = world.proxy.crossed();
    for (const what of ["discover 200", "pollEvents 200", "putRemotePost 201", "deleteRemotePost 204"]) assert.ok(crossed[what] > 0, `${what} did not cross: ${JSON.stringify(crossed)}`);
  });
});
