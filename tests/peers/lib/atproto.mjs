// Real AT Protocol servers (PLC directory, PDS, with PostgreSQL also an AppView), and people on them.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { peers } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Process } from "./processes.mjs";

export const requirePeer = createRequire(path.join(peers, "atproto/"));

export class Atproto {
  /** `appview` needs PostgreSQL; without one the PDS itself resolves handles. */
  static async start(folder, { appview = true, environment = {} } = {}) {
    const network = new Atproto();
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
      ],
      environment,
    );
    let facts;
    await network.process.ready("the AT Protocol servers listen", 60, () => {
      const line = fs
        .readFileSync(network.process.logPath, "utf8")
        .split("\n")
        .find((one) => one.startsWith('{"ready":true'));
      return line && (facts = JSON.parse(line));
    });
    Object.assign(network, { plc: facts.plc, pds: facts.pds, appview: facts.appview ?? facts.pds, firehose: facts.firehose, adminPassword: facts.adminPassword });
    network.people = {};
    for (const account of facts.accounts) network.people[account.handle.split(".")[0]] = await Person.login(network, account);
    return network;
  }

  /** A new account. */
  async join(name, profile = { displayName: name }) {
    const password = `${name}-pass`;
    const made = await xrpc(this.pds, "com.atproto.server.createAccount", { handle: `${name}.test`, email: `${name}@example.com`, password });
    const person = new Person(this, { did: made.did, handle: made.handle, password, token: made.accessJwt });
    await person.profile(profile);
    return (this.people[name] = person);
  }

  /** A request of the server's administrator. */
  admin(nsid, body) {
    return xrpc(this.pds, nsid, body, `Basic ${Buffer.from(`admin:${this.adminPassword}`).toString("base64")}`);
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
