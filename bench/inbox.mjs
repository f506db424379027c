// Signed Creates of 4 KB into the shared inbox, each durable in Redis (appendfsync always) before its 202; CPU time of the
// gateway and of Redis per activity, until each was worked off, against the floor: SHA-256 of the body, one RSA
// verification, one parse.
import fs from "node:fs";
import http from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { spawn } from "node:child_process";
import path from "node:path";
import { atEnd, story } from "../tests/peers/lib/harness.mjs";
import { freePort } from "../tests/peers/lib/ports.mjs";
import { figure, limits, measured, startLab, tools, until } from "./lib/lab.mjs";

const COUNT = 4000;
const ROUNDS = 3;
const CONNECTIONS = 64;

/** The remote person whose key signs, as a server would show it. */
async function startAuthor() {
  const port = await freePort();
  const id = `http://127.0.0.1:${port}/users/bench`;
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
  const actor = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
    ...{ id, type: "Person", preferredUsername: "bench", inbox: `${id}/inbox`, outbox: `${id}/outbox` },
    publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: publicKey },
  };
  const server = http.createServer((request, response) => {
    request.resume();
    const found = request.method === "GET" && request.url.startsWith("/users/bench");
    response.writeHead(found ? 200 : 404, { "content-type": "application/activity+json" });
    response.end(found ? JSON.stringify(actor) : "");
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  atEnd(() => server.close());
  return { id, privateKey };
}

function createOf(id, round) {
  const note = `${id}/notes/${round}-%08d____`;
  const create = {
    "@context": ["https://www.w3.org/ns/activitystreams", { sensitive: "as:sensitive", toot: "http://joinmastodon.org/ns#", Hashtag: "as:Hashtag" }],
    ...{ id: `${note}#create`, type: "Create", actor: id, published: new Date().toISOString(), to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [`${id}/followers`] },
    object: {
      ...{ id: note, type: "Note", attributedTo: id, published: new Date().toISOString(), to: ["https://www.w3.org/ns/activitystreams#Public"], cc: [`${id}/followers`], sensitive: false },
      content: "",
      tag: Array.from({ length: 6 }, (_, i) => ({ type: "Hashtag", href: `http://127.0.0.1/tags/drawbridge${i}`, name: `#drawbridge${i}` })),
      attachment: [{ type: "Document", mediaType: "image/jpeg", url: "http://127.0.0.1/owl.jpg", name: "A tawny owl on a beam", width: 1600, height: 1200 }],
    },
  };
  create.object.content = `<p>${"The drawbridge is down, and the owl calls. ".repeat(100)}`.slice(0, 4096 - JSON.stringify(create).length - 4) + "</p>";
  return JSON.stringify(create);
}

/** Signs all, then lets `go` decide when to send; {accepted, other, seconds}. */
async function load(words, go) {
  const child = spawn(path.join(tools, "inbox_load"), words.map(String), { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  const signed = new Promise((resolve) => child.stdout.on("data", (data) => ((out += data).includes("signed") ? resolve() : undefined)));
  const ended = new Promise((resolve, reject) => child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`inbox_load ended with ${code}`)))));
  await Promise.race([signed, ended]);
  return go(child.pid, async () => {
    child.stdin.end("\n");
    await ended;
    return JSON.parse(out.split("\n")[1]);
  });
}

await story("Inbox", async () => {
  const lab = await startLab();
  const { gateway, worker, redis, folder } = lab;
  const author = await startAuthor();
  const keyFile = folder.join("author-key");
  fs.writeFileSync(keyFile, author.privateKey, { mode: 0o600 });
  const port = new URL(gateway.origin).port;
  const waiting = async () => (await Promise.all([0, 1, 2, 3].map((shard) => gateway.redis("XLEN", `work:inbox:${shard}`)))).reduce((sum, length) => sum + Number(length), 0);
  const floor = limits(folder, createOf(author.id, 0));
  figure("body", createOf(author.id, 0).length, "bytes");
  figure("limit_verify_parse", floor.verify_parse, "us");
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const bodyFile = folder.join("inbox-body");
    fs.writeFileSync(bodyFile, createOf(author.id, round));
    const words = [port, "/inbox", round ? COUNT : 50, CONNECTIONS, bodyFile, keyFile, `${author.id}#main-key`];
    const all = await load(words, (pid, go) => measured({ worker, redis }, async () => {
      const accepting = await measured({ worker, redis }, go);
      await until("everything is worked off", 120, async () => (await waiting()) === 0);
      return accepting;
    }));
    const { value } = all.value;
    if (value.other) throw new Error(`${value.other} of ${value.sent} were not accepted`);
    if (round) rounds.push({ accept: (all.value.worker / COUNT) * 1e6, worker: (all.worker / COUNT) * 1e6, redis: (all.redis / COUNT) * 1e6, rate: COUNT / value.seconds });
  }
  const median = (part) => rounds.map((round) => round[part]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
  figure("worker_until_accepted", median("accept"), "us");
  figure("worker_until_worked_off", median("worker"), "us");
  figure("redis", median("redis"), "us");
  figure("accepted_per_second", median("rate"), "activities");
  figure("inbox_of_limit", floor.verify_parse / median("worker"));
  figure("inbox_accepting_of_limit", floor.verify_parse / median("accept"));
});
