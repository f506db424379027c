// A server of our own with one actor, for requests that no honest server sends: everything about them can be chosen.
import http from "node:http";
import net from "node:net";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { ACTIVITY } from "./http.mjs";
import { freePort } from "./ports.mjs";
import { signedHeaders } from "./signing.mjs";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

export class Stranger {
  /**
   * `script(request, activity)` may answer a request, at once or later: {status, body, type}; nothing leaves it to the usual answer.
   * What was posted here stands in `arrivals`. `host`: how it calls itself.
   */
  static async start(name, host = "127.0.0.1") {
    const stranger = new Stranger();
    const port = await freePort();
    stranger.origin = `http://${host}:${port}`;
    stranger.actor = `${stranger.origin}/users/${name}`;
    stranger.keyId = `${stranger.actor}#main-key`;
    stranger.key = newKey();
    stranger.fetches = [];
    stranger.serial = 0;
    stranger.document = {
      "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
      id: stranger.actor,
      type: "Person",
      preferredUsername: name,
      inbox: `${stranger.actor}/inbox`,
      outbox: `${stranger.actor}/outbox`,
      publicKey: {
        id: stranger.keyId,
        owner: stranger.actor,
        publicKeyPem: stranger.key.publicKey.export({ type: "spki", format: "pem" }),
      },
    };
    stranger.arrivals = [];
    stranger.server = http.createServer(async (request, answer) => {
      stranger.fetches.push(request.url);
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const activity = request.method === "POST" ? JSON.parse(Buffer.concat(chunks)) : undefined;
      if (activity) stranger.arrivals.push(activity);
      const scripted = await stranger.script?.(request, activity);
      if (scripted) {
        answer.writeHead(scripted.status, { "content-type": scripted.type ?? ACTIVITY });
        answer.end(scripted.body ?? "");
        return;
      }
      const found = request.url === new URL(stranger.actor).pathname;
      answer.writeHead(found ? 200 : 404, { "content-type": ACTIVITY });
      answer.end(found ? JSON.stringify(stranger.document) : "{}");
    });
    stranger.open = () => new Promise((resolve) => stranger.server.listen(port, "127.0.0.1", resolve));
    await stranger.open();
    return stranger;
  }

  /** Changes what its actor document says from now on. */
  profile(members) {
    Object.assign(this.document, members);
  }

  activity(type, object, more = {}) {
    const id = `${this.origin}/activities/${++this.serial}`;
    return { "@context": "https://www.w3.org/ns/activitystreams", id, type, actor: this.actor, object, ...more };
  }

  /**
   * The head and body of a POST to an inbox, signed as draft-cavage-12 wants it. `with` overrides what is sent:
   * {key, keyId, digest, date, type, headers}.
   */
  request(inbox, body, { key = this.key, keyId = this.keyId, digest, date = new Date(), type = ACTIVITY, headers = {} } = {}) {
    const { host, pathname } = new URL(inbox);
    const bytes = Buffer.from(body);
    const sent = {
      host,
      date: date.toUTCString(),
      digest: digest ?? `SHA-256=${createHash("sha256").update(bytes).digest("base64")}`,
      "content-type": type,
    };
    const names = ["(request-target)", ...Object.keys(sent)];
    const text = names.map((name) => `${name}: ${name === "(request-target)" ? `post ${pathname}` : sent[name]}`).join("\n");
    const signature = sign("sha256", Buffer.from(text), key.privateKey).toString("base64");
    const parameters = `keyId="${keyId}",algorithm="rsa-sha256",headers="${names.join(" ")}",signature="${signature}"`;
    return { path: pathname, headers: { ...sent, signature: parameters, "content-length": bytes.length, ...headers }, body: bytes };
  }

  /** Sends a request byte by byte as told, so that what no client would write can be written; {status, text}. */
  send(inbox, { path, headers, body }) {
    const { hostname, port } = new URL(inbox);
    const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
    const head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}connection: close\r\n\r\n`;
    return new Promise((resolve, reject) => {
      const socket = net.connect(Number(port), hostname);
      const chunks = [];
      socket.setTimeout(15_000, () => socket.destroy(new Error("no answer within 15 s")));
      socket.on("data", (data) => chunks.push(data));
      socket.on("close", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
        if (status) resolve({ status, text });
        else reject(socket.errored ?? new Error(`the connection ended without an answer: ${JSON.stringify(text.slice(0, 100))}`));
      });
      // An early refusal resets the connection while the body is still on its way; the answer was sent before.
      socket.on("error", () => {});
      socket.write(head);
      socket.write(body);
    });
  }

  /** A GET with a signature: the answer's status. */
  async fetchSigned(url, { key = this.key, date } = {}) {
    const headers = signedHeaders({ method: "GET", url, key, keyId: this.keyId, date });
    return (await fetch(url, { headers: { accept: ACTIVITY, ...headers } })).status;
  }

  post(inbox, activity, options) {
    const body = typeof activity === "string" ? activity : JSON.stringify(activity);
    return this.send(inbox, this.request(inbox, body, options));
  }

  static otherKey() {
    return newKey();
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
