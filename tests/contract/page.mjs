// The page's examples, run as they stand there: every `sh` block against Plaza and against Pinboard, its answer compared
// with the `json` block below it. Compared is the form: each member that the page shows is there, of the same kind.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { contractFolder } from "../peers/lib/contract.mjs";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Process } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { newFolder, run, startPinboard, startPlaza } from "./lib.mjs";

const page = fs.readFileSync(path.join(contractFolder, "README.md"), "utf8");

/** [{line, command, shown}] */
function examples() {
  const blocks = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: kind, 2: text, index }) => ({ kind, text, line: page.slice(0, index).split("\n").length }));
  const found = blocks.map(({ kind, text, line }, i) => kind === "sh" && { line, command: text, shown: blocks[i + 1] }).filter(Boolean);
  for (const { line, shown } of found) assert.equal(shown?.kind, "json", `the sh block at line ${line} has its answer below it`);
  return found.map(({ line, command, shown }) => ({ line, command, shown: JSON.parse(shown.text) }));
}

const kindOf = (value) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

function compare(shown, real, where) {
  if (shown === null || real === null) return; // where the page shows null there may be something, and the other way round
  assert.equal(kindOf(real), kindOf(shown), `${where} is ${JSON.stringify(real)?.slice(0, 200)}, the page shows ${JSON.stringify(shown)}`);
  if (Array.isArray(shown)) {
    if (shown.length === 0 || kindOf(shown[0]) === "string") return;
    assert.ok(real.length > 0, `${where} is empty`);
    compare(shown[0], real[0], `${where}[0]`);
  } else if (kindOf(shown) === "object") {
    for (const [name, value] of Object.entries(shown)) {
      if (name === "stream" || (name === "url" && "applied" in shown)) continue; // not every service has these
      assert.ok(name in real, `${where}.${name} is missing in ${JSON.stringify(real).slice(0, 300)}`);
      compare(value, real[name], `${where}.${name}`);
    }
  } else if (["code", "status"].includes(where.split(".").at(-1))) assert.equal(real, shown, where);
}

function sandboxOf({ origin, tokenFile }) {
  const token = fs.readFileSync(tokenFile, "utf8").trim();
  const api = `${origin}/v1`;
  const act = async (body) => {
    const answer = await fetch(`${api}/sandbox`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, `${body.do}: ${answer.status}`);
    return answer.json();
  };
  return { token, api, act };
}

/** A service with a federated member and a post, made by its sandbox. */
async function prepare({ origin, tokenFile }) {
  const { token, api, act } = sandboxOf({ origin, tokenFile });
  const { id: account } = await act({ do: "account" });
  await act({ do: "federation", account, on: true });
  const { id: post } = await act({ do: "post", account, text: "Saw a 🦉 #owl" });
  const { handle } = await (await fetch(`${api}/accounts/${account}`, { headers: { authorization: `Bearer ${token}` } })).json();
  return { environment: { BASE: origin, API: api, TOKEN: token, ACCOUNT: account, POST: post }, handle };
}

async function runAll(service, name) {
  const { environment, handle } = await prepare(service);
  const all = examples();
  assert.ok(all.length >= 15, `${all.length} examples`);
  for (const { line, command, shown } of all)
    await step(`${name}: the example at line ${line}`, async () => {
      const { code, out, err } = await run("bash", ["-euc", command.replaceAll("handle=alice", `handle=${handle}`)], { environment, seconds: 30 });
      assert.equal(code, 0, `${command}${err}`);
      compare(shown, JSON.parse(out), "the answer");
    });
}

/** §10.1 as it stands there, with ports that are free: try.ini, and what is asked of the gateway that it starts. */
async function tryOut(folder, { origin, tokenFile }) {
  const blocks = (kind) => [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text);
  const port = await freePort();
  const adapt = (text) => text.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`).replaceAll("http://127.0.0.1:8090", origin).replaceAll("drawbridge ", `${binaries.drawbridge} `);
  const [configuration] = blocks("ini").filter((text) => text.includes("mode = lab"));
  const [start, ask] = blocks("bash").filter((text) => text.includes("try.ini"));
  fs.writeFileSync(folder.join("try.ini"), configuration.replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`).replace("http://127.0.0.1:8090", origin));
  fs.copyFileSync(tokenFile, folder.join("token"));
  const [checks, serves] = adapt(start).trim().split("\n");
  const checked = await run("bash", ["-euc", checks], { cwd: folder.path });
  assert.equal(checked.code, 0, checked.err);
  const gateway = new Process(folder, "gateway", "bash", ["-euc", `exec ${serves}`]);
  await gateway.ready("the gateway is ready", 60, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  const { act } = sandboxOf({ origin, tokenFile });
  const { id: account } = await act({ do: "account", handle: "alice" });
  await act({ do: "federation", account, on: true });
  const { id: POST } = await act({ do: "post", account, text: "Saw a 🦉 #owl" });
  const answer = await until("the gateway knows alice", 30, async () => {
    const { code, out } = await run("bash", ["-euc", adapt(ask)], { cwd: folder.path, environment: { POST } });
    return code === 0 && out.startsWith("{") && out;
  });
  assert.match(answer, new RegExp(`"subject":"acct:alice@127\\.0\\.0\\.1:${port}"`));
  assert.match(answer, /Saw a 🦉 #owl/);
  assert.match(answer, /"type": "Note"/);
  assert.equal(await gateway.stop(), 0);
}

await story("The page's examples", async () => {
  const folder = newFolder();
  const pinboard = await startPinboard(folder);
  await runAll(await startPlaza(folder), "Plaza");
  await runAll(pinboard, "Pinboard");
  await step("§10.1: the gateway on one's own machine", () => tryOut(folder, pinboard));
});
