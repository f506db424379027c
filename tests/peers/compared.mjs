// A platform of level 0 tells nothing: the gateway compares every five minutes, and so posts, edits, deletes and the
// member's switch arrive all the same.
import assert from "node:assert/strict";
import http from "node:http";
import { Clock } from "../faults/lib/clock.mjs";
import { atEnd, step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { Plaza } from "./lib/plaza.mjs";
import { freePort } from "./lib/ports.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 30;
const FIVE_MINUTES = 300;
const EVENTS = ["/v1/events", "/v1/stream"];

/** Plaza as if it had no more than level 0; counts who asks for events all the same. */
class Reader extends Plaza {
  askedForEvents = 0;

  constructor(folder, options) {
    super(folder, options);
    this.front = http.createServer((request, response) => this.pass(request, response));
    this.front.on("upgrade", (request, socket) => (this.askedForEvents++, socket.destroy()));
  }

  async start() {
    await super.start();
    const port = await freePort();
    await new Promise((resolve) => this.front.listen(port, "127.0.0.1", resolve));
    atEnd(() => (this.front.closeAllConnections(), this.front.close()));
    this.publicOrigin = `http://127.0.0.1:${port}`;
  }

  async pass(request, response) {
    if (EVENTS.some((path) => request.url.startsWith(path))) this.askedForEvents++;
    const answer = await fetch(this.origin + request.url, { method: request.method, headers: { authorization: request.headers.authorization ?? "" } });
    let body = await answer.text();
    if (request.url === "/.well-known/drawbridge") {
      const { stream, ...document } = JSON.parse(body);
      body = JSON.stringify({ ...document, api: `${this.publicOrigin}/v1`, level: 0, features: [] });
    }
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" }).end(body);
  }
}

await story("A platform without events", async () => {
  const world = await step("Plaza's level 0, the gateway and Fedify run", () => World.start({ peer: "fedify", platform: Reader, proxied: false, clock: Clock }));
  const { plaza, gateway, peer, clock } = world;
  const arrived = (what, test) => until(what, SOON, async () => (await peer.arrivals(gateway.origin)).find(test));
  /** Lets the time pass and waits for what it must bring. */
  const later = (wait) => (clock.advance(FIVE_MINUTES), wait());

  const actor = await step("the member's switch", async () => {
    await plaza.federate("alice", true);
    return later(() => until("webfinger answers", SOON, () => gateway.actorOf("alice")));
  });
  await step("a follow is accepted", async () => {
    await peer.follow(`@alice@${gateway.host}`);
    await until("the Accept", SOON, () => peer.follows(actor));
  });
  let post, note;
  await step("a post, its edit and its delete", async () => {
    post = await plaza.post("alice", "Nobody was told.");
    note = (await later(() => arrived("Create", ({ type, object }) => type === "Create" && object.content.includes("Nobody was told")))).object.id;
    await plaza.edit(post, "Nobody was told of the edit.");
    await later(() => arrived("Update", ({ type, object }) => type === "Update" && object.id === note));
    await plaza.remove(post);
    await later(() => arrived("Delete", ({ type, object }) => type === "Delete" && (object.id ?? object) === note));
    assert.equal((await get(note)).status, 410);
  });
  await step("what level 1 and 2 need was never asked for, and a reply disturbs nothing", async () => {
    const kept = await plaza.post("alice", "Who answers?");
    const create = await later(() => arrived("Create", ({ type, object }) => type === "Create" && object.content.includes("Who answers")));
    await peer.reply(create.object.id, "I do, and nobody there can show it.");
    await plaza.post("alice", "And after it.");
    await later(() => arrived("the post after it", ({ type, object }) => type === "Create" && object.content.includes("And after it")));
    assert.equal((await plaza.show(kept)).replies.length, 0);
    assert.equal(plaza.askedForEvents, 0);
  });
  await step("switched off: gone", async () => {
    await plaza.federate("alice", false);
    await later(() => arrived("Delete of the account", ({ type, object }) => type === "Delete" && (object.id ?? object) === actor));
  });
});
