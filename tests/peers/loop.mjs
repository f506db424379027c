// loop.mjs PEER: the whole loop against one real server, "fedify" or "snac".
import { step, story } from "./lib/harness.mjs";
import { walk } from "./lib/walk.mjs";
import { World } from "./lib/world.mjs";

const peer = process.argv[2];
await story(`The loop against ${peer}`, async () => {
  const world = await step("Plaza, the gateway and the peer run", () => World.start({ peer }));
  await walk(world);
});
