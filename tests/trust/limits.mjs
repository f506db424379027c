// L: what comes in, its sizes and its pace.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { exchange } from "../limits/raw.mjs";
import { guard, selected } from "./guard.mjs";

await story("What comes in", async () => {
  const world = await step("Plaza and the gateway run", () => World.start({ settings: "[limits]\naddress_per_second = 2\n" }));
  const { plaza, gateway } = world;
  const { origin, host } = gateway;
  const mallory = await Stranger.start("mallory");
  atEnd(() => mallory.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${origin}/inbox`;
  const post = async (body) => (await mallory.post(inbox, body)).status;
  const wave = (more) => JSON.stringify(mallory.activity("Wave", actor, more));
  const refusal = async (request) => (await exchange(origin, [request], { patience: 15_000 })).status;

  // They take their time, so they begin before the others and all at once.
  const slow = (number, pieces) => {
    const begun = selected(number) ? exchange(origin, pieces, { pause: 1000, patience: 60_000 }) : undefined;
    begun?.catch(() => {});
    return begun;
  };
  const many = (piece, count) => Array(count).fill(piece);
  const head = slow("L8", [`GET / HTTP/1.1\r\nHost: ${host}\r\n`, ...many("X-Slow: 1\r\n", 60)]);
  const body = slow("L9", [`POST /inbox HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\n`, ...many("x", 60)]);
  const nothing = slow("L10", []);

  await step("an honest activity is taken", async () => assert.equal(await post(wave()), 202));

  await guard("L1", "a body that is announced as too long is not read", async () =>
    assert.equal(await refusal(`POST /inbox HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${(1 << 20) + 1}\r\n\r\n`), 413),
  );
  await guard("L2", "a head without end is refused while it comes", async () =>
    assert.equal(await refusal(`GET /actor HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${"x".repeat(20 << 10)}`), 431),
  );
  await guard("L3", "too many headers are refused", async () =>
    assert.equal(await refusal(`GET /actor HTTP/1.1\r\nHost: ${host}\r\n${"X-Many: 1\r\n".repeat(110)}Connection: close\r\n\r\n`), 431),
  );
  await guard("L4", "JSON 65 levels deep is refused", async () => assert.equal(await post(wave({ deep: JSON.parse("[".repeat(64) + "]".repeat(64)) })), 400));
  await guard("L5", "JSON of too many nodes is refused", async () => assert.equal(await post(wave({ list: Array(10_001).fill(1) })), 400));
  await guard("L6", "a string of 256 KiB and one byte is refused", async () => assert.equal(await post(wave({ note: "s".repeat((256 << 10) + 1) })), 400));
  await guard("L7", "a name that is said twice is refused", async () => {
    const twice = wave().replace('"type":"Wave"', '"type":"Wave","type":"Follow"');
    assert.equal(await post(twice), 400);
  });
  await guard("L30", "JSON with a NUL, a broken letter or a number without end is refused", async () => {
    assert.equal(await post(wave({ note: "a\0b" })), 400);
    assert.equal(await post(wave({ note: "N" }).replace('"N"', "9".repeat(30))), 400);
    assert.equal(await post(wave({ note: "N" }).replace('"N"', "NaN")), 400);
    assert.equal(await post(Buffer.from(wave({ note: "\u0080" }), "latin1")), 400);
  });

  // A second request hides behind each: who reads the framing differently would answer it too.
  const hidden = `GET /.well-known/nodeinfo HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const inHead = (...lines) => `POST /inbox HTTP/1.1\r\nHost: ${host}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const smuggles = async (request, status) => {
    const answer = await exchange(origin, [request], { patience: 15_000 });
    assert.equal(answer.answers, 1, `${JSON.stringify(request)}: ${answer.text}`);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.text, /\r\nConnection: close\r\n/);
  };
  await guard("L11", "a transfer encoding is refused, alone and beside a length", async () => {
    const chunks = `0\r\n\r\n${hidden}`;
    await smuggles(inHead("Content-Length: 4", "Transfer-Encoding: chunked") + chunks, 400);
    for (const encoding of ["chunked", "CHUNKED", "gzip, chunked", "identity", "xchunked"]) await smuggles(inHead(`Transfer-Encoding: ${encoding}`) + chunks, 411);
  });
  await guard("L12", "a second line of what may come once is a trick", async () => {
    for (const line of ["Date: Mon, 30 Nov 2026 12:00:00 GMT", "Content-Type: text/plain"]) await smuggles(inHead(line, line, "Content-Length: 0") + hidden, 400);
  });
  await guard("L13", "a length is one number and nothing else", async () => {
    for (const length of ["+0", "-1", "0x10", "", "0, 0", "1e3"]) await smuggles(inHead(`Content-Length: ${length}`) + hidden, 400);
    await smuggles(inHead("Content-Length: 0", "Content-Length: 0") + hidden, 400);
    await smuggles(inHead(`Content-Length: ${hidden.length}`, "Content-Length: 0") + hidden, 400);
  });
  await guard("L14", "a line ends with CR and LF", async () => {
    await smuggles(inHead("X-Note: one\nContent-Length: 0") + hidden, 400);
    await smuggles(`POST /inbox HTTP/1.1\nHost: ${host}\nContent-Length: 0\n\n${hidden}`, 400);
  });
  await guard("L15", "a line is a name, a colon and a value: no folds, no blanks, no controls", async () => {
    for (const line of ["X-Note: one\r\n\ttwo", "Content-Length : 0", "X-Note: one\rtwo", "X-Note: a\x0bb"]) await smuggles(inHead(line, "Content-Length: 0") + hidden, 400);
  });
  await guard("L16", "who was refused is not listened to any more", () => smuggles(`POST /inbox HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${2 << 20}\r\n\r\n${hidden}`, 413));
  await guard("L17", "a host that is not ours is served nothing", async () => {
    const { pathname } = new URL(actor);
    const status = await refusal(`GET ${pathname} HTTP/1.1\r\nHost: elsewhere.example\r\nAccept: application/activity+json\r\nConnection: close\r\n\r\n`);
    assert.equal(status, 421);
  });
  await guard("L18", "only a reverse proxy that the operator named says who asks and for what host", async () => {
    const forged = { "x-forwarded-for": "203.0.113.7", "x-forwarded-host": "elsewhere.example" };
    for (let times = 0; times < 40; times++) assert.equal((await get(`${origin}/.well-known/nodeinfo`, { headers: forged })).status, 200);
  });

  await guard("L8", "a head that trickles is cut off after 10 s", async () => {
    const { status, ms } = await head;
    assert.ok(status === 408 && ms > 8_000 && ms < 20_000, `${status} ${ms}`);
  });
  await guard("L10", "so is who says nothing", async () => {
    const { status, ms } = await nothing;
    assert.ok(status === 0 && ms < 20_000, `${status} ${ms}`);
  });
  await guard("L9", "a body that trickles is cut off after 30 s", async () => {
    const { status, ms } = await body;
    assert.ok(status === 408 && ms > 25_000 && ms < 45_000, `${status} ${ms}`);
  });
});
