// The cases of this folder that no PDS tells by itself within a test: rare frames of the firehose, and the recorded frames as
// both versions of Jetstream tell them (PLATFORMS §1.7: version 2 after its published description).
//   build/peers/bin/node tests/unit/adapters/bluesky/frames/made.mjs       (then GOLDEN_REWRITE=1 for what comes of them)
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { requirePeer } from "../../../../peers/lib/atproto.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const load = (name) => import(pathToFileURL(requirePeer.resolve(name)));
const { encode, decodeAll } = await load("@atproto/lex-cbor");
const { lexToJson } = await load("@atproto/lex-json");
const { readCar, cborToLexRecord } = await load("@atproto/repo");
const [did] = fs.readFileSync(path.join(here, "accounts"), "utf8").split("\n");
const time = "2026-12-01T04:00:00.000Z";

// ---- the firehose
const frame = (name, head, body) => fs.writeFileSync(path.join(here, `${name}.frame`), Buffer.concat([Buffer.from(encode(head)), Buffer.from(encode(body))]));
frame("50-outdated-cursor", { op: 1, t: "#info" }, { name: "OutdatedCursor", message: "Requested cursor exceeded limit" });
frame("51-future-cursor", { op: -1 }, { error: "FutureCursor", message: "Cursor in the future." });
frame("52-too-slow", { op: -1 }, { error: "ConsumerTooSlow", message: "Stream consumer too slow" });
frame("53-kind-of-tomorrow", { op: 1, t: "#tomorrow" }, { seq: 99, did });
frame("54-operation-of-tomorrow", { op: 7, t: "#commit" }, { seq: 100 });
frame("55-info-of-tomorrow", { op: 1, t: "#info" }, { name: "GoodMorning" });
frame("56-error-of-tomorrow", { op: -1 }, { error: "Moved", message: "Elsewhere" });
const statuses = ["deactivated", "suspended", "takendown", "deleted", "desynchronized", "throttled", "of-tomorrow"];
statuses.forEach((status, at) => frame(`${57 + at}-account-${status}`, { op: 1, t: "#account" }, { seq: 101 + at, did, time, active: false, status }));
frame("64-account-active", { op: 1, t: "#account" }, { seq: 110, did, time, active: true });
frame("65-identity-without-a-handle", { op: 1, t: "#identity" }, { seq: 111, did, time });
frame("66-commit-that-is-too-big", { op: 1, t: "#commit" }, { seq: 112, repo: did, rev: "3n3kxffwcb424", since: null, time, tooBig: true, rebase: false, ops: [], blobs: [], blocks: new Uint8Array(0) });

// ---- Jetstream
const message = (name, version, object) => fs.writeFileSync(path.join(here, `${name}.${version === 1 ? "jetstream" : "jetstream2"}`), `${JSON.stringify(object)}\n`);
const second = (kind, rest) => ({ $type: "message", payload: { $type: `network.bsky.jetstream.subscribeEvents#${kind}`, ...rest } });
async function retell(name) {
  const [{ op, t }, body] = [...decodeAll(fs.readFileSync(path.join(here, `${name}.frame`)))];
  const kind = t?.slice(1);
  const person = body.did ?? body.repo;
  if (op !== 1 || !person || !body.time) return;
  const time_us = Date.parse(body.time) * 1000;
  const common = { seq: body.seq, did: person, time: body.time };
  if (kind === "commit") {
    const { blocks } = await readCar(body.blocks);
    body.ops.forEach(({ action, path: where, cid }, at) => {
      const [collection, rkey] = where.split("/");
      const commit = { rev: body.rev, operation: action, collection, rkey };
      if (cid) Object.assign(commit, { record: lexToJson(cborToLexRecord(blocks.get(cid))), cid: cid.toString() });
      const part = at ? `-${at + 1}` : "";
      message(name + part, 1, { did: person, time_us: time_us + at, kind, commit });
      message(name + part, 2, second(kind, { ...common, seq: body.seq + at, ...commit }));
    });
  } else if (kind === "sync") {
    message(name, 2, second(kind, { ...common, rev: body.rev }));
  } else if (kind === "identity" || kind === "account") {
    const told = lexToJson(body);
    message(name, 1, { did: person, time_us, kind, [kind]: told });
    message(name, 2, second(kind, { ...common, [kind]: told }));
  }
}
for (const name of fs.readdirSync(here)) if (/\.jetstream2?$/.test(name)) fs.rmSync(path.join(here, name));
for (const name of fs.readdirSync(here).filter((one) => /^([12]\d|3\d|5[7-9]|6[0-5])-.*\.frame$/.test(one))) await retell(name.slice(0, -6));
message("50-outdated-cursor", 2, second("info", { name: "OutdatedCursor", message: "the cursor is older than the window" }));
message("52-too-slow", 2, { $type: "error", error: "ConsumerTooSlow", message: "too far behind" });
message("53-kind-of-tomorrow", 1, { did, time_us: 1796083764954000, kind: "tomorrow" });
message("53-kind-of-tomorrow", 2, second("tomorrow", { seq: 99, did, time }));
message("56-error-of-tomorrow", 2, { $type: "error", error: "Moved", message: "elsewhere" });
message("67-envelope-of-tomorrow", 2, { $type: "greeting" });
console.log(`${fs.readdirSync(here).filter((name) => /\.(frame|jetstream2?)$/.test(name)).length} cases`);
