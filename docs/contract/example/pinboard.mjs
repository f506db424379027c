// Pinboard: a small platform behind drawbridge, in one file without dependencies (Node 18 or later). It speaks levels 0
// to 3 of the contract with long-poll events. The numbers in the comments are sections of ../README.md.
//
//   node pinboard.mjs --port 8090 --token-file token --data pinboard.log [--public-url URL] [--sandbox]
//
// Everything lives in memory; every change is one line of the log, written before it counts, and read again at the start.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8090" },
    "token-file": { type: "string" },
    data: { type: "string", default: "pinboard.log" },
    "public-url": { type: "string" },
    sandbox: { type: "boolean", default: false },
  },
});
if (!options["token-file"]) {
  console.error("pinboard: --token-file is missing; make one: printf 'dbg_%s\\n' \"$(openssl rand -hex 24)\" > token");
  process.exit(2);
}
const hash = (text) => createHash("sha256").update(text).digest();
const tokens = fs.readFileSync(options["token-file"], "utf8").split("\n").filter(Boolean).map((line) => hash(line.trim()));
const base = options["public-url"] ?? `http://127.0.0.1:${options.port}`;
const limits = { text: 500, media: 4, page: 100, body: 1 << 20, eventsKept: 100_000 };

// ---- the state, and the log that it is made of ----

const accounts = new Map(); // id → {id, handle, name, created, status, on, since, rev}
const posts = new Map(); // id → {id, author, rev, created, edited, text, media, replyTo, deleted, told}
const actors = new Map(); // ra_… → {key, local, rev, acct, name, url, apId}
const replies = new Map(); // rp_… → {key, local, rev, actor, parent, text, …}; relations (rr_…) likewise
const relations = new Map();
const tombstones = new Set(); // keys of remote people and posts that were deleted
let events = []; // the outbox (§4.2)
let [epoch, lastSeq, lastId] = ["", 0, 0];
const tables = { accounts, posts, actors, replies, relations };

// A change is a list of small steps that are written as one line: all of them happen, or none. The process does one
// thing at a time, and the event is numbered in the same step as its change becomes visible: so there is no gap into
// which a reader could fall (§4.2).
function apply(steps) {
  for (const [what, ...rest] of steps) {
    if (what === "set") tables[rest[0]].set(rest[1].key ?? rest[1].id, rest[1]);
    else if (what === "drop") tables[rest[0]].delete(rest[1]);
    else if (what === "bury") tombstones.add(rest[0]);
    else if (what === "ids") lastId = rest[0];
    else if (what === "event") events.push(rest[0]), (lastSeq = rest[0].seq);
    else if (what === "forget") events = [];
    else if (what === "epoch") [epoch, events, lastSeq] = [rest[0], [], 0];
  }
  if (events.length > limits.eventsKept) events = events.slice(-limits.eventsKept);
}

const log = fs.openSync(options.data, "a");
for (const line of fs.readFileSync(options.data, "utf8").split("\n").filter(Boolean)) apply(JSON.parse(line));

function commit(steps) {
  fs.writeSync(log, `${JSON.stringify(steps)}\n`);
  fs.fdatasyncSync(log);
  apply(steps);
  for (const wake of [...waiting]) wake();
}

const waiting = new Set(); // long-polls
const now = () => new Date().toISOString(); // UTC with milliseconds, as the contract wants it
const nextId = (prefix) => [`${prefix}${lastId + 1}`, ["ids", lastId + 1]];
const copy = (row, changes) => ({ ...row, ...changes });

function event(type, account, subject, rev, data = {}) {
  const seq = lastSeq + 1;
  return ["event", { seq, id: `${epoch}:${seq}`, type, time: now(), account, subject, rev, data }];
}

if (!epoch) commit([["epoch", `e${randomBytes(6).toString("hex")}`]]);
// ---- members and what they do; the platform's own code would call these ----

function createAccount(handle, name) {
  const [id, step] = nextId("u_");
  commit([step, ["set", "accounts", { id, handle, name, created: now(), status: "active", on: false, since: null, rev: 1 }]]);
  return id;
}

