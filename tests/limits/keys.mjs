// Thousands of requests whose signers' servers take the question for their key and never answer it: who is known is
// served meanwhile, and one more stranger is told to come later.
import assert from "node:assert/strict";
import net from "node:net";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { ACTIVITY, get } from "../peers/lib/http.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { retryAfter } from "./raw.mjs";

const WAITING = 2048;

await story("Keys that are never had", async () => {
  const world = await step("Plaza and the gateway run, one worker", () => World.start({ workers: 1 }));
  const { plaza, gateway } = world;
  const friend = await Stranger.start("friend");
  atEnd(() => friend.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${gateway.origin}/inbox`;
  const deliver = () => friend.post(inbox, friend.activity("Wave", actor));
  assert.equal((await deliver()).status, 202);

  const asked = [];
  const pit = net.createServer((socket) => asked.push(socket.on("error", () => {})));
  const port = await freePort();
  await new Promise((resolve) => pit.listen(port, "127.0.0.1", resolve));
  atEnd(() => {
    for (const socket of asked) socket.destroy();
    pit.close();
  });
  const forged = (index) => {
    const mallory = `http://127.0.0.1:${port}/users/${index}`;
    const body = JSON.stringify({ id: `${mallory}/1`, type: "Wave", actor: mallory, object: actor });
    return friend.request(inbox, body, { keyId: `${mallory}#main-key`, type: ACTIVITY });
  };
  const answers = [];
  const sockets = [];
  atEnd(() => sockets.forEach((socket) => socket.destroy()));
  const { hostname, port: gatewayPort } = new URL(inbox);
  const send = (index) => {
    const { path, headers, body } = forged(index);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = net.connect(Number(gatewayPort), hostname);
    socket.on("error", () => {}).on("data", (data) => answers.push(data.toString()));
    socket.write(`POST ${path} HTTP/1.1\r\n${head.join("")}connection: close\r\n\r\n`);
    socket.write(body);
    sockets.push(socket);
  };

  await step(`strangers' requests wait, until ${WAITING} do: one more is refused at once`, async () => {
    let sent = 0;
    await until("a refusal", 60, async () => {
      for (let i = 0; i < 100; i++) send(sent++);
      assert.ok(sent < 2 * WAITING || answers.length > 0, "no refusal");
      return answers.length > 0 && sent > WAITING;
    });
    assert.match(answers[0], /^HTTP\/1\.1 503 /);
    assert.ok(retryAfter(answers[0]) >= 1, answers[0]);
    assert.ok(asked.length > 0, "their server was asked");
  });
  await step("who is known delivers and reads within a second", async () => {
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      assert.equal((await deliver()).status, 202);
      assert.equal((await get(actor)).status, 200);
      assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
    }
  });
  await step("once their time has passed a new server is heard again", async () => {
    const stranger = await Stranger.start("stranger");
    atEnd(() => stranger.close());
    await until("it is taken", 90, async () => (await stranger.post(inbox, stranger.activity("Wave", actor))).status === 202);
  });
});
