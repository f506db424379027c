// Deliveries of 4 KiB to 64, 1,000 and 10,000 hosts on loopback, over http and over verified TLS, and to 200 people of one
// host: CPU time of the gateway for each, against the bare RSA-2048 signature. The first post to new hosts opens the
// connections, the later ones find them open. Then hosts that answer after 50 ms, the time from an event to the first POST,
// and memory with a million followers.
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createHash } from "node:crypto";
import { atEnd, story } from "../tests/peers/lib/harness.mjs";
import { root } from "../tests/peers/lib/paths.mjs";
import { freePort } from "../tests/peers/lib/ports.mjs";
import { run } from "../tests/peers/lib/processes.mjs";
import { figure, limit, measured, noteOf, rssOf, startLab, startSink, until } from "./lib/lab.mjs";

const SIZES = [
  { hosts: 64, posts: 20 },
  { hosts: 1000, posts: 3 },
  { hosts: 10_000, posts: 1 },
];
const LATE_MS = 50;
const EVENTS = 40;
const MILLION = { followers: 1_000_000, hosts: 20_000 };

const scripts = path.join(root, "gateway/store/scripts");
const script = (name) => fs.readFileSync(path.join(scripts, `${name}.lua`), "utf8").replace(/^-- include (\w+)$/gm, (_, part) => fs.readFileSync(path.join(scripts, "include", `${part}.lua`), "utf8"));
const resp = (...words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
// As mapping/ids.c hashes what is too long for a key.
const idHash = (id) => createHash("sha256").update(id).digest("base64url").slice(0, 22);

/** Followers straight into the store, in turn on each host: 127.x.y.z is another host for each address. */
async function follow({ gateway, aid }, { port, scheme = "http" }, hosts, block, people = hosts) {
  const sha = (await run("redis-cli", ["-s", `${gateway.data}/redis.sock`, "-x", "SCRIPT", "LOAD"], { input: script("follower_add") })).trim();
  for (let from = 0; from < people; from += 100_000) {
    let commands = "";
    for (let i = from; i < Math.min(people, from + 100_000); i++) {
      const host = i % hosts;
      const origin = `${scheme}://127.${block + Math.floor(host / 50_000)}.${(Math.floor(host / 250) % 200) + 1}.${(host % 250) + 1}:${port}`;
      const id = `${origin}/users/f${i}`;
      // One host: a personal inbox each. Several: the shared one.
      const inbox = hosts === 1 ? [`${id}/inbox`, "0"] : [`${origin}/inbox`, "1"];
      commands += resp("EVALSHA", sha, "0", aid, id, idHash(id), `${origin}/follows/${i}`, origin, ...inbox);
    }
    const out = await run("redis-cli", ["-s", `${gateway.data}/redis.sock`, "--pipe"], { input: commands, seconds: 120 });
    if (!/errors: 0, replies: \d+/.test(out)) throw new Error(out);
  }
}

async function unfollow({ gateway, aid }) {
  for (const key of [`followers:${aid}`, `audience:${aid}`, `audience_count:${aid}`]) await gateway.redis("DEL", key);
  await gateway.redis("HSET", `account:${aid}`, "followers", "0");
}

/** Posts and waits until the sink has them all. */
async function deliver(lab, sink, receivers, posts, text) {
  const before = await sink.posts();
  for (let i = 0; i < posts; i++) await lab.plaza.post("alice", text);
  await until(`${receivers * posts} deliveries`, 300, async () => (await sink.posts()) - before >= receivers * posts);
}

const text = "Die Zugbrücke ist unten, und die Eule ruft: kommt herüber, ehe es dunkel wird! ".repeat(11).slice(0, 990);

/** A certificate authority of this bench alone: PEM files. */
async function certificateAuthority() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "drawbridge-ca-"));
  atEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = ["ca.key", "ca.pem"].map((name) => path.join(folder, name));
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Bench"];
  await run("openssl", [...words, "-keyout", key, "-out", certificate]);
  return { key, certificate };
}

/**
 * Answers 202 to every request and tells `seen` its text and when its first byte was there. By hand, since Node's own server
 * says of a request that it came only when its head is read, which takes a tenth of the time that is measured.
 */
async function watchPosts(seen) {
  const port = await freePort();
  const sockets = new Set();
  const server = net.createServer((socket) => {
    let [text, at] = ["", undefined];
    sockets.add(socket.setNoDelay(true));
    socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    socket.on("data", (data) => {
      at ??= performance.now();
      text += data.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      if (head < 0 || text.length < head + 4 + length) return;
      seen(text, at);
      [text, at] = ["", undefined];
      socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    });
  });
  await new Promise((resolve) => server.listen(port, "0.0.0.0", resolve));
  atEnd(() => (sockets.forEach((socket) => socket.destroy()), server.close()));
  return port;
}

