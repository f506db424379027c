// The services that are checked, and the checker.
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { atEnd } from "../peers/lib/harness.mjs";
import { binaries, peers } from "../peers/lib/paths.mjs";
import { Plaza } from "../peers/lib/plaza.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Folder, Process } from "../peers/lib/processes.mjs";
import { contractFolder } from "../peers/lib/contract.mjs";

export function newFolder() {
  const folder = new Folder();
  atEnd((failed) => {
    if (failed) for (const [name, text] of folder.logs()) console.log(`---- ${name}, its end:\n${text.trimEnd().split("\n").slice(-20).join("\n")}`);
    return folder.close({ keep: failed });
  });
  return folder;
}

/**
 * A Plaza that permits many requests and has short heartbeats, and that POSTs its events where the checker takes them;
 * with `fault`, the faulty one.
 */
export async function startPlaza(folder, fault) {
  const listen = `127.0.0.1:${await freePort()}`;
  const secretFile = folder.join("webhook-secret");
  fs.writeFileSync(secretFile, `whsec_${randomBytes(32).toString("base64")}\n`, { mode: 0o600 });
  const hooks = ["--webhook", `http://${listen}/hooks/contract/check`, "--webhook-secret-file", secretFile];
  const more = ["--requests-per-minute", "1000000", "--heartbeat", "2", ...hooks];
  const plaza = new Plaza(folder, { port: await freePort(), fediverseHost: "127.0.0.1:8080", fault, more });
  plaza.hookWords = ["--webhook", listen, "--webhook-secret-file", secretFile];
  await plaza.start();
  return plaza;
}

/** Opens Plaza's stream for a moment, as a gateway does: who had it loses it. */
export function takeStream({ port, tokenFile }) {
  const token = fs.readFileSync(tokenFile, "utf8").trim();
  const headers = ["Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`];
  const socket = net.connect(port, "127.0.0.1");
  socket.setTimeout(5000, () => socket.destroy()).on("error", () => {}).once("data", () => socket.destroy());
  socket.write(["GET /v1/stream HTTP/1.1", ...headers, "Sec-WebSocket-Protocol: drawbridge.v1.json", `Authorization: Bearer ${token}`, "", ""].join("\r\n"));
}

/** As if the same Plaza told its events by webhook only. */
export async function startOnlyHooks(plaza) {
  const document = await (await fetch(`${plaza.origin}/.well-known/drawbridge`)).json();
  document.features = document.features.filter((name) => name !== "events.ws" && name !== "events.poll");
  const server = http.createServer((request, response) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document)));
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  atEnd(() => server.close());
  return { origin: `http://127.0.0.1:${port}`, tokenFile: plaza.tokenFile, hookWords: plaza.hookWords };
}

/** The example in docs/contract: {origin, tokenFile, process}. */
export async function startPinboard(folder) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const tokenFile = folder.join("pinboard-token");
  fs.writeFileSync(tokenFile, `dbg_${"p".repeat(43)}\n`, { mode: 0o600 });
  const words = ["--port", port, "--token-file", tokenFile, "--data", folder.join("pinboard.log"), "--sandbox"].map(String);
  const process = new Process(folder, "pinboard", path.join(peers, "bin/node"), [path.join(contractFolder, "example/pinboard.mjs"), ...words]);
  await process.ready("Pinboard listens", 20, async () => (await fetch(`${origin}/.well-known/drawbridge`)).ok);
  return { origin, tokenFile, process };
}

/** Runs a program to its end: {code, out, err}. */
export function run(command, args, { seconds = 120, environment = {}, input, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...environment }, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    const late = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(late);
      if (signal) reject(new Error(`${command} ${args.join(" ")} did not end within ${seconds} s: ${out.slice(-500)}${err.slice(-500)}`));
      else resolve({ code, out, err });
    });
    if (input !== undefined) child.stdin.end(input);
  });
}

/** `drawbridge contract check`: {code, result} with the JSON. Whatever it prints, no secret is in it. */
export async function check({ origin, tokenFile, hookWords = [] }, ...words) {
  const all = ["contract", "check", origin, "--token-file", tokenFile, ...hookWords, "--json", ...words];
  const { code, out, err } = await run(binaries.drawbridge, all, { seconds: 240 });
  for (const file of [tokenFile, hookWords[3]].filter(Boolean)) {
    const secret = fs.readFileSync(file, "utf8").trim().replace(/^whsec_/, "");
    if (`${out}${err}`.includes(secret)) throw new Error(`the checker printed what is in ${file}`);
  }
  try {
    return { code, err, result: JSON.parse(out) };
  } catch {
    throw new Error(`the checker ended with ${code} and wrote no JSON: ${out.slice(0, 500)}${err.slice(0, 500)}`);
  }
}

export const wrongOnes = (result) => result.checks.filter(({ state }) => state === "wrong").map((one) => `${one.check}: ${one.findings.join("; ")}`);
