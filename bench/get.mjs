// Actor and note GETs against nginx serving the same bytes as a file: requests per second of the server's CPU time, in
// turns, so that the machine's noise meets both. Then the same with 5,000 idle connections.
import fs from "node:fs";
import net from "node:net";
import { spawn } from "node:child_process";
import { story } from "../tests/peers/lib/harness.mjs";
import { freePort } from "../tests/peers/lib/ports.mjs";
import { Process, childrenOf } from "../tests/peers/lib/processes.mjs";
import { figure, measured, noteOf, rssOf, startLab, until } from "./lib/lab.mjs";

const ROUNDS = 4;
const SECONDS = 2;
const CONNECTIONS = 32;
const IDLE = 5000;
const ACTIVITY = "application/activity+json";

/** {requests} answered within the time; every answer must be 200 with the whole body. */
function wrk(url) {
  return new Promise((resolve, reject) => {
    const child = spawn("wrk", ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "-H", `Accept: ${ACTIVITY}`, url]);
    let out = "";
    child.stdout.on("data", (data) => (out += data));
    child.once("error", reject);
    child.once("close", () => {
      if (/Non-2xx|Socket errors/.test(out)) reject(new Error(out));
      else resolve(Number(/(\d+) requests in/.exec(out)[1]));
    });
  });
}

async function startNginx(folder, files) {
  const port = await freePort();
  fs.mkdirSync(folder.join("www"));
  for (const [name, body] of Object.entries(files)) fs.writeFileSync(folder.join("www", name), body);
  fs.chmodSync(folder.path, 0o755);
  fs.writeFileSync(
    folder.join("nginx.conf"),
    `worker_processes 1; daemon off; pid ${folder.join("nginx.pid")}; error_log ${folder.join("nginx-error.log")};
events { worker_connections 20000; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_timeout 600; keepalive_requests 100000000; default_type ${ACTIVITY};
  client_body_temp_path ${folder.join("t1")}; proxy_temp_path ${folder.join("t2")}; fastcgi_temp_path ${folder.join("t3")};
  uwsgi_temp_path ${folder.join("t4")}; scgi_temp_path ${folder.join("t5")};
  open_file_cache max=100; server { listen 127.0.0.1:${port}; root ${folder.join("www")}; } }\n`,
  );
  const process = new Process(folder, "nginx", "nginx", ["-c", folder.join("nginx.conf"), "-p", folder.path]);
  await process.ready("nginx answers", 10, async () => (await fetch(`http://127.0.0.1:${port}/actor`)).ok);
  return { origin: `http://127.0.0.1:${port}`, worker: childrenOf(process.pid)[0].pid };
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

await story("GET", async () => {
  const lab = await startLab();
  const { gateway, plaza, actor, worker, redis, folder } = lab;
  console.log(`# idle worker: ${rssOf(worker).toFixed(1)} MiB`);
  figure("worker_rss_idle", rssOf(worker), "MiB");
  await plaza.post("alice", "The drawbridge is down. ".repeat(20));
  const note = await noteOf(lab);
  const body = async (url) => Buffer.from(await (await fetch(url, { headers: { accept: ACTIVITY } })).arrayBuffer());
  const nginx = await startNginx(folder, { actor: await body(actor), note: await body(note) });
  const processes = { worker, redis, nginx: nginx.worker };

  const compare = async (name, ours, theirs) => {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const first = await measured(processes, () => wrk(ours));
      const second = await measured(processes, () => wrk(theirs));
      rounds.push({ ours: first.value / first.worker, redis: (first.redis / first.value) * 1e6, both: first.value / (first.worker + first.redis), theirs: second.value / second.nginx, rps: first.value / first.took, theirRps: second.value / second.took });
    }
    const of = (part) => median(rounds.map((round) => round[part]));
    figure(`${name}_per_cpu_second`, of("ours"), "requests");
    figure(`${name}_nginx_per_cpu_second`, of("theirs"), "requests");
    figure(`${name}_of_nginx`, median(rounds.map(({ ours: a, theirs: b }) => a / b)));
    figure(`${name}_with_redis_of_nginx`, median(rounds.map(({ both: a, theirs: b }) => a / b)));
    figure(`${name}_redis_us`, of("redis"), "us");
    figure(`${name}_per_second`, of("rps"), "requests");
    figure(`${name}_nginx_per_second`, of("theirRps"), "requests");
    return of("ours");
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
  figure("actor_kept_with_5000_idle", crowded / alone);
  figure("worker_rss_5000_idle", rssOf(worker), "MiB");
  for (const socket of idle) socket.destroy();
});