function setFederation(id, on) {
  const account = copy(accounts.get(id), { on, rev: accounts.get(id).rev + 1 });
  if (on) account.since = now();
  // What was written before is the platform's alone again.
  const forgotten = [...posts.values()].filter((post) => post.author === id && post.told);
  commit([
    ["set", "accounts", account],
    ...forgotten.map((post) => ["set", "posts", copy(post, { told: false })]),
    event("account.federation", id, id, account.rev, { account: accountJson(account) }),
  ]);
}

function createPost(author, text, { image, replyTo } = {}) {
  const [id, step] = nextId("p_");
  const media = image ? [{ kind: "image", url: image.url, type: "image/jpeg", alt: image.alt ?? null }] : [];
  const told = accounts.get(author).on;
  const post = { id, author, rev: 1, created: now(), edited: null, text, media, replyTo: replyTo ?? null, deleted: false, told };
  commit([step, ["set", "posts", post], ...(told ? [event("post.created", author, id, 1, { post: postJson(post) })] : [])]);
  return id;
}

function editPost(id, text) {
  const post = copy(posts.get(id), { text, rev: posts.get(id).rev + 1, edited: now() });
  commit([["set", "posts", post], ...(post.told ? [event("post.updated", post.author, id, post.rev, { post: postJson(post) })] : [])]);
}

function deletePost(id) {
  const post = copy(posts.get(id), { deleted: true, text: "", media: [], rev: posts.get(id).rev + 1 });
  const told = post.told ? [event("post.deleted", post.author, id, post.rev, { reason: "author" })] : [];
  commit([["set", "posts", post], ...told]);
}

// ---- what drawbridge is told (§3) ----

const isExported = (post) => !post.deleted && accounts.get(post.author).on && post.created >= accounts.get(post.author).since;

function accountJson({ id, handle, name, created, status, on, since, rev }) {
  const federation = { state: on ? "on" : "off", since, backfill: false, discoverable: true, indexable: false };
  const url = `${base}/@${handle}`;
  return { id, handle, name, bio: { text: "", html: null }, url, avatar: null, kind: "person", created, status, federation, rev };
}

/** Tags in a text; offsets in UTF-8 bytes, not in JavaScript's UTF-16 units (§3.3). */
function spansOf(text) {
  return [...text.matchAll(/(?<=^|\s)#([\p{L}\p{N}_]+)/gu)].map(({ 0: whole, 1: tag, index }) => {
    const start = Buffer.byteLength(text.slice(0, index));
    return { start, end: start + Buffer.byteLength(whole), type: "tag", tag };
  });
}

function postJson({ id, author, rev, created, edited, text, media, replyTo }) {
  const count = (rows, test) => [...rows.values()].filter(test).length;
  const reacted = (kind) => count(relations, (relation) => relation.kind === kind && relation.target === id);
  const reply = replyTo && { local: replyTo.startsWith("p_") ? replyTo : null, remote: replyTo.startsWith("rp_") ? replyTo : null };
  const url = `${base}/@${accounts.get(author).handle}/${id}`;
  const counts = { likes: reacted("like"), reposts: reacted("repost"), replies: count(replies, ({ parent }) => parent === id) };
  const rest = { html: null, lang: [], sensitive: false, warning: null, visibility: "public", reply_to: reply, media, counts };
  return { id, rev, author, created, edited, url, text, spans: spansOf(text), ...rest, federate: true };
}

// ---- HTTP ----

class Problem extends Error {
  constructor(status, code, more = {}) {
    super(code);
    Object.assign(this, { status, body: { type: "about:blank", title: http.STATUS_CODES[status], status, code, ...more } });
  }
}

const isId = (text) => typeof text === "string" && /^[A-Za-z0-9._:~-]{1,255}$/.test(text);
const sortedByNumber = (rows) => rows.sort((a, b) => Number(a.id.slice(2)) - Number(b.id.slice(2)));
function number(query, name, otherwise, maximum = Number.MAX_SAFE_INTEGER) {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (!/^\d{1,16}$/.test(text)) throw new Problem(400, "bad_parameter", { field: name });
  return Math.min(Number(text), maximum);
}

