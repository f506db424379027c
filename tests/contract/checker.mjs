// The checker on services that are as they should be, and how it speaks.
import assert from "node:assert/strict";
import fs from "node:fs";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { Plaza } from "../peers/lib/plaza.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { check, newFolder, run, startOnlyHooks, startPinboard, startPlaza, takeStream, wrongOnes } from "./lib.mjs";

const names = (result, state) => result.checks.filter((one) => one.state === state).map((one) => one.check);

await story("The checker", async () => {
  const folder = newFolder();
  const plaza = await startPlaza(folder);
  const pinboard = await startPinboard(folder);

  await step("nothing is wrong with Plaza, on any level, and nothing is skipped", async () => {
    const { code, result } = await check(plaza, "--level", "3");
    assert.deepEqual(wrongOnes(result), []);
    assert.deepEqual(names(result, "skipped"), []);
    assert.equal(code, 0);
    assert.equal(result.reached_level, 3);
    assert.ok(result.good >= 50, `${result.good} checks`);
  });

  await step("nothing is wrong with Pinboard; only the carriers that it does not have are skipped", async () => {
    const { code, result } = await check(pinboard);
    assert.deepEqual(wrongOnes(result), []);
    assert.equal(code, 0);
    for (const one of result.checks.filter(({ state }) => state === "skipped")) assert.match(one.findings[0], /events\.(ws|webhook)|timeline|reports/, one.check);
    assert.ok(result.good >= 35, `${result.good} checks`);
  });

  await step("where events come by webhook only they are checked by it, and not at all without --webhook", async () => {
    const hooked = await startOnlyHooks(plaza);
    const { code, result } = await check(hooked, "--level", "1");
    assert.deepEqual(wrongOnes(result), []);
    assert.equal(code, 0);
    for (const name of ["hook-signed", "hook-order", "hook-repeat", "hook-one", "told", "race", "epoch"]) assert.ok(names(result, "good").includes(name), name);
    assert.match(result.checks.find(({ check }) => check === "expiry").findings[0], /no cursor/);
    const deaf = await check({ ...hooked, hookWords: [] }, "--level", "1");
    assert.equal(deaf.code, 0);
    for (const name of ["hook-signed", "told", "race", "epoch"]) assert.match(deaf.result.checks.find(({ check }) => check === name).findings[0], /--webhook/);
  });

  await step("without a sandbox and without a federated account it says so once, and does not guess", async () => {
    const bare = new Plaza(newFolder(), { port: await freePort(), fediverseHost: "127.0.0.1:8080", testApi: false });
    await bare.start();
    const { code, result } = await check(bare);
    assert.equal(code, 1);
    assert.deepEqual(wrongOnes(result), ["accounts: no account is federated; switch federation on for one and check again"]);
    assert.equal(result.reached_level, -1);
    await bare.process.stop();
  });

  await step("it names the gateway that takes the stream away meanwhile", async () => {
    const taking = setInterval(() => takeStream(plaza), 100);
    const { code, result } = await check(plaza, "--only", "stream-mark").finally(() => clearInterval(taking));
    assert.equal(code, 1);
    assert.match(wrongOnes(result).join(), /stream-mark: .*4409/);
  });

  await step("it leaves no member federated and no reply behind", async () => {
    const answer = await fetch(`${plaza.origin}/v1/accounts?federated=1`, { headers: { authorization: `Bearer ${fs.readFileSync(plaza.tokenFile, "utf8").trim()}` } });
    assert.deepEqual((await answer.json()).items, []);
  });

  await step("--level stops there, --only checks one and what it stands on", async () => {
    const first = await check(plaza, "--level", "0");
    assert.ok(first.result.checks.every(({ level }) => level === 0));
    const second = await check(plaza, "--only", "race");
    assert.ok(names(second.result, "good").includes("race"));
    assert.ok(second.result.checks.length < 10);
  });

  await step("its exit codes: 2 for wrong words, 3 for nobody there; the table without --json", async () => {
    const drawbridge = (...words) => run(binaries.drawbridge, ["contract", ...words]);
    assert.equal((await drawbridge("check")).code, 2);
    assert.equal((await drawbridge("check", plaza.origin)).code, 2);
    assert.equal((await drawbridge("check", plaza.origin, "--token-file", "/no/such/file")).code, 2);
    assert.equal((await drawbridge("check", plaza.origin, "--token-file", plaza.tokenFile, "--only", "nonsense")).code, 2);
    assert.equal((await drawbridge("check", plaza.origin, "--token-file", plaza.tokenFile, "--webhook", "127.0.0.1:1")).code, 2);
    const noSecret = await drawbridge("check", plaza.origin, "--token-file", plaza.tokenFile, "--webhook", "127.0.0.1:1", "--webhook-secret-file", plaza.tokenFile);
    assert.equal(noSecret.code, 2);
    assert.match(noSecret.err, /holds no secret of webhooks.*§4\.5/);
    const noListener = await drawbridge("check", plaza.origin, "--token-file", plaza.tokenFile, "--webhook", "192.0.2.1:9", ...plaza.hookWords.slice(2));
    assert.equal(noListener.code, 3);
    assert.match(noListener.err, /webhooks cannot be taken at 192\.0\.2\.1:9/);
    const nobody = await drawbridge("check", `http://127.0.0.1:${await freePort()}`, "--token-file", plaza.tokenFile);
    assert.equal(nobody.code, 3);
    assert.match(nobody.err, /does not answer/);
    const lost = await drawbridge("check", `${plaza.origin}/nowhere`, "--token-file", plaza.tokenFile);
    assert.equal(lost.code, 3);
    assert.match(lost.err, /§3\.1/);
    const table = await drawbridge("check", plaza.origin, "--token-file", plaza.tokenFile, "--level", "0");
    assert.equal(table.code, 0);
    assert.match(table.out, /ok +L0 consent/);
    const events = await drawbridge("check", pinboard.origin, "--token-file", pinboard.tokenFile, "--only", "stream-hello");
    assert.match(events.out, /^ +skipped L1 stream-hello: the service does not list the feature events\.ws$/m);
  });
});
