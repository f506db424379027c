// Actor and note GETs against nginx serving the same bytes as a file: requests per second of the server's CPU time, in
// turns, so that the machine's noise meets both; then the same with 5,000 idle connections, and from a gateway that keeps
// no answers in its own memory, so that each comes from Redis.
import net from "node:net";
import { story } from "../tests/peers/lib/harness.mjs";
import { figure, measured, median, noteOf, rssOf, startLab, startNginx, until, wrk } from "./lib/lab.mjs";

const ROUNDS = 4;
const LOAD = { seconds: 2, connections: 32 };
const IDLE = 5000;
const ACTIVITY = "application/activity+json";

await story("GET", async () => {
  const lab = await startLab();
  const { gateway, plaza, actor, worker, redis, folder } = lab;
  figure("worker_rss_idle", rssOf(worker), "MiB");
  await plaza.post("alice", "The drawbridge is down. ".repeat(20));
  const note = await noteOf(lab);
  const body = async (url) => Buffer.from(await (await fetch(url, { headers: { accept: ACTIVITY } })).arrayBuffer());
  const nginx = await startNginx(folder, { actor: await body(actor), note: await body(note) });

  const compare = async (name, ours, theirs, { worker, redis } = lab) => {
    const processes = { worker, redis, nginx: nginx.worker };
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = await measured(processes, () => wrk(ours, LOAD));
      const second = await measured(processes, () => wrk(theirs, LOAD));
      rounds.push({ ours: first.value / first.worker, redis: (first.redis / first.value) * 1e6, both: first.value / (first.worker + first.redis), theirs: second.value / second.nginx, rps: first.value / first.took, theirRps: second.value / second.took });
    }
    const of = (part) => median(rounds.map((round) => round[part]));
    figure(`${name}_per_cpu_second`, of("ours"), "requests");
    figure(`${name}_nginx_per_cpu_second`, of("theirs"), "requests");
    figure(`${name}_per_second`, of("rps"), "requests");
    figure(`${name}_nginx_per_second`, of("theirRps"), "requests");
    figure(`${name}_redis`, of("redis"), "us");
    const ratio = median(rounds.map(({ ours: a, theirs: b }) => a / b));
    figure(`${name}_of_nginx.ratio`, ratio);
    figure(`${name}_with_redis_of_nginx.ratio`, median(rounds.map(({ both: a, theirs: b }) => a / b)));
    return ratio;
  };

  const alone = await compare("actor", actor, `${nginx.origin}/actor`);
  await compare("note", note, `${nginx.origin}/note`);

  const { port, hostname } = new URL(actor);
  const idle = [];
  for (let i = 0; i < IDLE; i++) {
    const socket = net.connect(Number(port), hostname);
    idle.push(socket);
    if (i % 100 === 99) await new Promise((resolve) => socket.once("connect", resolve));
    socket.on("error", () => {});
    socket.write(`GET /healthz HTTP/1.1\r\nHost: ${gateway.host}\r\n\r\n`);
    socket.resume();
  }
  await until("all idle connections have their answer", 60, () => idle.every((socket) => socket.bytesRead > 0));
  const crowded = await compare("actor_with_5000_idle", actor, `${nginx.origin}/actor`);
  figure("actor_kept_with_5000_idle.ratio", crowded / alone);
  figure("worker_rss_5000_idle", rssOf(worker), "MiB");
  for (const socket of idle) socket.destroy();

  const forgetful = await startLab({ limits: "answers_mib = 0" });
  await forgetful.plaza.post("alice", "The drawbridge is down. ".repeat(20));
  await compare("actor_from_redis", forgetful.actor, `${nginx.origin}/actor`, forgetful);
  await compare("note_from_redis", await noteOf(forgetful), `${nginx.origin}/note`, forgetful);
});
