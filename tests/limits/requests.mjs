// One request at a time: shapes that smuggle, sizes past their cap, and senders that never come to an end.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { exchange } from "./raw.mjs";

await story("What one request may be", async () => {
  const world = await step("Plaza and the gateway run", () => World.start());
  const { plaza, gateway } = world;
  const { origin, host } = gateway;
  const mallory = await Stranger.start("mallory");
  atEnd(() => mallory.close());
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const inbox = `${origin}/inbox`;
  const workers = gateway.workers();

  // A second request hides in each: whoever reads the framing differently would answer it too.
  const hidden = `GET /.well-known/nodeinfo HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const chunks = `0\r\n\r\n${hidden}`;
  const head = (...lines) => `POST /inbox HTTP/1.1\r\nHost: ${host}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const shapes = {
    "Content-Length beside Transfer-Encoding": [head("Content-Length: 4", "Transfer-Encoding: chunked") + chunks, 400],
    "Transfer-Encoding beside Content-Length": [head("Transfer-Encoding: chunked", `Content-Length: ${chunks.length}`) + chunks, 400],
    "two equal Content-Length lines": [head("Content-Length: 0", "Content-Length: 0") + hidden, 400],
    "two different Content-Length lines": [head("Content-Length: 0", `Content-Length: ${hidden.length}`) + hidden, 400],
    "a Content-Length list": [head("Content-Length: 0, 0") + hidden, 400],
    "a signed Content-Length": [head("Content-Length: +0") + hidden, 400],
    "a negative Content-Length": [head("Content-Length: -1") + hidden, 400],
    "a hexadecimal Content-Length": [head("Content-Length: 0x10") + hidden, 400],
    "an empty Content-Length": [head("Content-Length:") + hidden, 400],
    "a blank before Content-Length's colon": [head("Content-Length : 0") + hidden, 400],
    "chunked alone": [head("Transfer-Encoding: chunked") + chunks, 411],
    "chunked in capitals": [head("Transfer-Encoding: CHUNKED") + chunks, 411],
    "chunked behind a tab": [head("Transfer-Encoding:\tchunked") + chunks, 411],
    "a list of encodings": [head("Transfer-Encoding: gzip, chunked") + chunks, 411],
    "identity": [head("Transfer-Encoding: identity") + hidden, 411],
    "an unknown encoding": [head("Transfer-Encoding: xchunked") + chunks, 411],
    "two Transfer-Encoding lines": [head("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + chunks, 411],
    "a vertical tab before chunked": [head("Transfer-Encoding: \x0bchunked") + chunks, 400],
    "a folded Transfer-Encoding": [head("Transfer-Encoding:", " chunked") + chunks, 400],
    "a folded header": [head("X-Note: one", "\ttwo", "Content-Length: 0") + hidden, 400],
    "a folded first header": [`POST /inbox HTTP/1.1\r\n Host: ${host}\r\nContent-Length: 0\r\n\r\n${hidden}`, 400],
    "a bare LF between headers": [head("X-Note: one\nContent-Length: 0") + hidden, 400],
    "bare LFs only": [`POST /inbox HTTP/1.1\nHost: ${host}\nContent-Length: 0\n\n${hidden}`, 400],
    "a bare CR in a header": [head("X-Note: one\rContent-Length: 0", "Content-Length: 0") + hidden, 400],
    "a NUL in a header": [head("X-Note: one\0", "Content-Length: 0") + hidden, 400],
    "no length at all": [head() + hidden, 411],
    "two Host lines": [head("Content-Length: 0", "Host: elsewhere.example") + hidden, 400],
    "no Host": [`POST /inbox HTTP/1.1\r\nContent-Length: 0\r\n\r\n${hidden}`, 400],
    "a later version": [`POST /inbox HTTP/2.0\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n${hidden}`, 505],
    "a request line of three blanks": [`POST  /inbox HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n${hidden}`, 400],
  };
  for (const [name, [request, status]] of Object.entries(shapes))
    await step(`${name}: ${status}, and the rest is not read as a request`, async () => {
      const answer = await exchange(origin, [request]);
      assert.equal(answer.status, status, answer.text.slice(0, 200));
      assert.equal(answer.answers, 1, answer.text);
      assert.match(answer.text, /\r\nConnection: close\r\n/);
    });

  const refusedHead = (name, status, request) =>
    step(`${name}: ${status}`, async () => assert.equal((await exchange(origin, [request])).status, status));
  await refusedHead("a head of 17 KiB", 431, `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${"x".repeat(17 << 10)}\r\n\r\n`);
  await refusedHead("101 headers", 431, `GET / HTTP/1.1\r\nHost: ${host}\r\n${"X-Many: 1\r\n".repeat(101)}\r\n`);
  await refusedHead("a body of one byte too many, announced only", 413, head(`Content-Length: ${(1 << 20) + 1}`));

  const refusedBody = (name, body) =>
    step(`${name}: 400 before it is parsed`, async () => {
      const answer = await mallory.send(inbox, mallory.request(inbox, body));
      assert.equal(answer.status, 400, answer.text);
      return answer.text;
    });
  const activity = (value) => `{"type":"Follow","actor":"${mallory.actor}","object":${value}}`;
  await refusedBody("65 levels of arrays", activity("[".repeat(64) + "]".repeat(64)));
  await refusedBody("10,001 nodes", activity(`[${"1,".repeat(10_001)}1]`));
  await refusedBody("a string of 256 KiB and one byte", activity(`"${"s".repeat((256 << 10) + 1)}"`));
  await refusedBody("a key of 256 KiB and one byte", activity(`{"${"k".repeat((256 << 10) + 1)}":1}`));
  await refusedBody("one name twice", '{"type":"Follow","type":"Undo","actor":"https://a.example"}');
  await refusedBody("a NUL in a string", activity('"a\\u0000b"'));
  await refusedBody("half a surrogate pair", activity('"\\ud800"'));
  await refusedBody("a number past every range", activity("1e999"));
  await refusedBody("an integer past 64 bits", activity("92233720368547758080"));
  await refusedBody("no number", activity("NaN"));
  await refusedBody("bytes behind the document", `${activity('"x"')} {}`);
  await refusedBody("broken UTF-8", Buffer.concat([Buffer.from(activity('"').slice(0, -1)), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]));
  await step("64 levels, 9,000 nodes and 200 KiB of text are an activity like any other: 202", async () => {
    const within = { note: "s".repeat(200 << 10), list: Array(9000).fill(1), deep: JSON.parse("[".repeat(60) + "]".repeat(60)) };
    assert.equal((await mallory.post(inbox, mallory.activity("Wave", actor, within))).status, 202);
  });

  const slow = (name, status, pieces) =>
    step(`${name} is cut off`, async () => {
      const answer = await exchange(origin, pieces, { pause: 1000, patience: 50_000 });
      assert.equal(answer.status, status);
      return answer.ms;
    });
  const start = `GET / HTTP/1.1\r\nHost: ${host}\r\n`;
  const many = (piece, count) => Array(count).fill(piece);
  await step("slow senders, all at once", async () => {
    const [headers, body, silent, empty] = await Promise.all([
      slow("a head that trickles", 408, [start, ...many("X-Slow: 1\r\n", 60)]),
      slow("a body that trickles", 408, [head("Content-Length: 1000"), ...many("x", 60)]),
      slow("a connection that says nothing", 0, []),
      slow("empty lines without end", 0, many("\r\n", 60)),
    ]);
    assert.ok(headers > 8_000 && headers < 20_000, `the head's deadline is 10 s: ${headers}`);
    assert.ok(body > 25_000 && body < 45_000, `the body's deadline is 30 s: ${body}`);
    assert.ok(silent < 20_000 && empty < 20_000, `${silent} ${empty}`);
  });

  await step("the workers are the same, and answer", async () => {
    assert.deepEqual(gateway.workers(), workers);
    assert.equal((await get(`${origin}/readyz`)).status, 200);
  });
});
