// L: what comes in, its sizes and its pace.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { exchange } from "../limits/raw.mjs";
import { guard } from "./guard.mjs";

await story("What comes in", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const { origin, host } = gateway;
  const mallory = await Stranger.start("mallory");
  atEnd(() => mallory.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${origin}/inbox`;
  const post = async (body) => (await mallory.post(inbox, body)).status;
  const wave = (more) => JSON.stringify(mallory.activity("Wave", actor, more));
  const refusal = async (request) => (await exchange(origin, [request], { patience: 15_000 })).status;

  await step("an honest activity is taken", async () => assert.equal(await post(wave()), 202));

  await guard("L1", "a body that is announced as too long is not read", async () =>
    assert.equal(await refusal(`POST /inbox HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${(1 << 20) + 1}\r\n\r\n`), 413),
  );
  await guard("L2", "a head without end is refused while it comes", async () =>
    assert.equal(await refusal(`GET /actor HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${"x".repeat(20 << 10)}`), 431),
  );
  await guard("L3", "too many headers are refused", async () =>
    assert.equal(await refusal(`GET /actor HTTP/1.1\r\nHost: ${host}\r\n${"X-Many: 1\r\n".repeat(110)}Connection: close\r\n\r\n`), 431),
  );
  await guard("L4", "JSON 65 levels deep is refused", async () => assert.equal(await post(wave({ deep: JSON.parse("[".repeat(64) + "]".repeat(64)) })), 400));
  await guard("L5", "JSON of too many nodes is refused", async () => assert.equal(await post(wave({ list: Array(10_001).fill(1) })), 400));
  await guard("L6", "a string of 256 KiB and one byte is refused", async () => assert.equal(await post(wave({ note: "s".repeat((256 << 10) + 1) })), 400));
  await guard("L7", "a name that is said twice is refused", async () => {
    const twice = wave().replace('"type":"Wave"', '"type":"Wave","type":"Follow"');
    assert.equal(await post(twice), 400);
  });
});
