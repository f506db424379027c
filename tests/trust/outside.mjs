// A gateway in production mode (https, port 443, names only) with a world outside that the test makes up: what names resolve
// to, servers behind public addresses, and a listening canary behind every other address there is. See outside.c.
import assert from "node:assert/strict";
import fs from "node:fs";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { Gateway } from "../peers/lib/gateway.mjs";
import { atEnd } from "../peers/lib/harness.mjs";
import { ACTIVITY } from "../peers/lib/http.mjs";
import { build } from "../peers/lib/paths.mjs";
import { Plaza } from "../peers/lib/plaza.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Folder, run } from "../peers/lib/processes.mjs";

export const HOST = "bridge.example.org";
/** Where servers of the test stand: public addresses, which lead nowhere but to the test. */
const PUBLIC = "93.184.215";

const listening = async (server) => {
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return port;
};

export class Outside {
  static async start({ settings = "", workers = 1, environment: more = {} } = {}) {
    const outside = new Outside();
    outside.folder = new Folder();
    outside.lines = [];
    outside.servers = [];
    outside.serial = 0;
    atEnd((failed) => outside.close(failed));
    outside.map = outside.folder.join("outside");
    outside.seenPath = outside.folder.join("seen");
    fs.writeFileSync(outside.seenPath, "");
    await outside.makeAuthority();
    outside.touched = [];
    outside.canary = net.createServer((socket) => {
      outside.touched.push(socket.remotePort);
      socket.on("error", () => {});
      socket.destroy();
    });
    outside.say(`default ${await listening(outside.canary)}`);
    const plazaPort = await freePort();
    outside.say(`pass ${plazaPort}`);
    outside.plaza = new Plaza(outside.folder, { port: plazaPort, fediverseHost: HOST });
    await outside.plaza.start();
    const port = await freePort();
    const environment = {
      LD_PRELOAD: path.join(build, "tests/trust/libtrust_outside.so"),
      ASAN_OPTIONS: [process.env.ASAN_OPTIONS, "verify_asan_link_order=0"].filter(Boolean).join(":"),
      TRUST_OUTSIDE: outside.map,
      TRUST_SEEN: outside.seenPath,
      ...more,
    };
    outside.gateway = new Gateway(outside.folder, {
      port,
      plaza: outside.plaza,
      workers,
      publicUrl: `https://${HOST}`,
      mode: "production",
      settings: `${settings}\n[fetch]\nca_file = ${outside.authority}\n`,
      environment,
    });
    await outside.gateway.start();
    return outside;
  }

  say(line) {
    this.lines.push(line);
    fs.writeFileSync(`${this.map}.new`, `${this.lines.join("\n")}\n`);
    fs.renameSync(`${this.map}.new`, this.map);
  }

  /** `answers`: lists of addresses, the first for the first question, the last for all that follow. */
  name(host, ...answers) {
    this.say(`name ${host} ${answers.map((addresses) => [addresses].flat().join(",") || "nothing").join(" ")}`);
  }

  async makeAuthority() {
    this.authority = this.folder.join("authority.pem");
    this.authorityKey = this.folder.join("authority.key");
    const subject = ["-subj", "/CN=the test's authority", "-days", "2"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await run("openssl", ["req", "-x509", ...key, ...subject, "-keyout", this.authorityKey, "-out", this.authority]);
  }

  async certificate(...hosts) {
    const [key, request, certificate, names] = ["key", "csr", "pem", "cnf"].map((end) => this.folder.join(`${hosts[0].replace(/\W/g, "-")}.${end}`));
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    await run("openssl", ["req", ...curve, "-subj", "/CN=server", "-keyout", key, "-out", request]);
    fs.writeFileSync(names, `subjectAltName = ${hosts.map((host) => `DNS:${host}`).join(",")}\n`);
    const by = ["-CA", this.authority, "-CAkey", this.authorityKey, "-set_serial", String(++this.serial), "-days", "2"];
    await run("openssl", ["x509", "-req", "-in", request, ...by, "-extfile", names, "-out", certificate]);
    return { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) };
  }

  /** An https server with that name at a public address. */
  async server(host, answer, { certificateFor = host } = {}) {
    const server = https.createServer(await this.certificate(certificateFor), answer);
    server.on("tlsClientError", () => {});
    this.servers.push(server);
    const address = `${PUBLIC}.${this.servers.length}`;
    this.say(`route ${address} 443 ${await listening(server)}`);
    this.name(host, address);
    return address;
  }

  /** What the gateway did since this was asked last: ["lookup HOST", "socket ADDRESS PORT", …]. */
  seen() {
    const text = fs.readFileSync(this.seenPath, "utf8");
    const fresh = text.slice(this.read ?? 0);
    this.read = text.length;
    // Plaza is asked by its address, which the system is asked for as if it were a name.
    return fresh.split("\n").filter((line) => line && line !== "lookup 127.0.0.1");
  }

  /** A request to the gateway as its reverse proxy would pass it on, byte by byte as told: {status, text, body}. */
  ask(method, target, { headers = {}, body = "" } = {}) {
    const { hostname, port } = new URL(this.gateway.origin);
    const lines = Object.entries({ host: HOST, ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      const socket = net.connect(Number(port), hostname);
      const chunks = [];
      socket.setTimeout(40_000, () => socket.destroy(new Error("no answer within 40 s")));
      socket.on("data", (data) => chunks.push(data));
      socket.on("error", () => {});
      socket.on("close", () => {
        const text = Buffer.concat(chunks).toString();
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
        if (status) resolve({ status, text, body: text.slice(text.indexOf("\r\n\r\n") + 4) });
        else reject(socket.errored ?? new Error(`no answer: ${text.slice(0, 100)}`));
      });
      socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
      socket.write(body);
    });
  }

