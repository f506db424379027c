// The judge of the peer tests, judged: the proxy that reads along between a gateway and a platform's service must name
// every message that is not as docs/contract publishes it, by HTTP, websocket and webhook, in either direction.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import http from "node:http";
import net from "node:net";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Proxy } from "../peers/lib/proxy.mjs";
import { until } from "../peers/lib/wait.mjs";

const post = { id: "p_1", rev: 1, author: "u_1", created: "2026-08-22T09:59:00.000Z", text: "a", visibility: "public" };
const event = { seq: 1, id: "e:1", type: "post.created", time: "2026-08-22T09:59:00.000Z", account: "u_1", subject: "p_1", rev: 1, data: { post } };
const hello = { op: "hello", contract: "1", epoch: "e", earliest: 1, latest: 1, heartbeat_s: 30, window: 500 };
const reply = { rev: 1, actor: { key: "ra_1", rev: 1 }, ap_id: "https://a.example/1", url: "https://a.example/1", in_reply_to: { local: "p_1" }, created: "2026-08-22T10:00:00Z", text: "b", visibility: "public" };
const applied = { local_id: "c_1", rev: 1, applied: true };

/** A text frame; from a client masked, as RFC 6455 wants it. */
function frame(value, masked) {
  const payload = Buffer.from(JSON.stringify(value));
  const mask = crypto.randomBytes(4);
  const long = payload.length > 125;
  const head = Buffer.from([0x81, (masked ? 0x80 : 0) | (long ? 126 : payload.length), ...(long ? [payload.length >> 8, payload.length & 255] : [])]);
  return masked ? Buffer.concat([head, mask, payload.map((byte, i) => byte ^ mask[i & 3])]) : Buffer.concat([head, payload]);
}

/** A service that answers what it is told to. */
async function startService() {
  const service = { answer: {}, frames: [] };
  service.server = http.createServer((request, response) =>
    request.resume().on("end", () => {
      const { status = 200, body, type = "application/json" } = service.answer;
      const text = body === undefined ? "" : JSON.stringify(body);
      response.writeHead(status, { ...(text ? { "content-type": type } : {}), "content-length": Buffer.byteLength(text) }).end(text);
    }),
  );
  service.server.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    for (const one of service.frames) socket.write(frame(one, false));
  });
  service.port = await freePort();
  await new Promise((resolve) => service.server.listen(service.port, "127.0.0.1", resolve));
  atEnd(() => (service.server.closeAllConnections(), service.server.close()));
  return service;
}

