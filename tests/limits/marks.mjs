// Past their marks Redis, the inbox's queue and a worker's memory make it refuse early; below them it goes on by itself.
import assert from "node:assert/strict";
import fs from "node:fs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { exchange, retryAfter } from "./raw.mjs";

await story("When there is no room", async () => {
  const world = await step("Plaza and the gateway run, and 5 activities may wait", () =>
    World.start({ workers: 1, settings: "[limits]\ninbox_queue = 5\nmemory_mib = 2048\n" }),
  );
  const { plaza, gateway } = world;
  const stranger = await Stranger.start("stranger");
  atEnd(() => stranger.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${gateway.origin}/inbox`;
  const post = () => stranger.post(inbox, stranger.activity("Wave", actor));
  const isRefused = async () => {
    const answer = await post();
    if (answer.status !== 503) return undefined;
    assert.ok(retryAfter(answer.text) >= 10, answer.text);
    return answer;
  };
  const isTaken = async () => (await post()).status === 202;
  const readers = async () => assert.equal((await get(actor)).status, 200, "who only reads is served");

  await step("there is room", async () => assert.ok(await isTaken()));
  await step("Redis is nearly full: 503 with Retry-After, before the body is read", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await gateway.redis("INFO", "memory"))[1]);
    await gateway.redis("CONFIG", "SET", "maxmemory", String(Math.ceil(used * 1.1)));
    await until("activities are refused", 20, isRefused);
    const head = `POST /inbox HTTP/1.1\r\nHost: ${gateway.host}\r\nContent-Length: 1000000\r\n\r\n`;
    assert.equal((await exchange(gateway.origin, [head])).status, 503);
    await readers();
  });
  await step("Redis has room again: taken", async () => {
    await gateway.redis("CONFIG", "SET", "maxmemory", "0");
    await until("activities are taken", 20, isTaken);
  });
  await step("activities wait that nobody processes: 503 with Retry-After", async () => {
    for (let queue = 0; queue < 4; queue++) await gateway.redis("SET", `lease:work:inbox:${queue}`, "somebody-else");
    await until("activities are refused", 60, isRefused);
    await readers();
  });
  await step("they are processed: taken", async () => {
    for (let queue = 0; queue < 4; queue++) await gateway.redis("DEL", `lease:work:inbox:${queue}`);
    await until("activities are taken", 60, isTaken);
  });
  await step("the worker's memory is past its mark: everything is refused but health checks", async () => {
    await gateway.process.stop();
    const settings = fs.readFileSync(gateway.configuration, "utf8");
    fs.writeFileSync(gateway.configuration, settings.replace("memory_mib = 2048", "memory_mib = 32"));
    await gateway.start();
    // The build that is tested carries its sanitizers along: more than 32 MiB as it starts.
    const resident = () =>
      Math.max(...gateway.workers().map((pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1])));
    assert.ok(resident() > 32 << 10, `the worker has ${resident()} KiB only`);
    const refused = await until("readers are refused", 20, async () => {
      const answer = await get(actor);
      return answer.status === 503 && answer;
    });
    assert.equal(refused.headers.get("retry-after"), "10");
    assert.ok(await isRefused());
    assert.equal((await get(`${gateway.origin}/healthz`)).status, 200);
  });
});
