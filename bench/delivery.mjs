// Deliveries of 4 KiB to 1, 64, 1,000 and (with DRAWBRIDGE_FULL=1, as --full sets it) 10,000 hosts on loopback: CPU time of
// the gateway for each, against the bare RSA-2048 signature. The first post to new hosts opens the connections, the later
// ones find them open. Then with hosts that answer after 50 ms, and from an event to the first POST.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createHash } from "node:crypto";
import { atEnd, story } from "../tests/peers/lib/harness.mjs";
import { root } from "../tests/peers/lib/paths.mjs";
import { freePort } from "../tests/peers/lib/ports.mjs";
import { run } from "../tests/peers/lib/processes.mjs";
import { figure, limits, measured, noteOf, rssOf, startLab, startSink, until } from "./lib/lab.mjs";

const SIZES = [
  { hosts: 1, posts: 200 },
  { hosts: 64, posts: 20 },
  { hosts: 1000, posts: 3 },
  ...(process.env.DRAWBRIDGE_FULL === "1" ? [{ hosts: 10_000, posts: 2 }] : []),
];
const LATE_MS = 50;
const EVENTS = 40;

const scripts = path.join(root, "gateway/store/scripts");
const script = (name) => fs.readFileSync(path.join(scripts, `${name}.lua`), "utf8").replace(/^-- include (\w+)$/gm, (_, part) => fs.readFileSync(path.join(scripts, "include", `${part}.lua`), "utf8"));
const resp = (...words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
// As mapping/ids.c hashes what is too long for a key.
const idHash = (id) => createHash("sha256").update(id).digest("base64url").slice(0, 22);

/** Followers straight into the store, one on each host: 127.x.y.z is another host for each address. */
async function follow({ gateway, aid, folder }, { port }, hosts, block) {
  const sha = (await run("redis-cli", ["-s", `${gateway.data}/redis.sock`, "-x", "SCRIPT", "LOAD"], { input: script("follower_add") })).trim();
  let commands = "";
  for (let i = 0; i < hosts; i++) {
    const origin = `http://127.${block}.${Math.floor(i / 250) + 1}.${(i % 250) + 1}:${port}`;
    const id = `${origin}/users/f`;
    commands += resp("EVALSHA", sha, "0", aid, id, idHash(id), `${origin}/follows/1`, origin, `${origin}/inbox`, "1");
  }
  const out = await run("redis-cli", ["-s", `${gateway.data}/redis.sock`, "--pipe"], { input: commands, seconds: 120 });
  if (!/errors: 0, replies: \d+/.test(out)) throw new Error(out);
  return { folder };
}

async function unfollow({ gateway, aid }) {
  for (const key of [`followers:${aid}`, `audience:${aid}`]) await gateway.redis("DEL", key);
  await gateway.redis("HSET", `account:${aid}`, "followers", "0");
}

/** Posts and waits until the sink has them all. */
async function deliver(lab, sink, hosts, posts, text) {
  const before = await sink.posts();
  for (let i = 0; i < posts; i++) await lab.plaza.post("alice", text);
  await until(`${hosts * posts} deliveries`, 300, async () => (await sink.posts()) - before >= hosts * posts);
}

const text = "Die Zugbrücke ist unten, und die Eule ruft: kommt herüber, ehe es dunkel wird! ".repeat(11).slice(0, 990);

/** Milliseconds from the event's frame on the wire to the first byte of its POST at a follower's server. */
async function latency() {
  const lab = await startLab({ proxied: true });
  const seen = new Map();
  const arrivals = new Map();
  const port = await freePort();
  const server = http.createServer((request, response) => {
    const at = performance.now();
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      response.writeHead(202, { "content-length": 0 }).end();
      const mark = /event-\d+-mark/.exec(body)?.[0];
      if (mark && !arrivals.has(mark)) arrivals.set(mark, at);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(port, "0.0.0.0", resolve));
  atEnd(() => (server.closeAllConnections(), server.close()));
  const frame = lab.world.proxy.contract.frame.bind(lab.world.proxy.contract);
  lab.world.proxy.contract.frame = (fromService, text) => {
    const mark = fromService && /event-\d+-mark/.exec(text)?.[0];
    if (mark && !seen.has(mark)) seen.set(mark, performance.now());
    return frame(fromService, text);
  };
  await follow(lab, { port }, 1, 77);
  const times = [];
  for (let i = 0; i < EVENTS; i++) {
    const mark = `event-${i}-mark`;
    await lab.plaza.post("alice", mark);
    await until("the POST", 30, () => arrivals.has(mark));
    if (i >= 5) times.push(arrivals.get(mark) - seen.get(mark)); // the first ones open connections and load keys
  }
  times.sort((a, b) => a - b);
  figure("event_to_post_p50", times[Math.floor(times.length / 2)], "ms");
  figure("event_to_post_p99", times.at(-1), "ms");
}

await story("Delivery", async () => {
  const lab = await startLab();
  const { worker, redis, folder } = lab;
  const sink = await startSink(folder);
  const late = await startSink(folder, { delay: LATE_MS });
  await follow(lab, sink, 1, 1);
  await deliver(lab, sink, 1, 3, text);
  const note = await (await fetch(await noteOf(lab), { headers: { accept: "application/activity+json" } })).text();
  figure("note", note.length, "bytes");
  const { sign } = limits(folder, note);
  figure("limit_sign", sign, "us");
  await unfollow(lab);
  const costs = {};
  let block = 2;
  for (const { hosts, posts } of SIZES) {
    await follow(lab, sink, hosts, block++);
    const first = await measured({ worker, redis, sink: sink.process.pid }, () => deliver(lab, sink, hosts, 1, text));
    const warm = await measured({ worker, redis, sink: sink.process.pid }, () => deliver(lab, sink, hosts, posts, text));
    await unfollow(lab);
    const each = (part) => (warm[part] / (hosts * posts)) * 1e6;
    figure(`to_${hosts}_worker`, each("worker"), "us");
    figure(`to_${hosts}_redis`, each("redis"), "us");
    figure(`to_${hosts}_sink`, each("sink"), "us");
    figure(`to_${hosts}_per_second`, (hosts * posts) / warm.took, "deliveries");
    figure(`to_${hosts}_of_limit`, sign / each("worker"));
    costs[hosts] = { cost: each("worker"), rate: (hosts * posts) / warm.took, perCpu: 1e6 / each("worker") };
    if (hosts >= 64) figure(`to_${hosts}_first_of_limit`, sign / ((first.worker / hosts) * 1e6));
  }
  const largest = SIZES.at(-1).hosts;
  figure(`cost_${largest}_of_64`, costs[largest].cost / costs[64].cost);
  await follow(lab, late, 1000, block++);
  await deliver(lab, late, 1000, 1, text);
  const slow = await measured({ worker }, () => deliver(lab, late, 1000, 3, text));
  await unfollow(lab);
  figure("to_1000_late_hosts_per_second", 3000 / slow.took, "deliveries");
  figure("late_of_prompt", 3000 / slow.took / costs[1000].rate);
  figure("late_of_prompt_by_cpu", costs[1000].cost / ((slow.worker / 3000) * 1e6));
  figure("worker_rss_after", rssOf(worker), "MiB");
  await latency();
});
