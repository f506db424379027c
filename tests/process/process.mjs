// The program as its operator meets it: commands, configuration, processes, an external Redis, the log.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { spawnSync } from "node:child_process";
import { step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Process, isAlive, run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const drawbridge = (...words) => {
  const { status, stdout, stderr } = spawnSync(binaries.drawbridge, words, { encoding: "utf8", timeout: 20_000 });
  return { status, stdout, stderr };
};

/** An external Redis as an operator would run it, on a port of its own. */
async function externalRedis(folder, ...settings) {
  const port = await freePort();
  const data = folder.join(`redis-${port}`);
  fs.mkdirSync(data);
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--dir", data, "--save", "", ...settings];
  const server = new Process(folder, `redis-${port}`, "redis-server", words);
  const cli = (...args) => run("redis-cli", ["-p", String(port), ...args]);
  await server.ready("Redis answers", 20, async () => (await cli("PING")).trim() === "PONG");
  return { port, server, cli, start: () => new Process(folder, `redis-${port}`, "redis-server", words) };
}

const linesOf = (process) =>
  fs
    .readFileSync(process.logPath, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

await story("The program and its processes", async () => {
  await step("--help shows every command, and each command's --help has examples", () => {
    const { status, stdout } = drawbridge("--help");
    assert.equal(status, 0);
    const commands = [...stdout.matchAll(/^ {2}drawbridge ([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
    assert.ok(commands.length >= 4, stdout);
    for (const command of new Set(commands)) {
      const help = drawbridge(command, "--help");
      assert.equal(help.status, 0, command);
      assert.match(help.stdout, /\nExamples:\n {2}drawbridge /, command);
    }
    assert.match(drawbridge("--version").stdout, /^drawbridge \d/);
  });

  await step("wrong usage exits 2 and says what to do", () => {
    for (const words of [["dance"], [], ["serve"], ["serve", "-c", "/nowhere/at/all.ini"]]) {
      const { status, stderr } = drawbridge(...words);
      assert.equal(status, 2, words.join(" "));
      assert.match(stderr, /drawbridge/, words.join(" "));
    }
  });

  const world = await World.start({ peer: "fedify", settings: "[log]\nformat = json\n" });
  const { folder, gateway, plaza, peer } = world;

  await step("mistakes of the configuration are told with file and line, and exit 2", () => {
    const good = fs.readFileSync(gateway.configuration, "utf8");
    const file = folder.join("wrong.ini");
    const told = (text, pattern) => {
      fs.writeFileSync(file, text);
      const { status, stderr } = drawbridge("check", "-c", file);
      assert.equal(status, 2, stderr);
      assert.match(stderr, pattern);
    };
    told(good.replace("workers = 2", "wrokers = 2"), /wrong\.ini.*\b6\b.*wrokers/s);
    told(good.replace("workers = 2", "workers = many"), /wrong\.ini.*\b6\b.*workers/s);
    told(good.replace(/public_url = .*/, "public_url = https://social.pinboard.net"), /lab/);
    told(good.replace("mode = lab", "mode = production"), /https/);
  });

  await step("who opens its address reads what this server is, and nobody's name", async () => {
    const page = await get(`${gateway.origin}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type"), /^text\/html/);
    assert.ok(page.text.includes(new URL(gateway.origin).host), page.text);
    assert.match(page.text, /fediverse/);
  });

  await step("the README's configuration is one that drawbridge takes", () => {
    const [, block] = /```ini\n(.*?)```/s.exec(fs.readFileSync(`${root}/README.md`, "utf8"));
    const token = folder.join("token");
    fs.writeFileSync(token, "dbg_example\n", { mode: 0o600 });
    const file = folder.join("readme.ini");
    // The names of the text are nobody's, and refused in production.
    fs.writeFileSync(file, block.replaceAll(".example", ".pinboard.net").replace("/var/lib/drawbridge", folder.join("readme")).replace(/\/etc\/drawbridge\/\S+/, token));
    const { status, stdout, stderr } = drawbridge("check", "-c", file);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /warning/);
  });

  await step("a second one on the same data folder is refused, with the remedy", () => {
    const { status, stderr } = drawbridge("serve", "-c", gateway.configuration);
    assert.equal(status, 1);
    assert.match(stderr, /another drawbridge serves this data folder/);
  });

  await step("one trace id leads from the event of the platform to the delivery", async () => {
    await plaza.federate("alice", true);
    const actor = await until("webfinger answers", 30, () => gateway.actorOf("alice"));
    await peer.follow(`@alice@${gateway.host}`);
    await until("the Accept", 30, () => peer.follows(actor));
    const post = await plaza.post("alice", "Traced.");
    const traced = () => {
      const lines = linesOf(gateway.process);
      const event = lines.find(({ what, subject }) => what === "an event of the platform" && subject === post);
      return event?.trace && lines.find(({ what, trace, activity }) => what === "delivered" && trace === event.trace && activity.endsWith("#create"));
    };
    await until("the delivery with the event's trace", 30, traced);
  });

  await step("while Redis is away /healthz is good, /readyz is not; both are when it is back", async () => {
    const status = async (path) => (await get(`${gateway.origin}${path}`)).status;
    const pid = await gateway.redisPid();
    process.kill(pid, "SIGSTOP");
    try {
      await until("/readyz answers 503", 30, async () => (await status("/readyz")) === 503);
      assert.equal(await status("/healthz"), 200);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    // Each worker notices for itself, and the kernel spreads connections over them.
    let good = 0;
    await until("every worker is ready", 30, async () => (good = (await status("/readyz")) === 200 ? good + 1 : 0) >= 20);
  });

  await step("SIGTERM: what is in flight is finished, every process ends, exit 0", async () => {
    const workers = gateway.workers();
    const redis = await gateway.redisPid();
    const body = "not json";
    const answer = await new Promise((resolve, reject) => {
      let text = "";
      const socket = net.connect(Number(gateway.host.split(":")[1]), "127.0.0.1", async () => {
        socket.write(`POST /inbox HTTP/1.1\r\nHost: ${gateway.host}\r\nContent-Type: application/activity+json\r\nContent-Length: ${body.length}\r\n\r\nnot `);
        // The worker has the head before the signal comes: another request on the same worker's port was answered after it.
        await get(`${gateway.origin}/healthz`);
        await until("the request's head was read", 5, async () => (await get(`${gateway.origin}/healthz`)).status === 200);
        gateway.process.signal("SIGTERM");
        await until("the gateway is stopping", 10, () => /stopping/.test(fs.readFileSync(gateway.process.logPath, "utf8")));
        socket.write("json");
      });
      socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
      socket.on("data", (data) => (text += data)).on("error", reject).on("close", () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, `the half request is finished and answered: ${answer}`);
    assert.equal(await gateway.process.stop(), 0);
    assert.deepEqual([...workers, redis].filter(isAlive), [], "no process is left");
  });

  await step("an external Redis with everything as it should be: no warning, and the loop goes on in it", async () => {
    const redis = await externalRedis(folder, "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction");
    process.env.DRAWBRIDGE_REDIS_URL = `redis://127.0.0.1:${redis.port}`;
    const before = fs.statSync(gateway.process.logPath).size;
    await gateway.start();
    await plaza.federate("bob", true);
    await until("webfinger answers", 30, () => gateway.actorOf("bob"));
    assert.ok(Number(await redis.cli("DBSIZE")) > 0);
    const log = fs.readFileSync(gateway.process.logPath, "utf8").slice(before);
    assert.doesNotMatch(log, /appendonly|appendfsync|maxmemory/);
    // It dies and returns: nothing that was acknowledged is lost.
    await redis.server.kill();
    await until("/readyz answers 503", 30, async () => (await get(`${gateway.origin}/readyz`)).status === 503);
    redis.start();
    await gateway.isReady(60);
    await until("bob is still there", 20, () => gateway.actorOf("bob"));
    assert.equal(await gateway.process.stop(), 0);
  });

  await step("an external Redis that forgets is told in the log", async () => {
    const redis = await externalRedis(folder, "--appendonly", "no", "--maxmemory-policy", "allkeys-lru");
    process.env.DRAWBRIDGE_REDIS_URL = `redis://127.0.0.1:${redis.port}`;
    const before = fs.statSync(gateway.process.logPath).size;
    await gateway.start();
    const log = () => fs.readFileSync(gateway.process.logPath, "utf8").slice(before);
    await until("both warnings", 20, () => /appendonly no/.test(log()) && /allkeys-lru/.test(log()));
  });
});