/** A page of rows that are sorted as they are walked; the cursor is the last row's id (§3.4). */
function page(query, rows, show, descending = false) {
  const limit = number(query, "limit", 50, limits.page);
  const after = query.get("after") ? Number(query.get("after").slice(2)) : undefined;
  if (limit < 1 || Number.isNaN(after)) throw new Problem(400, "bad_parameter", { field: limit < 1 ? "limit" : "after" });
  const sorted = descending ? sortedByNumber(rows).reverse() : sortedByNumber(rows);
  const left = sorted.filter(({ id }) => after === undefined || (descending ? Number(id.slice(2)) < after : Number(id.slice(2)) > after));
  const items = left.slice(0, limit);
  return { items: items.map(show), next: left.length > limit ? items.at(-1).id : null };
}

function federated(id) {
  const account = accounts.get(id);
  if (!account?.on) throw new Problem(404, "account_unknown");
  return [...posts.values()].filter((post) => post.author === id && isExported(post));
}

function discovery() {
  const features = ["events.poll", "remote_posts", "remote_relations", ...(options.sandbox ? ["sandbox"] : [])];
  const platform = { id: "pinboard", name: "Pinboard", domain: new URL(base).host, software: "pinboard/1" };
  const media = { per_post: limits.media, types: ["image/jpeg", "image/png"], alt_max: 1500 };
  const numbers = { page_max: limits.page, requests_per_minute: 60_000, event_window_s: 604_800 };
  const all = { text: { max: limits.text, unit: "utf16", max_bytes: 4 * limits.text }, media, ...numbers };
  return { contract: ["1"], platform, api: `${base}/v1`, level: 3, features, limits: all };
}

function listAccounts({ query }) {
  const handle = query.get("handle");
  const found = [...accounts.values()].filter((account) => (handle ? account.handle === handle && account.since : account.on));
  return page(query, found, accountJson);
}

function getAccount({ id }) {
  const account = accounts.get(id);
  if (!account?.since) throw new Problem(404, "account_unknown"); // who never switched it on does not exist (§3.2)
  return accountJson(account);
}

function getPost({ id }) {
  const post = posts.get(id);
  if (post?.deleted && post.told) throw new Problem(410, "gone");
  if (!post || !isExported(post)) throw new Problem(404, "post_unknown");
  return postJson(post);
}

/** Long-poll (§4.3). */
async function getEvents({ query, request }) {
  const cursor = number(query, "cursor", null);
  const limit = Math.max(1, number(query, "limit", 100, 200));
  const deadline = Date.now() + number(query, "wait", 0, 60) * 1000;
  if (cursor === null) return { epoch, events: [], cursor: lastSeq, more: false };
  for (;;) {
    const earliest = events[0]?.seq ?? lastSeq + 1;
    const isKept = cursor === 0 || (cursor >= earliest - 1 && cursor <= lastSeq);
    if (!isKept) throw new Problem(410, "cursor_expired", { field: "cursor", earliest });
    const left = events.filter(({ seq }) => seq > cursor);
    const some = left.slice(0, limit);
    if (some.length) return { epoch, events: some, cursor: some.at(-1).seq, more: left.length > limit };
    if (Date.now() >= deadline || request.socket.destroyed) return undefined;
    await new Promise((resolve) => {
      const wake = () => (clearTimeout(timer), waiting.delete(wake), resolve());
      const timer = setTimeout(wake, deadline - Date.now());
      waiting.add(wake);
    });
  }
}

function postPing({ body }) {
  if (typeof body.nonce !== "string" || body.nonce.length > 255) throw new Problem(422, "invalid", { field: "nonce" });
  commit([event("ping", null, null, 1, { nonce: body.nonce })]);
  return { ok: true, nonce: body.nonce };
}

// ---- what comes from other servers (§5, §6) ----

function need(body, checks) {
  for (const [field, good] of Object.entries(checks)) if (!good(body[field])) throw new Problem(422, "invalid", { field });
}
const isText = (value) => typeof value === "string";
const isUrl = (value) => isText(value) && /^https?:\/\//.test(value);
const isRev = (value) => Number.isSafeInteger(value) && value >= 0;
const isVisible = (value) => ["public", "unlisted"].includes(value);
const isTime = (value) => isText(value) && !Number.isNaN(Date.parse(value));
const isActorReference = (value) => isId(value?.key) && isRev(value?.rev);