await story("The judge of the peer tests", async () => {
  const service = await startService();

  /** The problems that a fresh proxy finds while `act(origin)` runs. */
  async function problems(act, judge) {
    const proxy = await Proxy.start(service.port, { judge });
    await act(proxy.origin, proxy.port);
    proxy.close();
    return proxy.problems;
  }
  const request = (method, path, { body, headers } = {}) => async (origin) =>
    void (await (await fetch(origin + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })).text());
  const stream = (path, frames) => async (origin, port) => {
    const socket = net.connect(port, "127.0.0.1");
    let heard = 0;
    socket.on("data", (data) => (heard += data.length)).on("error", () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`);
    const expected = 76 + service.frames.reduce((sum, one) => sum + frame(one, false).length, 0);
    await until("the frames of the service", 10, () => heard >= expected);
    for (const one of frames) socket.write(frame(one, true));
    socket.end();
    await new Promise((resolve) => socket.once("close", resolve));
  };

  await step("what is right is no problem", async () => {
    service.answer = { body: post };
    assert.deepEqual(await problems(request("GET", "/v1/posts/p_1")), []);
    service.answer = { status: 201, body: applied };
    assert.deepEqual(await problems(request("PUT", "/v1/remote-posts/rp_1", { body: reply })), []);
    service.frames = [hello, { op: "event", event }, { op: "mark", seq: 2 }];
    assert.deepEqual(await problems(stream("/v1/stream?cursor=0", [{ op: "watch", accounts: "*" }, { op: "ack", seq: 1 }])), []);
  });

  const wrong = [
    ["an answer of the service", { body: { ...post, rev: "1" } }, request("GET", "/v1/posts/p_1"), /getPost 200.*rev/],
    ["a member that the files do not have", { body: { ...post, mood: "good" } }, request("GET", "/v1/posts/p_1"), /mood/],
    ["a problem without a code", { status: 404, body: { title: "x", status: 404 }, type: "application/problem+json" }, request("GET", "/v1/posts/p_1"), /code/],
    ["a Content-Type", { status: 404, body: { title: "x", status: 404, code: "y" } }, request("GET", "/v1/posts/p_1"), /Content-Type/],
    ["a status", { status: 418, body: {} }, request("DELETE", "/v1/remote-posts/rp_1"), /Content-Type|418/],
    ["a request of the gateway", { status: 201, body: applied }, request("PUT", "/v1/remote-posts/rp_1", { body: { ...reply, visibility: "private" } }), /putRemotePost request.*visibility/],
    ["a request that is refused", { status: 422, body: { title: "x", status: 422, code: "y" }, type: "application/problem+json" }, request("PUT", "/v1/remote-posts/rp_1", { body: { ...reply, text: 1 } }), /putRemotePost request.*text/],
    ["a request to nowhere", { body: {} }, request("GET", "/v1/elsewhere"), /no operation/],
    ["a parameter", { status: 204 }, request("GET", "/v1/events?cursor=now"), /cursor=now/],
    ["an unknown parameter", { status: 204 }, request("GET", "/v1/events?since=1"), /no parameter since/],
  ];
  for (const [what, answer, act, pattern] of wrong)
    await step(`${what} that is wrong is named`, async () => {
      service.answer = answer;
      assert.match((await problems(act)).join("\n"), pattern);
    });

  await step("frames that are wrong are named, in either direction, and so is the address", async () => {
    service.frames = [{ ...hello, window: 0 }];
    assert.match((await problems(stream("/v1/stream", []))).join("\n"), /frame hello.*window/);
    service.frames = [hello, { op: "event", event: { ...event, data: { post: { ...post, visibility: "private" } } } }];
    assert.match((await problems(stream("/v1/stream", []))).join("\n"), /frame event.*visibility/);
    service.frames = [hello];
    assert.match((await problems(stream("/v1/stream", [{ op: "ack", seq: "1" }]))).join("\n"), /frame ack.*seq/);
    assert.match((await problems(stream("/v1/stream", [{ op: "shout" }]))).join("\n"), /from the gateway with op shout/);
    assert.match((await problems(stream("/v1/stream?cursor=x", []))).join("\n"), /upgrade.*cursor/);
    assert.match((await problems(stream("/v1/strom", []))).join("\n"), /upgrade asks for/);
  });

  await step("webhooks that are wrong are named, and so are the gateway's answers", async () => {
    const headers = { "content-type": "application/json", "webhook-id": "e-1-1", "webhook-timestamp": "1787652000", "webhook-signature": "v1,x" };
    const body = { epoch: "e", events: [event] };
    const hook = (change = {}) => request("POST", "/hooks/contract/plaza", { headers, body, ...change });
    service.answer = { status: 202 };
    assert.deepEqual(await problems(hook(), "hook"), []);
    assert.match((await problems(hook({ body: { epoch: "e", events: [] } }), "hook")).join("\n"), /receiveEvents request.*events/);
    assert.match((await problems(hook({ headers: { ...headers, "webhook-timestamp": "soon" } }), "hook")).join("\n"), /webhook-timestamp=soon/);
    assert.match((await problems(hook({ headers: { "content-type": "application/json" } }), "hook")).join("\n"), /header webhook-id is missing/);
    assert.match((await problems(request("POST", "/inbox", { headers, body }), "hook")).join("\n"), /is no webhook/);
    service.answer = { status: 200 };
    assert.match((await problems(hook(), "hook")).join("\n"), /knows no answer 200/);
  });
});
