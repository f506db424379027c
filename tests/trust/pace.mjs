// L, on: how often one may come, how many at once, and what happens when there is no room.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { ACTIVITY, get } from "../peers/lib/http.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { retryAfter } from "../limits/raw.mjs";
import { guard, selected } from "./guard.mjs";

await story("Who comes too often, and too many", async () => {
  process.env.DRAWBRIDGE_GATEWAY_TRUSTED_PROXIES = "127.0.0.1";
  const settings = "[limits]\naddress_per_second = 2\nhost_per_second = 3\ninbox_queue = 5\nmemory_mib = 4096\n";
  const world = await step("Plaza and the gateway run, one worker, and little is let in", () => World.start({ workers: 1, settings }));
  const { plaza, gateway } = world;
  const { origin } = gateway;
  const { hostname, port } = new URL(origin);
  const inbox = `${origin}/inbox`;
  const stranger = async (name) => {
    const one = await Stranger.start(name);
    atEnd(() => one.close());
    return one;
  };
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const wave = (one, options) => one.post(inbox, one.activity("Wave", actor), options);
  const from = (address) => get(`${origin}/.well-known/nodeinfo`, { headers: { "x-forwarded-for": address } });
  const times = async (count, request) => {
    const answers = [];
    for (let i = 0; i < count; i++) answers.push(await request(i));
    return answers;
  };
  const statuses = (answers) => answers.map(({ status }) => status);
  const open = (count, bytes = "") => {
    const sockets = Array.from({ length: count }, () => {
      const socket = net.connect(Number(port), hostname);
      socket.heard = "";
      socket.opened = performance.now();
      socket.on("error", () => {}).on("data", (data) => ((socket.heard += data), (socket.waited ??= performance.now() - socket.opened))).on("close", () => (socket.gone = true));
      socket.on("connect", () => bytes && socket.write(bytes));
      return socket;
    });
    atEnd(() => sockets.forEach((socket) => socket.destroy()));
    return sockets;
  };
  const close = (sockets) => sockets.forEach((socket) => socket.destroy());

  await guard("L19", "an address that comes too often is told when to come again", async () => {
    const answers = await times(40, () => from("203.0.113.7"));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length <= 20, `${statuses(answers)}`);
    for (const { headers } of refused) assert.ok(Number(headers.get("retry-after")) >= 1);
    assert.equal((await from("203.0.113.8")).status, 200);
  });
  await guard("L20", "of IPv6 a whole /64 is one address", async () => {
    const answers = await times(40, (i) => from(`2001:db8:1:2::${i + 1}`));
    assert.ok(statuses(answers).includes(429));
    assert.equal((await from("2001:db8:1:3::1")).status, 200);
  });
  await guard("L21", "a server that sends too much waits, others do not", async () => {
    const [loud, quiet] = [await stranger("loud"), await stranger("quiet")];
    const answers = await times(60, () => wave(loud));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length <= 30, `${statuses(answers)}`);
    for (const { text } of refused) assert.ok(retryAfter(text) >= 1, text);
    assert.equal((await wave(quiet)).status, 202);
  });
  await guard("L22", "what others forge in a server's name does not count", async () => {
    const honest = await stranger("honest");
    assert.equal((await wave(honest)).status, 202);
    const other = Stranger.otherKey();
    const answers = await times(40, () => wave(honest, { key: other }));
    assert.deepEqual([...new Set(statuses(answers))], [401]);
    assert.equal((await wave(honest)).status, 202);
  });

  await guard("L23", "strangers whose servers never show their keys wait in a bounded crowd", async () => {
    const friend = await stranger("friend");
    const known = async () => (await wave(friend)).status;
    assert.equal(await known(), 202);
    const held = [];
    const pit = net.createServer((socket) => held.push(socket.on("error", () => {})));
    const pitPort = await freePort();
    await new Promise((resolve) => pit.listen(pitPort, "127.0.0.1", resolve));
    atEnd(() => (held.forEach((socket) => socket.destroy()), pit.close()));
    const forged = (index) => {
      const mallory = `http://127.0.0.1:${pitPort}/users/${index}`;
      const body = JSON.stringify({ id: `${mallory}/1`, type: "Wave", actor: mallory, object: actor });
      const { path, headers } = friend.request(inbox, body, { keyId: `${mallory}#main-key`, type: ACTIVITY });
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return `POST ${path} HTTP/1.1\r\n${lines.join("")}connection: close\r\n\r\n${body}`;
    };
    const sockets = [];
    await until("one more is refused at once, not when its server's time is over", 40, async () => {
      for (let i = 0; i < 100 && sockets.length < 4000; i++) sockets.push(...open(1, forged(sockets.length)));
      return sockets.some(({ heard, waited }) => /^HTTP\/1\.1 503 /.test(heard) && waited < 6000);
    });
    assert.ok(sockets.length > 2000, `${sockets.length}`);
    assert.equal(await known(), 202);
    close(sockets);
    await gateway.killWorkers(); // the others' patience is not this test's
  });
  await guard("L24", "bodies that do not come to an end take so much memory and no more", async () => {
    const bytes = `POST /inbox HTTP/1.1\r\nHost: ${gateway.host}\r\nContent-Length: ${1 << 20}\r\n\r\n${"x".repeat((1 << 20) - 1)}`;
    const sockets = open(150, bytes);
    await until("some are told that there is no room", 40, () => sockets.some(({ heard }) => /^HTTP\/1\.1 503 /.test(heard)));
    assert.equal((await get(actor)).status, 200);
    close(sockets);
  });

  if (selected("L25", "L26"))
    await step("400 files may be open: 200 connections", async () => {
      await run("prlimit", ["--pid", String(gateway.process.pid), "--nofile=400:400"]);
      await gateway.killWorkers();
    });
  await guard("L25", "there are so many connections and no more", async () => {
    const sockets = open(300);
    await until("some had to go", 8, () => sockets.filter(({ gone }) => gone).length >= 100);
    close(sockets);
  });
  await guard("L26", "who comes is let in, and who stands still for longest has to go", async () => {
    const sockets = open(199);
    await until("they are connected", 10, () => sockets.every((socket) => !socket.connecting));
    const answers = await times(10, () => get(actor).catch(({ message }) => ({ status: message })));
    assert.deepEqual([...new Set(statuses(answers))], [200]);
    close(sockets);
  });

  const neighbour = await stranger("neighbour");
  const isRefused = async () => {
    const answer = await neighbour.post(inbox, "{}"); // refused or not, it is never kept
    return answer.status === 503 && retryAfter(answer.text) >= 10;
  };
  const readers = async () => assert.equal((await get(actor)).status, 200, "who only reads is served");
  await guard("L27", "nearly full Redis takes no more activities", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await gateway.redis("INFO", "memory"))[1]);
    await gateway.redis("CONFIG", "SET", "maxmemory", String(Math.ceil(used * 1.1)));
    await until("activities are refused", 10, isRefused);
    await readers();
    await gateway.redis("CONFIG", "SET", "maxmemory", "0");
    await until("activities are taken", 10, async () => !(await isRefused()));
  });
  await guard("L28", "while too many activities wait no more are taken", async () => {
    for (let entry = 0; entry < 8; entry++) await gateway.redis("XADD", "work:inbox:0", "*", "chain", "nobody", "data", "{}");
    for (let queue = 0; queue < 4; queue++) await gateway.redis("SET", `lease:work:inbox:${queue}`, "somebody-else");
    await until("activities are refused", 30, async () => {
      await gateway.redis("XADD", "work:inbox:0", "*", "chain", "nobody", "data", "{}");
      return isRefused();
    });
    await readers();
  });
  await guard("L29", "a worker whose memory is past its mark serves nothing but health checks", async () => {
    await gateway.process.stop();
    // The build that is tested carries its sanitizers along: more than 32 MiB as it starts.
    fs.writeFileSync(gateway.configuration, fs.readFileSync(gateway.configuration, "utf8").replace("memory_mib = 4096", "memory_mib = 32"));
    await gateway.start();
    const refused = await until("readers are refused", 15, async () => {
      const answer = await get(actor);
      return answer.status === 503 && answer;
    });
    assert.equal(refused.headers.get("retry-after"), "10");
    assert.equal((await get(`${origin}/healthz`)).status, 200);
  });
});
