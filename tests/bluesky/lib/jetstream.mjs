// A stand-in for Jetstream, version 1, as PLATFORMS §1.7 describes it: what a real PDS tells by its firehose, as JSON. That
// it is honest is shown by the real client (npm @skyware/jetstream), which reads it in the same test.
import http from "node:http";
import { pathToFileURL } from "node:url";
import { requirePeer } from "../../peers/lib/atproto.mjs";
import { freePort } from "../../peers/lib/ports.mjs";

const load = (name) => import(pathToFileURL(requirePeer.resolve(name)));

export class Jetstream {
  static async start(network) {
    const stream = new Jetstream();
    const { WebSocket, WebSocketServer } = requirePeer("ws");
    stream.tools = { cbor: await load("@atproto/lex-cbor"), json: await load("@atproto/lex-json"), repo: await load("@atproto/repo") };
    stream.told = []; // everything, with its time_us
    stream.readers = new Set();
    stream.problems = [];
    stream.last = 0;
    stream.pds = new WebSocket(`${network.firehose}?cursor=0`);
    let turn = Promise.resolve();
    stream.pds.on("message", (bytes) => (turn = turn.then(() => stream.take(bytes)).catch((error) => stream.problems.push(error))));
    stream.server = http.createServer((request, response) => response.writeHead(404).end());
    stream.sockets = new WebSocketServer({ server: stream.server, path: "/subscribe" });
    stream.sockets.on("connection", (socket, request) => stream.join(socket, new URL(request.url, "http://localhost")));
    const port = await freePort();
    await new Promise((resolve) => stream.server.listen(port, "127.0.0.1", resolve));
    stream.origin = `ws://localhost:${port}`;
    return stream;
  }

  join(socket, { searchParams }) {
    const reader = {
      socket,
      dids: searchParams.getAll("wantedDids"),
      collections: searchParams.getAll("wantedCollections"),
      greeted: searchParams.get("requireHello") !== "true",
    };
    const cursor = searchParams.get("cursor");
    const begin = () => {
      reader.greeted = true;
      // The cursor counts inclusively.
      if (cursor !== null) for (const message of this.told) if (message.time_us >= Number(cursor)) this.send(reader, message);
      this.readers.add(reader);
    };
    socket.on("message", (text) => {
      const { type, payload } = JSON.parse(text);
      if (type !== "options_update") return socket.close();
      reader.dids = payload.wantedDids ?? [];
      reader.collections = payload.wantedCollections ?? [];
      if (!reader.greeted) begin();
    });
    socket.on("close", () => this.readers.delete(reader));
    if (reader.greeted) begin();
  }

  send({ socket, dids, collections }, message) {
    if (dids.length && !dids.includes(message.did)) return;
    if (message.kind === "commit" && collections.length && !collections.includes(message.commit.collection)) return;
    socket.send(JSON.stringify(message));
  }

  tell(message) {
    this.last = Math.max(this.last + 1, Date.now() * 1000);
    const whole = { did: message.did, time_us: this.last, ...message };
    this.told.push(whole);
    for (const reader of this.readers) this.send(reader, whole);
  }

  async take(bytes) {
    const { cbor, json, repo } = this.tools;
    const [{ op, t }, body] = [...cbor.decodeAll(bytes)];
    if (op !== 1) return;
    if (t === "#identity") this.tell({ did: body.did, kind: "identity", identity: { did: body.did, handle: body.handle, seq: body.seq, time: body.time } });
    if (t === "#account") this.tell({ did: body.did, kind: "account", account: { active: body.active, did: body.did, seq: body.seq, status: body.status, time: body.time } });
    if (t !== "#commit" || !body.ops.length) return;
    const { blocks } = await repo.readCar(body.blocks);
    for (const { action, path, cid } of body.ops) {
      const [collection, rkey] = path.split("/");
      const commit = { rev: body.rev, operation: action, collection, rkey };
      if (cid) Object.assign(commit, { record: json.lexToJson(repo.cborToLexRecord(blocks.get(cid))), cid: cid.toString() });
      this.tell({ did: body.repo, kind: "commit", commit });
    }
  }

  close() {
    this.pds.terminate();
    for (const { socket } of this.readers) socket.terminate();
    this.sockets.close();
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** The real client, for as long as a test runs: what it understood, in its words. */
export async function skyware(origin, collections) {
  const { Jetstream: Client } = await load("@skyware/jetstream");
  const { WebSocket } = requirePeer("ws");
  const client = new Client({ ws: WebSocket, endpoint: `${origin}/subscribe`, wantedCollections: collections, cursor: 1 });
  const heard = [];
  for (const collection of collections) client.on(collection, ({ did, commit }) => heard.push({ did, what: `${commit.operation} ${collection}`, rkey: commit.rkey, text: commit.record?.text }));
  client.on("account", ({ account }) => heard.push({ did: account.did, what: `account ${account.active}` }));
  client.on("identity", ({ identity }) => heard.push({ did: identity.did, what: "identity", text: identity.handle }));
  client.on("error", (error) => heard.push({ what: `error ${error.message}` }));
  client.start();
  return { heard, close: () => client.close() };
}