/** Milliseconds from the event's frame on the wire to the first byte of its POST at a follower's server. */
async function latency(name) {
  const lab = await startLab({ proxied: true });
  const seen = new Map();
  const arrivals = new Map();
  const port = await watchPosts((text, at) => {
    const mark = /event-\d+-mark/.exec(text)?.[0];
    if (mark && !arrivals.has(mark)) arrivals.set(mark, at);
  });
  // The frame is only looked at on its way: what the tests judge it by would be counted as the gateway's time.
  lab.world.proxy.contract.frame = (fromService, text) => {
    const mark = fromService && /event-\d+-mark/.exec(text)?.[0];
    if (mark && !seen.has(mark)) seen.set(mark, performance.now());
    return [];
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
  figure(`${name}_p50`, times[Math.floor(times.length / 2)], "ms");
  figure(`${name}_p99`, times.at(-1), "ms");
}

/** What it costs to write durably here: milliseconds of an fdatasync of 4 KiB, the median. */
function diskLatency(folder) {
  const file = fs.openSync(folder.join("disk"), "w");
  const times = Array.from({ length: 50 }, () => {
    fs.writeSync(file, Buffer.alloc(4096));
    const began = performance.now();
    fs.fdatasyncSync(file);
    return performance.now() - began;
  });
  fs.closeSync(file);
  return times.sort((a, b) => a - b)[25];
}

/** One size: the first post, which connects, and then as many as `posts`. */
async function sized(lab, sink, name, { hosts, posts, people = hosts }, block) {
  const processes = { worker: lab.worker, redis: lab.redis, sink: sink.process.pid };
  await follow(lab, sink, hosts, block, people);
  const before = limit(lab.folder, "sign");
  const first = await measured(processes, () => deliver(lab, sink, people, 1, text));
  const warm = await measured(processes, () => deliver(lab, sink, people, posts, text));
  const sign = (before + limit(lab.folder, "sign")) / 2;
  await unfollow(lab);
  figure(`${name}_limit_sign`, sign, "us");
  const each = (part) => (warm[part] / (people * posts)) * 1e6;
  for (const part of ["worker", "redis", "sink"]) figure(`${name}_${part}`, each(part), "us");
  figure(`${name}_per_second`, (people * posts) / warm.took, "deliveries");
  figure(`${name}_of_limit.ratio`, sign / each("worker"));
  figure(`${name}_first_of_limit.ratio`, sign / ((first.worker / people) * 1e6));
  figure(`${name}_with_first_of_limit.ratio`, sign / (((first.worker + warm.worker) / (people * (posts + 1))) * 1e6));
  return { cost: each("worker"), signatures: each("worker") / sign, rate: (people * posts) / warm.took };
}

/** The same 1,000 hosts, but each answers after LATE_MS; `prompt` is what they cost when they do not. */
async function lateHosts(lab, late, prompt) {
  await follow(lab, late, 1000, 30);
  await deliver(lab, late, 1000, 1, text);
  const slow = await measured({ worker: lab.worker }, () => deliver(lab, late, 1000, 3, text));
  await unfollow(lab);
  figure("late_to_1000_per_second", 3000 / slow.took, "deliveries");
  figure("late_of_prompt.ratio", 3000 / slow.took / prompt.rate);
  figure("late_of_prompt_by_cpu.ratio", prompt.cost / ((slow.worker / 3000) * 1e6));
}

await story("Delivery", async () => {
  const authority = await certificateAuthority();
  const lab = await startLab({ settings: `[fetch]\nca_file = ${authority.certificate}\n` });
  const { worker, folder } = lab;
  const sink = await startSink(folder);
  const late = await startSink(folder, { delay: LATE_MS });
  const secure = await startSink(folder, { authority });
  await follow(lab, sink, 1, 1);
  await deliver(lab, sink, 1, 3, text);
  const note = await (await fetch(await noteOf(lab), { headers: { accept: "application/activity+json" } })).text();
  await unfollow(lab);
  figure("note", note.length, "bytes");

  await sized(lab, sink, "to_one_host", { hosts: 1, people: 200, posts: 5 }, 2);
  const costs = {};
  for (const [i, size] of SIZES.entries()) {
    costs[size.hosts] = await sized(lab, sink, `to_${size.hosts}`, size, 10 + i);
    if (size.hosts === 1000) await lateHosts(lab, late, costs[1000]);
  }
  figure("cost_10000_of_64.ratio", costs[10_000].signatures / costs[64].signatures);
  await sized(lab, secure, "tls_to_64", { hosts: 64, posts: 19 }, 20);
  await sized(lab, secure, "tls_to_1000", { hosts: 1000, posts: 9 }, 21);

  figure("worker_rss_after", rssOf(worker), "MiB");

  await latency("event_to_post");
  figure("disk_fdatasync", diskLatency(folder), "ms");
  const before = os.tmpdir();
  process.env.TMPDIR = "/dev/shm"; // the same without the disk: what is ours of that time
  await latency("event_to_post_in_memory");
  process.env.TMPDIR = before;

  const crowd = await startLab();
  await follow(crowd, { port: 9 }, MILLION.hosts, 40, MILLION.followers);
  figure("worker_rss_million_followers", rssOf(crowd.worker), "MiB");
  figure("redis_rss_million_followers", rssOf(crowd.redis), "MiB");
});
