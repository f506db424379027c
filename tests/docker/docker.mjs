// Builds the containers of docker/ and walks the loop in them. Needs a Docker engine (DOCKER_HOST or the default one).
import assert from "node:assert/strict";
import fs from "node:fs";
import { spawn } from "node:child_process";
import path from "node:path";
import { randomBytes } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { root } from "../peers/lib/paths.mjs";
import { Folder, run } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";

const files = ["docker/compose.yaml", "tests/docker/compose.test.yaml"].flatMap((file) => ["-f", path.join(root, file)]);
const project = `drawbridge-test-${process.pid}`;

/** A certificate authority and one certificate for the three names. */
async function makeCertificates(folder) {
  const names = ["social", "plaza", "peer"].map((name) => `DNS:${name}.pinboard.net`).join(",");
  const openssl = (...words) => run("openssl", words, { cwd: folder });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Test CA");
  await openssl("req", ...key.slice(0, -2), "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=pinboard.net", "-addext", `subjectAltName=${names}`);
  await openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-copy_extensions", "copy", "-out", "leaf.crt");
  for (const file of fs.readdirSync(folder)) fs.chmodSync(path.join(folder, file), 0o644);
}

/** Drives Plaza's pages as a member's browser would: (page with a form, where it is sent, its fields). */
async function signIn(origin, member) {
  let cookie = "";
  const visit = async (where, form) => {
    const answer = await fetch(origin + where, { method: form ? "POST" : "GET", redirect: "manual", headers: { cookie }, body: form && new URLSearchParams(form) });
    assert.ok(answer.status < 400, `${where}: ${answer.status}`);
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return answer.text();
  };
  const act = async (page, where, form) => visit(where, { csrf: /name="csrf" value="([0-9a-f]+)"/.exec(await visit(page))[1], ...form });
  await act("/", "/sign-in", { member });
  return act;
}

