// Real AT Protocol servers (PLC directory, PDS, with PostgreSQL also an AppView), and people on them.
import fs from "node:fs";
import path from "node:path";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { peers } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Process, run } from "./processes.mjs";

export const requirePeer = createRequire(path.join(peers, "atproto/"));

export class Atproto {
  /** `appview` needs PostgreSQL; without one the PDS itself resolves handles. */
  static async start(folder, { appview = true, environment = {}, windowMs, prove, invites } = {}) {
    const network = new Atproto();
    // PostgreSQL runs as its own user and must get to its folder.
    if (appview && process.getuid() === 0) fs.chmodSync(folder.path, 0o711);
    network.front = await Front.start(folder);
    const ports = { plc: await freePort(), pds: await freePort(), appview: await freePort() };
    network.process = new Process(
      folder,
      "atproto",
      process.execPath,
      [
        path.join(peers, "atproto/run.mjs"),
        `--plc=${ports.plc}`,
        `--pds=${ports.pds}`,
        appview ? `--appview=${ports.appview}` : "--no-appview",
        `--dir=${folder.path}`,
        `--public-url=${network.front.origin}`,
        ...(windowMs ? [`--window-ms=${windowMs}`] : []),
        ...(prove ? [`--prove=${prove}`] : []),
        ...(invites ? ["--invites"] : []),
      ],
      { NODE_EXTRA_CA_CERTS: network.front.ca, ...environment },
    );
    let facts;
    await network.process.ready("the AT Protocol servers listen", 120, () => {
      const line = fs
        .readFileSync(network.process.logPath, "utf8")
        .split("\n")
        .find((one) => one.startsWith('{"ready":true'));
      return line && (facts = JSON.parse(line));
    });
    Object.assign(network, { plc: facts.plc, pds: facts.pds, appview: facts.appview ?? facts.pds, firehose: facts.firehose, adminPassword: facts.adminPassword });
    network.front.target = new URL(facts.pds);
    network.people = {};
    network.invites = invites;
    for (const account of facts.accounts) network.people[account.handle.split(".")[0]] = await Person.login(network, account);
    return network;
  }

  /** A new account. */
  async join(name, profile = { displayName: name }) {
    const password = `${name}-pass`;
    const { code } = this.invites ? await this.admin("com.atproto.server.createInviteCode", { useCount: 1 }) : {};
    const made = await xrpc(this.pds, "com.atproto.server.createAccount", { handle: `${name}.test`, email: `${name}@example.com`, password, inviteCode: code });
    const person = new Person(this, { did: made.did, handle: made.handle, password, token: made.accessJwt });
    await person.profile(profile);
    return (this.people[name] = person);
  }

  /** A request of the server's administrator. */
  admin(nsid, body) {
    return xrpc(this.pds, nsid, body, `Basic ${Buffer.from(`admin:${this.adminPassword}`).toString("base64")}`);
  }
}

/** TLS before the PDS: media is linked at https addresses only. Its certificate is by an authority of the test's own. */
class Front {
  static async start(folder) {
    const front = new Front();
    front.calls = [];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const openssl = (...words) => run("openssl", words, { cwd: folder.path });
    await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Test CA");
    await openssl("req", ...key.slice(0, -2), "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost");
    await openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-copy_extensions", "copy", "-out", "leaf.crt");
    front.ca = folder.join("ca.crt");
    front.server = https.createServer({ key: fs.readFileSync(folder.join("leaf.key")), cert: fs.readFileSync(folder.join("leaf.crt")) }, (request, response) => {
      // A test may say what the server answers: {status, headers, json}; and looks at what was asked.
      const method = /^\/xrpc\/([^?]+)/.exec(request.url)?.[1];
      const told = front.meddle?.(method, request);
      front.calls.push({ method, time: Date.now(), status: told?.status });
      if (told) {
        request.resume();
        return response.writeHead(told.status, { "content-type": "application/json", ...told.headers }).end(JSON.stringify(told.json));
      }
      const { hostname, port } = front.target;
      const forward = http.request({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      forward.on("error", () => response.destroy());
      request.pipe(forward);
    });
    const port = await freePort();
    await new Promise((resolve) => front.server.listen(port, "127.0.0.1", resolve));
    front.server.unref();
    front.origin = `https://localhost:${port}`;
    return front;
  }

  /** What stands at an address, whoever signed its certificate. */
  get(url) {
    return new Promise((resolve, reject) => {
      https
        .get(url, { ca: fs.readFileSync(this.ca) }, (answer) => {
          const parts = [];
          answer.on("data", (part) => parts.push(part)).on("end", () => resolve({ status: answer.statusCode, type: answer.headers["content-type"], body: Buffer.concat(parts) }));
        })
        .on("error", reject);
    });
  }
}

/** One call: a POST where there is a body (null: an empty one), else a GET. */
export async function xrpc(base, nsid, body, authorization, type = "application/json") {
  const response = await fetch(`${base}/xrpc/${nsid}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { ...(body ? { "content-type": type } : {}), ...(authorization ? { authorization } : {}) },
    body: !body ? undefined : type === "application/json" ? JSON.stringify(body) : body,
  });
  const text = await response.text();
  const json = text ? JSON.parse(text) : {};
  if (!response.ok) throw Object.assign(new Error(`${nsid}: ${response.status} ${text}`), { status: response.status, json });
  return json;
}

export class Person {
  constructor(network, { did, handle, password, token }) {
    Object.assign(this, { network, did, handle, password, token });
  }

  static async login(network, { handle, password }) {
    const session = await xrpc(network.pds, "com.atproto.server.createSession", { identifier: handle, password });
    return new Person(network, { did: session.did, handle, password, token: session.accessJwt });
  }

  call(nsid, body, type) {
    return xrpc(this.network.pds, nsid, body, `Bearer ${this.token}`, type);
  }

  /** Writes a record: {uri, cid}. */
  put(collection, rkey, record) {
    return this.call("com.atproto.repo.putRecord", { repo: this.did, collection, rkey, record: { $type: collection, ...record } });
  }

  create(collection, record, rkey) {
    return this.call("com.atproto.repo.createRecord", { repo: this.did, collection, rkey, record: { $type: collection, createdAt: new Date().toISOString(), ...record } });
  }

  remove(uri) {
    const [, , repo, collection, rkey] = uri.split("/");
    return this.call("com.atproto.repo.deleteRecord", { repo, collection, rkey });
  }

  /** A post; `more` is the rest of the record. */
  post(text, more = {}) {
    return this.create("app.bsky.feed.post", { text, ...more });
  }

  edit(uri, text, more = {}) {
    return this.put("app.bsky.feed.post", uri.split("/").pop(), { text, createdAt: new Date().toISOString(), ...more });
  }

  repost(subject) {
    return this.create("app.bsky.feed.repost", { subject });
  }

  profile(profile) {
    return this.put("app.bsky.actor.profile", "self", profile);
  }

  async blob(bytes, type) {
    return (await this.call("com.atproto.repo.uploadBlob", bytes, type)).blob;
  }

  async records(collection) {
    return (await xrpc(this.network.pds, `com.atproto.repo.listRecords?repo=${this.did}&collection=${collection}&limit=100`)).records;
  }
}

/** A PNG of one colour, `width` × `height`. */
export async function picture(width = 8, height = 8, colour = "#336699") {
  const sharp = requirePeer("sharp");
  return sharp({ create: { width, height, channels: 3, background: colour } }).png().toBuffer();
}