  /** The actor's id behind an account's handle. */
  async actorOf(name) {
    const { status, body } = await this.ask("GET", `/.well-known/webfinger?resource=acct:${name}@${HOST}`);
    assert.equal(status, 200);
    return JSON.parse(body).links.find(({ rel }) => rel === "self").href;
  }

  async close(failed) {
    const problems = [];
    for (const { process } of [this.gateway, this.plaza].filter((server) => server?.process?.alive)) {
      const code = await process.stop().catch((error) => error.message);
      if (code !== 0) problems.push(`${process.name} ended with ${code} on SIGTERM`);
    }
    problems.push(...(this.gateway?.process ? this.gateway.findings() : []));
    for (const server of [this.canary, ...this.servers].filter(Boolean)) {
      server.close();
      server.closeAllConnections?.();
    }
    const bad = failed || problems.length > 0;
    if (bad)
      for (const [name, text] of this.folder.logs()) console.log(`---- ${name}, its end:\n${text.trimEnd().split("\n").slice(-30).join("\n")}`);
    await this.folder.close({ keep: bad });
    assert.deepEqual(problems, [], "the servers stop by themselves and leave nothing bad in their logs");
  }
}

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A server of the fediverse behind https://HOST/, everything about which can be chosen. */
export class Peer {
  /** `script(request, answer)` may answer by itself: true. What was asked stands in `asked`, what was posted in `arrivals`. */
  static async start(outside, host, options) {
    const peer = new Peer();
    peer.outside = outside;
    peer.host = host;
    peer.origin = `https://${host}`;
    peer.actor = `${peer.origin}/users/mallory`;
    peer.keyId = `${peer.actor}#main-key`;
    peer.key = rsa();
    peer.serial = 0;
    peer.asked = [];
    peer.arrivals = [];
    peer.leads = new Map();
    peer.documents = new Map([["/users/mallory", () => peer.person()]]);
    peer.address = await outside.server(host, (request, answer) => peer.answer(request, answer), options);
    return peer;
  }

  person(more = {}) {
    return {
      "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
      id: this.actor,
      type: "Person",
      preferredUsername: "mallory",
      inbox: `${this.actor}/inbox`,
      outbox: `${this.actor}/outbox`,
      publicKey: { id: this.keyId, owner: this.actor, publicKeyPem: this.key.publicKey.export({ type: "spki", format: "pem" }) },
      ...more,
    };
  }

  async answer(request, answer) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    this.asked.push({ method: request.method, url: request.url, headers: request.headers });
    if (request.method === "POST") this.arrivals.push(JSON.parse(Buffer.concat(chunks)));
    if (this.leads.has(request.url)) {
      request.socket.end(`HTTP/1.1 302 Found\r\nLocation: ${this.leads.get(request.url)}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    if (this.script?.(request, answer)) return;
    const document = this.documents.get(request.url.split("?")[0]);
    answer.writeHead(document ? 200 : request.method === "POST" ? 202 : 404, { "content-type": ACTIVITY });
    answer.end(document ? JSON.stringify(document()) : "");
  }

  /** An address here that leads on to `target`, byte by byte as told. */
  leadTo(target) {
    const where = `/lead/${++this.serial}`;
    this.leads.set(where, target);
    return `${this.origin}${where}`;
  }

  activity(type, object, more = {}) {
    return { "@context": "https://www.w3.org/ns/activitystreams", id: `${this.origin}/activities/${++this.serial}`, type, actor: this.actor, object, ...more };
  }

  /** The status that a signed POST to one of the gateway's inboxes gets. */
  async post(activity, options) {
    return (await this.send(activity, options)).status;
  }

  /** The status that a signed GET gets. */
  async fetch(target, { keyId = this.keyId, key = this.key } = {}) {
    const sent = { host: HOST, date: new Date().toUTCString() };
    const text = `(request-target): get ${target}\nhost: ${sent.host}\ndate: ${sent.date}`;
    const signature = `keyId="${keyId}",algorithm="rsa-sha256",headers="(request-target) host date",signature="${sign("sha256", Buffer.from(text), key.privateKey).toString("base64")}"`;
    return (await this.outside.ask("GET", target, { headers: { ...sent, accept: ACTIVITY, signature } })).status;
  }

  /** A signed POST to one of the gateway's inboxes: {status, text, body}. */
  send(activity, { inbox = "/inbox", keyId = this.keyId, key = this.key } = {}) {
    const body = Buffer.from(JSON.stringify(activity));
    const sent = {
      host: HOST,
      date: new Date().toUTCString(),
      digest: `SHA-256=${createHash("sha256").update(body).digest("base64")}`,
      "content-type": ACTIVITY,
    };
    const names = ["(request-target)", ...Object.keys(sent)];
    const text = names.map((name) => `${name}: ${name === "(request-target)" ? `post ${inbox}` : sent[name]}`).join("\n");
    const signature = `keyId="${keyId}",algorithm="rsa-sha256",headers="${names.join(" ")}",signature="${sign("sha256", Buffer.from(text), key.privateKey).toString("base64")}"`;
    return this.outside.ask("POST", inbox, { headers: { ...sent, signature, "content-length": body.length }, body });
  }
}
