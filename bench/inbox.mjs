// Signed Creates of 4 KB from 50 people into the shared inbox, each durable in Redis (appendfsync always) before its 202;
// CPU time of the gateway and of Redis per activity, until the last 202 and until all are worked off, against the floor:
// SHA-256 of the body, one RSA verification, one parse.
import fs from "node:fs";
import { story } from "../tests/peers/lib/harness.mjs";
import { Crowd, createOf } from "./lib/crowd.mjs";
import { figure, limit, load, measured, median, startLab, until } from "./lib/lab.mjs";

const COUNT = 4000;
const ROUNDS = 5;
const CONNECTIONS = 64;
const PEOPLE = 50;

await story("Inbox", async () => {
  const lab = await startLab();
  const { gateway, worker, redis, folder } = lab;
  const crowd = await Crowd.start();
  const id = `http://127.9.1.1:${crowd.port}/users/p%04u`;
  const keyFile = folder.join("author-key");
  fs.writeFileSync(keyFile, crowd.privatePem, { mode: 0o600 });
  const port = new URL(gateway.origin).port;
  const waiting = async () => (await Promise.all([0, 1, 2, 3].map((shard) => gateway.redis("XLEN", `work:inbox:${shard}`)))).reduce((sum, length) => sum + Number(length), 0);
  figure("body", createOf(id, 0).length, "bytes");
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const bodyFile = folder.join("inbox-body");
    fs.writeFileSync(bodyFile, createOf(id, round));
    const floor = limit(folder, "verify_parse", createOf(id, 0));
    const words = [port, "/inbox", round ? COUNT : 2 * PEOPLE, CONNECTIONS, bodyFile, keyFile, `${id}#main-key`, PEOPLE];
    const all = await load(words, (generator, send) => measured({ worker, redis }, async () => {
      const accepting = await measured({ worker, redis }, send);
      await until("everything is worked off", 120, async () => (await waiting()) === 0);
      return accepting;
    }));
    const { value } = all.value;
    if (value.other) throw new Error(`${value.other} of ${value.sent} were not accepted`);
    if (round) rounds.push({ floor, accept: (all.value.worker / COUNT) * 1e6, worker: (all.worker / COUNT) * 1e6, redis: (all.redis / COUNT) * 1e6, rate: COUNT / value.seconds });
  }
  const of = (part) => median(rounds.map((round) => round[part]));
  const ofFloor = (part) => median(rounds.map((round) => round.floor / round[part]));
  figure("limit_verify_parse", of("floor"), "us");
  figure("worker_until_accepted", of("accept"), "us");
  figure("worker_until_worked_off", of("worker"), "us");
  figure("redis", of("redis"), "us");
  figure("accepted_per_second", of("rate"), "activities");
  figure("inbox_of_limit.ratio", ofFloor("worker"));
  figure("inbox_accepting_of_limit.ratio", ofFloor("accept"));
});
