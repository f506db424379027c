// The page's examples, run as they stand there: every `sh` block against Plaza and against Pinboard, its answer compared
// with the `json` block below it. Compared is the form: each member that the page shows is there, of the same kind.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { contractFolder } from "../peers/lib/contract.mjs";
import { step, story } from "../peers/lib/harness.mjs";
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

/** A service with a federated alice and a post, made by its sandbox. */
async function prepare({ origin, tokenFile }) {
  const token = fs.readFileSync(tokenFile, "utf8").trim();
  const api = `${origin}/v1`;
  const act = async (body) => {
    const answer = await fetch(`${api}/sandbox`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, `${body.do}: ${answer.status}`);
    return answer.json();
  };
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

await story("The page's examples", async () => {
  const folder = newFolder();
  await runAll(await startPlaza(folder), "Plaza");
  await runAll(await startPinboard(folder), "Pinboard");
});
