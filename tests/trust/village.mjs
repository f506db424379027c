// A server of the fediverse of our own, with several people on it and any document at any path: what honest and hostile
// servers show, and requests signed in any way.
import http from "node:http";
import net from "node:net";
import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { ACTIVITY } from "../peers/lib/http.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { multibase, proofOf } from "./proof.mjs";

export const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1", "https://w3id.org/security/multikey/v1"];

export const rsaKey = (bits = 2048) => generateKeyPairSync("rsa", { modulusLength: bits });
/** An RSA key of 2048 bits with the first public exponent from `least` on that goes with its primes. */
export function exponentKey(least) {
  const { privateKey } = rsaKey();
  const { n, p, q, ...rest } = privateKey.export({ format: "jwk" });
  const number = (text) => BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`);
  const text = (value) => Buffer.from(value.toString(16).padStart(2 * Math.ceil(value.toString(16).length / 2), "0"), "hex").toString("base64url");
  const inverse = (value, modulus) => {
    let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
    while (a > 1n) [a, b, x, y] = b ? [b, a % b, y, x - (a / b) * y] : [0n];
    return a === 1n ? ((x % modulus) + modulus) % modulus : undefined;
  };
  const [one, two] = [number(p), number(q)];
  const order = (one - 1n) * (two - 1n);
  let e = least;
  while (inverse(e, order) === undefined) e += 2n;
  const d = inverse(e, order);
  const jwk = { ...rest, n, p, q, e: text(e), d: text(d), dp: text(d % (one - 1n)), dq: text(d % (two - 1n)), qi: text(inverse(two, one)) };
  return { privateKey: createPrivateKey({ key: jwk, format: "jwk" }), publicKey: createPublicKey({ key: { kty: "RSA", n, e: jwk.e }, format: "jwk" }) };
}

export const pemOf = (key) => key.publicKey.export({ type: "spki", format: "pem" });
export const sha256 = (body) => createHash("sha256").update(body).digest("base64");

export class Village {
  /** `script(request)` may answer a request: {status, body, type, headers, wait}; nothing leaves it to `documents`. */
  static async start(...names) {
    const village = new Village();
    const port = await freePort();
    village.origin = `http://127.0.0.1:${port}`;
    village.documents = new Map();
    village.fetches = [];
    village.arrivals = [];
    village.serial = 0;
    village.people = Object.fromEntries(names.map((name) => [name, village.settle(name)]));
    village.server = http.createServer(async (request, answer) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      village.fetches.push({ method: request.method, path: request.url, headers: request.headers });
      if (request.method === "POST") village.arrivals.push({ path: request.url, headers: request.headers, body, activity: JSON.parse(body) });
      const scripted = village.script?.(request, body);
      const document = village.documents.get(request.url);
      const { status, body: text, type, headers, wait } = scripted ?? {
        status: request.method === "POST" ? 202 : document ? 200 : 404,
        body: document && request.method !== "POST" ? JSON.stringify(document) : "",
      };
      await wait;
      answer.writeHead(status, { "content-type": type ?? ACTIVITY, ...headers }).end(text ?? "");
    });
    await new Promise((resolve) => village.server.listen(port, "127.0.0.1", resolve));
    return village;
  }

  settle(name) {
    const id = `${this.origin}/users/${name}`;
    const person = { id, inbox: `${id}/inbox`, keyId: `${id}#main-key`, key: rsaKey(), proofId: `${id}#ed25519-key`, proofKey: generateKeyPairSync("ed25519") };
    this.show({
      "@context": CONTEXT,
      id,
      type: "Person",
      preferredUsername: name,
      inbox: person.inbox,
      outbox: `${id}/outbox`,
      publicKey: { id: person.keyId, owner: id, publicKeyPem: pemOf(person.key) },
      assertionMethod: [{ id: person.proofId, type: "Multikey", controller: id, publicKeyMultibase: multibase(person.proofKey) }],
    });
    return person;
  }

  /** Serves a document at its id. */
  show(document) {
    this.documents.set(new URL(document.id).pathname, document);
    return document;
  }

  hide(id) {
    this.documents.delete(new URL(id).pathname);
  }

  newId(what = "activities") {
    return `${this.origin}/${what}/${++this.serial}`;
  }

  activity(person, type, object, more = {}) {
    return { "@context": CONTEXT[0], id: this.newId(), type, actor: person.id, object, ...more };
  }

  note(person, inReplyTo, text, more = {}) {
    return {
      "@context": CONTEXT[0],
      id: this.newId("notes"),
      type: "Note",
      attributedTo: person.id,
      inReplyTo,
      content: `<p>${text}</p>`,
      published: new Date().toISOString().replace(/\.\d+/, ""),
      to: [PUBLIC],
      cc: [],
      ...more,
    };
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

export const proven = (activity, person, more) => ({ ...activity, proof: proofOf(activity, person.proofKey.privateKey, more?.method ?? person.proofId, more) });

/**
 * A signed POST as draft-cavage-12 has it: {path, headers, body}. What is overridden is signed and sent:
 * {keyId, key, names, algorithm, date, digest, host, path, method, more} and `parameters`, put before `headers`.
 */
export function cavage(inbox, body, { key, keyId, names, algorithm = "rsa-sha256", date = new Date(), digest, host, path, method = "post", parameters = "", more = {}, value }) {
  const url = new URL(inbox);
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const sent = { host: url.host, date: date.toUTCString(), digest: digest ?? `SHA-256=${sha256(bytes)}`, "content-type": ACTIVITY, ...more };
  const covered = names ?? ["(request-target)", "host", "date", "digest", "content-type"];
  const said = { ...sent, host: host ?? sent.host, "(request-target)": `${method} ${path ?? url.pathname}` };
  for (const [, name, number] of parameters.matchAll(/(\w+)=(\d+)/g)) said[`(${name})`] = number;
  const text = Buffer.from(covered.map((name) => `${name}: ${said[name]}`).join("\n"));
  const hash = algorithm === "rsa-sha1" ? "sha1" : "sha256";
  const signature =
    value ?? (algorithm === "hmac-sha256" ? createHmac("sha256", pemOf(key)).update(text).digest("base64") : sign(hash, text, key.privateKey).toString("base64"));
  const header = `keyId="${keyId}",algorithm="${algorithm}",${parameters}headers="${covered.join(" ")}",signature="${signature}"`;
  return { path: url.pathname, headers: { ...sent, signature: header, "content-length": bytes.length }, body: bytes };
}

/** The same as RFC 9421 has it. `components` and `parameters` can be chosen; `base` replaces what is signed. */
export function rfc9421(inbox, body, { key, keyId, components = ["@method", "@target-uri", "content-digest"], created = Math.floor(Date.now() / 1000), parameters, target, method = "POST", label = "sig1", digest }) {
  const url = new URL(inbox);
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const sent = { host: url.host, date: new Date().toUTCString(), "content-type": ACTIVITY, "content-digest": digest ?? `sha-256=:${sha256(bytes)}:` };
  const values = { ...sent, "@method": method, "@target-uri": target ?? inbox, "@authority": url.host, "@path": url.pathname };
  const input = `(${components.map((name) => `"${name}"`).join(" ")})${parameters ?? `;created=${created};keyid="${keyId}"`}`;
  const base = [...components.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${input}`].join("\n");
  const algorithm = key.privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  const signature = sign(algorithm, Buffer.from(base), key.privateKey).toString("base64");
  return {
    path: url.pathname,
    headers: { ...sent, "signature-input": `${label}=${input}`, signature: `${label}=:${signature}:`, "content-length": bytes.length },
    body: bytes,
  };
}

/** Sends it as it is; {status, text}. */
export function send(inbox, { path, headers, body }) {
  const { hostname, port } = new URL(inbox);
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  const head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}connection: close\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    const chunks = [];
    socket.setTimeout(20_000, () => socket.destroy(new Error("no answer within 20 s")));
    socket.on("data", (data) => chunks.push(data)).on("error", () => {});
    socket.on("close", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
      if (status) resolve({ status, text, body: text.split("\r\n\r\n").slice(1).join("\r\n\r\n") });
      else reject(socket.errored ?? new Error("the connection ended without an answer"));
    });
    socket.write(Buffer.concat([Buffer.from(head), body]));
  });
}

/** The usual signed POST of a person; the status. */
export const post = async (inbox, person, activity, options = {}) => (await send(inbox, cavage(inbox, activity, { ...person, ...options }))).status;