/** A delete is final, and a lower or equal revision changes nothing (§5). */
function alreadyHeld(table, key, rev) {
  if (tombstones.has(key)) throw new Problem(410, "tombstoned");
  const held = tables[table].get(key);
  return held && held.rev >= rev ? [200, { key, local_id: held.local, rev: held.rev, applied: false }] : undefined;
}

function store(table, row) {
  const held = tables[table].get(row.key);
  const [local, step] = held ? [held.local, []] : nextId({ actors: "x_", replies: "c_", relations: "r_" }[table]);
  commit([...(held ? [] : [step]), ["set", table, { ...row, local }]]);
  return [held ? 200 : 201, { key: row.key, local_id: local, rev: row.rev, applied: true }];
}

function knownActor({ key, rev }) {
  if (tombstones.has(key)) throw new Problem(410, "tombstoned");
  const actor = actors.get(key);
  if (!actor) throw new Problem(424, "actor_unknown", { field: "actor" });
  if (actor.rev < rev) throw new Problem(409, "actor_stale", { field: "actor" });
}

function knownTarget({ local, remote }, field) {
  const found = local ? posts.get(local) : replies.get(remote);
  if (local ? found?.deleted && found.told : tombstones.has(remote)) throw new Problem(410, "parent_gone", { field });
  if (!found || (local && !isExported(found))) throw new Problem(404, "parent_unknown", { field });
  return local ?? remote;
}

function putActor({ id: key, body }) {
  need(body, { rev: isRev, acct: (acct) => isText(acct) && /^[^@\s]+@[^@\s]+$/.test(acct), ap_id: isUrl, url: isUrl });
  const { rev, acct, name, url, ap_id: apId } = body;
  return alreadyHeld("actors", key, rev) ?? store("actors", { key, rev, acct, name: name ?? acct, url, apId });
}

function putReply({ id: key, body }) {
  need(body, { rev: isRev, actor: isActorReference, ap_id: isUrl, url: isUrl, text: isText, created: isTime, visibility: isVisible });
  if (body.text.length > limits.text) throw new Problem(422, "too_long", { field: "text" });
  if ((body.media ?? []).length > limits.media) throw new Problem(422, "media_too_many", { field: "media" });
  const held = alreadyHeld("replies", key, body.rev);
  if (held) return held;
  knownActor(body.actor);
  const parent = replies.get(key)?.parent ?? knownTarget(body.in_reply_to ?? {}, "in_reply_to");
  const { rev, text, url, created, edited, media } = body;
  return store("replies", { key, rev, actor: body.actor.key, parent, text, url, created, edited, media: media ?? [] });
}

function putRelation({ id: key, body }) {
  need(body, { rev: isRev, actor: isActorReference, kind: (kind) => ["like", "repost"].includes(kind) });
  const held = alreadyHeld("relations", key, body.rev);
  if (held) return held;
  knownActor(body.actor);
  const target = knownTarget(body.target ?? {}, "target");
  return store("relations", { key, rev: body.rev, kind: body.kind, actor: body.actor.key, target });
}

/** With a person all that came from them goes; every key is remembered (§5.3). */
function deleteActor({ id: key }) {
  const theirs = (table) => [...tables[table].values()].filter(({ actor }) => actor === key).map((row) => row.key);
  const steps = theirs("replies").flatMap((reply) => [["bury", reply], ["drop", "replies", reply]]);
  commit([...steps, ...theirs("relations").map((one) => ["drop", "relations", one]), ["bury", key], ["drop", "actors", key]]);
}

const deleteReply = ({ id: key }) => commit([["bury", key], ["drop", "replies", key]]);

// ---- the sandbox (§9): test installations only ----

const sandboxActions = {
  account: ({ handle = `check_${randomBytes(5).toString("hex")}` }) => ({ id: createAccount(handle, handle) }),
  federation: ({ account, on }) => setFederation(account, on !== false),
  post: ({ account, text, image, reply_to }) => ({ id: createPost(account, text, { image, replyTo: reply_to }) }),
  edit: ({ post, text }) => editPost(post, text),
  delete: ({ post }) => deletePost(post),
  expire: () => commit([["forget"]]),
  epoch: () => commit([["epoch", `e${randomBytes(6).toString("hex")}`]]),
  show: ({ key }, { text, rev, actor } = replies.get(key)) => ({ text, rev, acct: actors.get(actor).acct }),
};

