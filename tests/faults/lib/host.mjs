// A fediverse server whose behaviour is a script: real actors with keys, documents and inboxes, that follow, and a log
// of every request that reached it.
import http from "node:http";
import { ACTIVITY } from "../../peers/lib/http.mjs";
import { freePort } from "../../peers/lib/ports.mjs";
import { newKey, signatureFault, signedHeaders } from "../../peers/lib/signing.mjs";

const CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"];

// To make a key takes a processor a fifth of a second, and the gateway knows keys by their ids: a few do for all.
const KEYS = 6;
const made = [];
const keyFor = (number) => (made[number % KEYS] ??= newKey());
let personCount = 0;

/** What an inbox does with a POST: {status, headers}, after `delay` ms; or {hang} or {close}. */
export const ACCEPTED = { status: 202 };

export class Host {
  /**
   * `people`: names of the actors. `shared`: they have one inbox together. `answer(post, host)` is asked for each POST,
   * with what is logged of it. `keyOf(keyId)`: PEM of who may sign. `clock`: the gateway's.
   */
  static async start({ name, people = ["fan"], shared = true, answer = () => ACCEPTED, keyOf, clock }) {
    const host = new Host();
    Object.assign(host, { name, people, shared, answer, keyOf, clock, posts: [], gets: [], faults: [], serial: 0 });
    host.gone = 0; // 404 or 410: what is said of all its actors and their inboxes
    host.moves = 0; // how often its inboxes got other addresses
    host.port = await freePort();
    host.origin = `http://127.0.0.1:${host.port}`;
    host.keys = new Map(await Promise.all(people.map(async (person) => [person, await keyFor(personCount++)])));
    await host.up();
    return host;
  }

  async up() {
    if (this.server) return;
    const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, answer) => this.receive(request, answer));
    server.on("clientError", (error, socket) => socket.destroy());
    await new Promise((resolve, reject) => server.once("error", reject).listen(this.port, "127.0.0.1", 1024, resolve));
    this.server = server;
  }

  /** Connections are refused from now on; those that are open break. */
  async down() {
    if (!this.server) return;
    const server = this.server;
    this.server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  actor(person = this.people[0]) {
    return `${this.origin}/users/${person}`;
  }

  /** The path of an inbox now; `moves` ago it had another one. */
  inboxPath(person, moves = this.moves) {
    const tail = moves ? `-${moves}` : "";
    return this.shared ? `/inbox${tail}` : `/users/${person}/inbox${tail}`;
  }

  document(person) {
    const id = this.actor(person);
    const own = this.shared ? `${id}/inbox` : this.origin + this.inboxPath(person);
    return {
      "@context": CONTEXT,
      id,
      type: "Person",
      preferredUsername: person,
      inbox: own,
      outbox: `${id}/outbox`,
      ...(this.shared ? { endpoints: { sharedInbox: this.origin + this.inboxPath(person) } } : {}),
      publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: this.keys.get(person).publicKey.export({ type: "spki", format: "pem" }) },
    };
  }

  handle(person = this.people[0]) {
    return `@${person}@127.0.0.1:${this.port}`;
  }

  handleDocument(person) {
    return { subject: `acct:${this.handle(person).slice(1)}`, links: [{ rel: "self", type: ACTIVITY, href: this.actor(person) }] };
  }

  /** Whose inbox a path is or was: "shared", or a person's name; and whether it moved away. */
  inboxAt(path) {
    const match = /^(?:\/users\/([a-z0-9]+))?\/inbox(?:-(\d+))?$/.exec(path);
    if (!match) return null;
    const personal = this.shared && match[1]; // never moves
    return { inbox: match[1] ?? "shared", moved: !personal && Number(match[2] ?? 0) < this.moves };
  }

  receive(request, answer) {
    const at = performance.now();
    if (request.method === "GET") return this.serve(request, answer);
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("error", () => {});
    answer.on("error", () => {});
    request.on("end", () => this.take(request, answer, Buffer.concat(chunks), at));
  }

  serve(request, answer) {
    this.gets.push(request.url);
    const named = /^\/\.well-known\/webfinger\?resource=acct(?::|%3A)([a-z]+)(?:@|%40)/i.exec(request.url)?.[1];
    const person = this.people.find((one) => request.url === `/users/${one}` || named === one);
    const status = !person ? 404 : this.gone || 200;
    answer.writeHead(status, { "content-type": named ? "application/jrd+json" : ACTIVITY });
    answer.end(JSON.stringify(status !== 200 ? {} : named ? this.handleDocument(person) : this.document(person)));
  }

  take(request, answer, body, at) {
    const place = this.inboxAt(request.url);
    const json = JSON.parse(body);
    const object = typeof json.object === "string" ? json.object : json.object?.id;
    const post = { at, inbox: place?.inbox, id: json.id, type: json.type, actor: json.actor, object, json, answer: "none" };
    this.posts.push(post);
    const fault = signatureFault({ method: "POST", path: request.url, headers: request.headers, body }, this.keyOf);
    if (fault) this.faults.push(`${request.url}: ${fault}`);
    const script = !place ? { status: 404 } : place.moved ? this.movedTo(place.inbox) : this.gone ? { status: this.gone } : this.answer(post, this);
    if (script.hang) return void (post.answer = "hang");
    if (script.close) {
      post.answer = "close";
      return request.socket.destroy();
    }
    setTimeout(() => this.finish(post, script, answer), script.delay ?? 0);
  }

  movedTo(inbox) {
    return { status: 301, headers: { location: this.origin + this.inboxPath(inbox) } };
  }

  finish(post, { status, headers = {} }, answer) {
    post.answered = performance.now();
    // Who asked may be dead by now: then nobody heard it.
    post.answer = answer.socket?.writable ? status : "unheard";
    answer.writeHead(status, headers);
    answer.end();
  }

  /** Its GETs and POSTs to others are signed. */
  signed(method, url, { person = this.people[0], body, keyId = `${this.actor(person)}#main-key`, key = this.keys.get(person) } = {}) {
    const headers = signedHeaders({ method, url, key, keyId, date: this.clock.now(), body, type: ACTIVITY });
    return fetch(url, { method, headers: { ...headers, accept: ACTIVITY }, body, signal: AbortSignal.timeout(10_000) });
  }

  async send(inbox, type, object, { person = this.people[0], ...more } = {}) {
    const id = `${this.origin}/activities/${++this.serial}`;
    const body = JSON.stringify({ "@context": CONTEXT[0], id, type, actor: this.actor(person), object, ...more });
    const { status } = await this.signed("POST", inbox, { person, body });
    if (status !== 202) throw new Error(`${type} to ${inbox}: ${status}`);
    return id;
  }

  /** Hands back a probe that says whether the Accept came. */
  async follow(actor, person = this.people[0]) {
    const id = await this.send(`${actor}/inbox`, "Follow", actor, { person });
    return () => this.posts.some(({ type, object }) => type === "Accept" && object === id);
  }

  /** What arrived about an object, in that order. */
  about(object, inbox) {
    return this.posts.filter((post) => post.object === object && (inbox === undefined || post.inbox === inbox));
  }

  async close() {
    await this.down();
  }
}

export const isAccepted = ({ answer }) => answer >= 200 && answer < 300;