await story("The containers", async () => {
  const folder = new Folder();
  atEnd((failed) => folder.close({ keep: failed }));
  const certificates = folder.join("certificates");
  fs.mkdirSync(certificates);
  fs.chmodSync(folder.path, 0o755);
  await makeCertificates(certificates);
  const token = path.join(root, "docker/platform.token");
  assert.ok(!fs.existsSync(token), `${token} is there: this test would use it; move it away first`);
  fs.writeFileSync(token, `dbg_${randomBytes(32).toString("base64url")}\n`, { mode: 0o644 });
  atEnd(() => fs.rmSync(token));

  const environment = {
    DRAWBRIDGE_DOMAIN: "social.pinboard.net",
    PLATFORM_URL: "https://plaza.pinboard.net",
    ALLOW_PRIVATE: "172.30.87.0/24",
    CERTIFICATES: certificates,
    SOURCE: root,
  };
  const compose = (seconds, ...words) =>
    run("docker", ["compose", "-p", project, ...files, ...words], { cwd: root, seconds, environment });
  /** As `compose`, but what it prints is shown as it comes. */
  const show = (...words) =>
    new Promise((resolve, reject) =>
      spawn("docker", ["compose", "-p", project, ...files, ...words], { cwd: root, env: { ...process.env, ...environment }, stdio: ["ignore", "inherit", "inherit"] })
        .once("error", reject)
        .once("close", (code) => (code === 0 ? resolve() : reject(new Error(`docker compose ${words.join(" ")}: ${code}`)))),
    );
  atEnd(async (failed) => {
    if (failed) console.log(await compose(60, "logs", "--no-color", "--tail", "60"));
    await compose(120, "down", "--volumes", "--timeout", "50");
  });

  await step("the images build", () => compose(1500, "build", "--quiet"));
  await step("three values are all that compose.yaml needs", async () => {
    const needed = fs.readFileSync(path.join(root, "docker/compose.yaml"), "utf8").match(/\$\{[A-Z_]+:\?/g);
    assert.deepEqual([...new Set(needed)], ["${DRAWBRIDGE_DOMAIN:?", "${PLATFORM_URL:?"], "and the token file");
  });
  await step("all start and become healthy", () => compose(180, "up", "-d", "--wait", "--wait-timeout", "150"));
  await step("the gateway runs as nobody special, on a read-only root, and Redis is safe", async () => {
    const inGateway = (...words) => compose(30, "exec", "-T", "gateway", ...words);
    assert.equal((await inGateway("id", "-u")).trim(), "990");
    await assert.rejects(inGateway("touch", "/usr/local/bin/x"), /Read-only file system/);
    const log = await compose(30, "logs", "--no-color", "gateway");
    assert.doesNotMatch(log, /appendonly|appendfsync|maxmemory/);
  });
  await step("Redis keeps everything: on disk before it answers, nothing evicted, and there again after a kill -9", async () => {
    const inRedis = (...words) => compose(30, "exec", "-T", "redis", "redis-cli", ...words);
    for (const [name, value] of Object.entries({ appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction" }))
      assert.equal((await inRedis("CONFIG", "GET", name)).trim().split("\n")[1], value, name);
    await inRedis("SET", "docker_test", "kept");
    await compose(30, "kill", "--signal", "SIGKILL", "redis");
    await compose(60, "up", "-d", "--wait", "--wait-timeout", "50", "redis");
    assert.equal((await inRedis("GET", "docker_test")).trim(), "kept");
    await inRedis("DEL", "docker_test");
    await until("the gateway is healthy with it", 60, async () => JSON.parse(await compose(30, "ps", "--format", "json", "gateway")).Health === "healthy");
  });
  const loop = ["exec", "-T", "tester", "/source/build/peers/bin/node", "/source/tests/docker/loop.mjs"];
  await step("the loop through Caddy", () => show(...loop));
  await step("the gateway stops within its grace and loses nothing; it comes back", async () => {
    await compose(90, "stop", "gateway");
    const state = JSON.parse(await compose(30, "ps", "-a", "--format", "json", "gateway"));
    assert.equal((Array.isArray(state) ? state[0] : state).ExitCode, 0);
    await compose(120, "up", "-d", "--wait", "--wait-timeout", "100", "gateway");
    await until("no restart loop", 10, async () => JSON.parse(await compose(30, "ps", "--format", "json", "gateway")).Health === "healthy");
  });
  await step("the demo of docker/README.md: Plaza instead of a platform of one's own, and the checker from the image", async () => {
    const demo = (seconds, ...words) =>
      run("docker", ["compose", "-p", `${project}-demo`, "-f", path.join(root, "docker/compose.yaml"), "--profile", "demo", ...words], {
        cwd: root,
        seconds,
        environment: { DRAWBRIDGE_DOMAIN: "social.pinboard.net", PLATFORM_URL: "http://plaza:8081", ALLOW_PRIVATE: "172.30.88.0/24", DRAWBRIDGE_FRONT: "172.30.88.0/24" },
      });
    atEnd(async (failed) => {
      if (failed) console.log(await demo(60, "logs", "--no-color", "--tail", "30"));
      await demo(120, "down", "--volumes", "--timeout", "50");
    });
    await demo(180, "up", "-d", "redis", "gateway", "plaza");
    await until("the gateway hears Plaza's events", 60, async () => (await demo(30, "logs", "--no-color", "gateway")).includes("the platform's stream is open"));
    const alice = await until("Plaza's pages", 20, () => signIn("http://127.0.0.1:8081", "alice"));
    await alice("/settings", "/settings/federation", { on: "1" });
    await alice("/", "/posts", { text: "Seen from the containers" });
    await until("alice in the gateway", 30, async () => (await demo(30, "logs", "--no-color", "gateway")).includes("an account was switched on"));
    const checked = await demo(120, "exec", "-T", "gateway", "drawbridge", "contract", "check", "http://plaza:8081", "--token-file", "/run/secrets/platform_token", "--level", "0");
    assert.match(checked, / 0 wrong, /);
  });
});
