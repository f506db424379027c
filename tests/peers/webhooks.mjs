// Webhooks at the gateway's door: the example of docs/contract as it stands there, an independent library of Standard
// Webhooks on either side, and what must be refused.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { createRequire } from "node:module";
import { contractFolder } from "./lib/contract.mjs";
import { atEnd, step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { peers } from "./lib/paths.mjs";
import { Plaza } from "./lib/plaza.mjs";
import { freePort } from "./lib/ports.mjs";
import { run } from "./lib/processes.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const { Webhook } = createRequire(path.join(peers, "validators/"))("standardwebhooks");
const event = (seq) => ({ seq, id: `t1:${seq}`, type: "ping", time: "2026-08-22T09:59:00.120Z", account: null, subject: null, rev: 1, data: { nonce: "n" } });

await story("Webhooks", async () => {
  const world = await step("Plaza and the gateway run", () => World.start({ events: "webhook" }));
  const { gateway } = world;
  const secret = fs.readFileSync(world.hookSecret, "utf8").trim();
  const address = `${gateway.origin}/hooks/contract/plaza`;
  const library = new Webhook(secret);

  /** {status, text} of a webhook that the library signs; `change` alters what is sent afterwards. */
  async function send(body, change = {}) {
    const sent = { id: "t1-1-1", at: new Date(), body: JSON.stringify(body), to: address, ...change };
    const signature = change.signature ?? library.sign(sent.id, sent.at, change.signed ?? sent.body);
    const headers = { "content-type": "application/json", "webhook-id": sent.id, "webhook-timestamp": String(Math.floor(sent.at / 1000)), "webhook-signature": signature };
    for (const name of change.without ?? []) delete headers[name];
    const answer = await fetch(sent.to, { method: "POST", headers, body: sent.body });
    return { status: answer.status, text: await answer.text() };
  }
  const cursor = () => gateway.redis("GET", "cursor:plaza").then((text) => text.trim());
  const refused = async () => Number((await (await fetch(`${gateway.origin}/metrics`)).text()).match(/^drawbridge_webhooks_refused_total (\d+)$/m)[1]);

  await step("what the library signs is taken, once for each epoch and number", async () => {
    await until("the gateway learnt what Plaza can do", 20, async () => (await send({ epoch: "t1", events: [event(1)] })).status === 202);
    assert.equal(await cursor(), "t1:1");
    assert.equal((await send({ epoch: "t1", events: [event(2), event(3)] }, { id: "t1-2-3" })).status, 202);
    assert.equal((await send({ epoch: "t1", events: [event(2), event(3)] }, { id: "t1-2-3" })).status, 202);
    assert.equal(await cursor(), "t1:3");
  });

  await step("two signatures while the secret is changed: one that is right is enough", async () => {
    const body = { epoch: "t1", events: [event(4)] };
    const at = new Date();
    const other = new Webhook(`whsec_${Buffer.alloc(32, 7).toString("base64")}`);
    const both = [other, library].map((one) => one.sign("t1-4-4", at, JSON.stringify(body))).join(" ");
    assert.equal((await send(body, { id: "t1-4-4", at, signature: both })).status, 202);
  });

  await step("the example on the contract's page", async () => {
    const page = fs.readFileSync(path.join(contractFolder, "README.md"), "utf8");
    const example = /^```bash\n(.*?)^```$/ms.exec(page)[1];
    const runWith = (SECRET) => run("bash", ["-euc", example], { environment: { HOOK: address, SECRET } });
    assert.equal((await runWith(secret)).trim(), "202");
    assert.equal(await cursor(), "e7:1");
    assert.equal((await runWith(`whsec_${Buffer.alloc(32, 1).toString("base64")}`)).trim(), "401");
  });

  await step("the address works by whatever name the platform reaches the gateway", async () => {
    const at = new Date();
    const body = JSON.stringify({ epoch: "e7", events: [event(2)] });
    const headers = { host: "drawbridge:8080", "content-length": Buffer.byteLength(body), "webhook-id": "e7-2-2", "webhook-timestamp": String(Math.floor(at / 1000)), "webhook-signature": library.sign("e7-2-2", at, body) };
    const status = await new Promise((resolve, reject) => http.request(address, { method: "POST", headers }, (answer) => resolve(answer.resume().statusCode)).on("error", reject).end(body));
    assert.equal(status, 202);
  });

  await step("what is not as it was signed is refused, counted, and moves nothing", async () => {
    const before = await refused();
    const body = { epoch: "e7", events: [event(3)] };
    const hour = 3_600_000;
    const cases = [
      [{ signed: `${JSON.stringify(body)} ` }, /no signature/],
      [{ body: JSON.stringify(body, null, 1), signed: JSON.stringify(body) }, /no signature/],
      [{ at: new Date(Date.now() - hour) }, /clock/],
      [{ at: new Date(Date.now() + hour) }, /clock/],
      [{ without: ["webhook-signature"] }, /webhook-signature is missing/],
      [{ without: ["webhook-id"] }, /webhook-id is missing/],
      [{ without: ["webhook-timestamp"] }, /webhook-timestamp is missing/],
    ];
    for (const [change, why] of cases) {
      const { status, text } = await send(body, change);
      assert.equal(status, 401, JSON.stringify(change));
      assert.match(text, why);
    }
    for (const [at, bad] of ["[]", "{}", "no JSON", '{"epoch":"e7"}', '{"epoch":"e7","events":[]}', '{"epoch":"e7","events":[{"type":"ping"}]}', '{"epoch":"","events":[{"seq":3}]}'].entries())
      assert.equal((await send(undefined, { id: `bad-${at}`, body: bad })).status, 400, bad);
    for (const name of ["nobody", "", "plaza/more", "PLAZA"]) assert.equal((await send(body, { to: `${gateway.origin}/hooks/contract/${name}` })).status, 404, name);
    assert.equal(await refused(), before + cases.length + 7);
    assert.equal(await cursor(), "e7:2");
  });

  await step("while the store does not answer: 503; afterwards it is taken", async () => {
    const pid = await gateway.redisPid();
    process.kill(pid, "SIGSTOP");
    try {
      assert.equal((await send({ epoch: "e7", events: [event(3)] }, { id: "e7-3-3" })).status, 503);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await until("it is taken", 30, async () => (await send({ epoch: "e7", events: [event(3)] }, { id: "e7-3-3" })).status === 202);
    assert.equal(await cursor(), "e7:3");
  });

  await step("what Plaza sends is right by the library: signed over its bytes, the same under one id, in order", async () => {
    const received = [];
    let answer = 503;
    const sink = http.createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part)).on("end", () => {
        received.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        response.writeHead(answer, answer === 503 ? { "retry-after": "1" } : {}).end();
      });
    });
    const port = await freePort();
    await new Promise((resolve) => sink.listen(port, "127.0.0.1", resolve));
    atEnd(() => sink.close());
    fs.mkdirSync(world.folder.join("second"));
    const folder = Object.assign(Object.create(world.folder), { join: (name) => world.folder.join(path.join("second", name)) });
    const more = ["--webhook", `http://127.0.0.1:${port}/hooks/contract/x`, "--webhook-secret-file", world.hookSecret];
    const plaza = new Plaza(folder, { port: await freePort(), fediverseHost: "x.example", more });
    await plaza.start();
    await plaza.federate("alice", true);
    await until("the first attempt", 20, () => received.length >= 1);
    await plaza.post("alice", "Käuzchen 🦉");
    await until("another attempt", 20, () => received.length >= 2);
    await plaza.process.kill();
    await plaza.start();
    await until("an attempt after a restart", 20, () => received.length >= 3);
    answer = 202;
    await until("the second batch", 20, () => received.some(({ body }) => body.includes("Käuzchen")));
    for (const { headers, body } of received) assert.deepEqual(library.verify(body, headers), JSON.parse(body));
    const [first] = received;
    const batches = received.filter(({ headers }) => headers["webhook-id"] === first.headers["webhook-id"]);
    assert.ok(batches.length >= 3 && batches.every(({ body }) => body === first.body));
    const order = [...new Set(received.map(({ body }) => body))].flatMap((body) => JSON.parse(body).events.map(({ seq }) => seq));
    assert.deepEqual(order, [...order].sort((one, other) => one - other));
    for (const { headers, body } of received) {
      const { epoch, events } = JSON.parse(body);
      assert.equal(headers["webhook-id"], `${epoch}-${events[0].seq}-${events.at(-1).seq}`);
    }
    assert.equal(await plaza.process.stop(), 0);
  });

  await step("the gateway is as ready as before", async () => assert.equal((await get(`${gateway.origin}/readyz`)).status, 200));
});
