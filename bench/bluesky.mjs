// Bluesky: what a firehose with 10,000 watched accounts costs beside libcbor alone decoding the same frames, and how long
// the gateway takes from a frame of a real PDS to the first byte of its signed POST at a follower's server.
import net from "node:net";
import path from "node:path";
import { atEnd, story } from "../tests/peers/lib/harness.mjs";
import { build, root } from "../tests/peers/lib/paths.mjs";
import { freePort } from "../tests/peers/lib/ports.mjs";
import { run } from "../tests/peers/lib/processes.mjs";
import { Stranger } from "../tests/peers/lib/stranger.mjs";
import { until } from "../tests/peers/lib/wait.mjs";
import { World } from "../tests/bluesky/lib/world.mjs";

const POSTS = 200;

/** Between the gateway and the PDS's stream: notes when the frame with a text went on. */
async function watcher(targetPort, seen) {
  const server = net.createServer((client) => {
    const platform = net.connect(targetPort, "127.0.0.1");
    for (const socket of [client, platform]) socket.setNoDelay().on("error", () => {}).on("close", () => [client, platform].forEach((one) => one.destroy()));
    client.pipe(platform);
    platform.on("data", (data) => {
      client.write(data);
      for (const [text] of data.toString("latin1").matchAll(/measured \d+;/g)) if (!seen.has(text)) seen.set(text, performance.now());
    });
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  atEnd(() => server.close());
  return port;
}

await story("What Bluesky's firehose costs", async () => {
  console.log((await run(path.join(build, "bench/tools/bluesky_firehose"), [path.join(root, "tests/unit/adapters/bluesky/frames")], { seconds: 300 })).trim());

  const seen = new Map();
  const world = await World.start({
    peer: false,
    appview: false,
    source: async (network) => `source = firehose\nfirehose = ws://localhost:${await watcher(Number(new URL(network.firehose).port), seen)}`,
  });
  const { alice } = world.network.people;
  const actor = await world.enrol(alice);
  const follower = await Stranger.start("rosa");
  atEnd(() => follower.server.close());
  const came = new Map();
  follower.script = ({ method }, activity) => {
    const text = /measured \d+;/.exec(activity?.object?.content ?? "")?.[0];
    if (text && !came.has(text)) came.set(text, performance.now());
    return method === "POST" ? { status: 202 } : undefined;
  };
  await follower.post(`${actor}/inbox`, follower.activity("Follow", actor));
  await until("the Accept", 20, () => follower.arrivals.some(({ type }) => type === "Accept"));
  for (let i = 0; i < POSTS; i++) {
    await alice.post(`measured ${i};`);
    await until(`post ${i}`, 20, () => came.has(`measured ${i};`));
  }
  const times = [...came].map(([text, time]) => time - seen.get(text)).sort((one, other) => one - other);
  console.log(`figure frame_to_signed_post_p50 ${times[Math.floor(times.length / 2)].toFixed(1)} ms`);
  console.log(`figure frame_to_signed_post_p99 ${times[Math.floor(times.length * 0.99)].toFixed(1)} ms`);
});