function sandbox({ body }) {
  const known = { account: accounts, post: posts, key: replies };
  for (const [name, table] of Object.entries(known))
    if (body[name] !== undefined && !table.has(body[name])) throw new Problem(404, "not_found", { field: name });
  if (!Object.hasOwn(sandboxActions, body.do)) throw new Problem(422, "unsupported", { field: "do" });
  return { ok: true, ...sandboxActions[body.do](body) };
}

// ---- the server ----

const routes = [
  ["GET", /^\/v1\/accounts$/, listAccounts],
  ["GET", /^\/v1\/accounts\/([^/]+)$/, getAccount],
  ["GET", /^\/v1\/accounts\/([^/]+)\/posts$/, ({ id, query }) => page(query, federated(id), postJson, query.get("order") !== "oldest")],
  ["GET", /^\/v1\/accounts\/([^/]+)\/post-ids$/, ({ id, query }) => page(query, federated(id), (post) => [post.id, post.rev])],
  ["GET", /^\/v1\/posts\/([^/]+)$/, getPost],
  ["GET", /^\/v1\/events$/, getEvents],
  ["POST", /^\/v1\/ping$/, postPing],
  ["PUT", /^\/v1\/remote-actors\/([^/]+)$/, putActor],
  ["PUT", /^\/v1\/remote-posts\/([^/]+)$/, putReply],
  ["PUT", /^\/v1\/remote-relations\/([^/]+)$/, putRelation],
  ["DELETE", /^\/v1\/remote-actors\/([^/]+)$/, deleteActor],
  ["DELETE", /^\/v1\/remote-posts\/([^/]+)$/, deleteReply],
  ["DELETE", /^\/v1\/remote-relations\/([^/]+)$/, ({ id }) => commit([["drop", "relations", id]])],
  ...(options.sandbox ? [["POST", /^\/v1\/sandbox$/, sandbox]] : []),
];

async function readBody(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) if ((length += part.length) <= limits.body) parts.push(part);
  if (length > limits.body) throw new Problem(413, "too_large");
  try {
    const body = JSON.parse(Buffer.concat(parts).toString());
    if (body && typeof body === "object" && !Array.isArray(body)) return body;
  } catch {}
  throw new Problem(400, "bad_json");
}

const bearer = (request) => hash((request.headers.authorization ?? "").replace(/^Bearer /i, ""));
const isAuthorized = (request) => tokens.some((token) => timingSafeEqual(token, bearer(request)));

/** [status, body]; no body: 204. */
async function answer(request) {
  const { pathname, searchParams: query } = new URL(request.url, base);
  if (request.method === "GET" && pathname === "/.well-known/drawbridge") return [200, discovery()];
  if (!isAuthorized(request)) throw new Problem(401, "unauthorized");
  for (const [method, pattern, handle] of routes) {
    const match = method === request.method && pattern.exec(pathname);
    if (!match || (match[1] !== undefined && !isId(match[1]))) continue;
    const body = ["POST", "PUT"].includes(method) ? await readBody(request) : undefined;
    const result = await handle({ id: match[1], query, body, request });
    return Array.isArray(result) ? result : [result === undefined ? 204 : 200, result];
  }
  throw new Problem(404, "not_found");
}

const server = http.createServer(async (request, response) => {
  let [status, body, type] = [500, undefined, "application/json"];
  try {
    [status, body] = await answer(request);
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    const problem = error instanceof Problem ? error : new Problem(503, "unavailable");
    [status, body, type] = [problem.status, problem.body, "application/problem+json"];
  }
  const text = body === undefined ? "" : JSON.stringify(body);
  const etag = `"${hash(text).toString("base64url").slice(0, 22)}"`;
  if (status === 200 && request.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
  response.writeHead(status, text ? { "content-type": type, "content-length": Buffer.byteLength(text), etag } : {});
  response.end(text);
});
server.listen(Number(options.port), "127.0.0.1", () => console.log(`pinboard: listening on ${base}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => process.exit(0)); // every change is on the disk
