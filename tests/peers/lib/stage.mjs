// A platform of docs/contract that says what the test tells it to say, in this very process: posts and accounts with
// everything that the contract knows, which no demo platform has. What other servers sent is in `received`.
import fs from "node:fs";
import http from "node:http";

const FEATURES = ["events.poll", "remote_posts", "remote_relations", "polls", "reactions", "mentions"];

export class Stage {
  constructor(folder, { port, publicOrigin }) {
    this.port = port;
    this.publicOrigin = publicOrigin ?? `http://127.0.0.1:${port}`;
    this.tokenFile = folder.join("stage-token");
    fs.writeFileSync(this.tokenFile, `dbg_${"s".repeat(43)}\n`, { mode: 0o600 });
    this.accounts = new Map();
    this.posts = new Map();
    this.events = [];
    this.received = new Map(); // key → what was put there last; null when it was deleted
    this.refuses = () => undefined; // (body) → the code of the problem that the answer to a PUT is
    this.waiting = new Set();
  }

  async start() {
    this.server = http.createServer((request, response) => this.answer(request, response));
    await new Promise((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
    this.server.unref();
  }

  tell(type, account, subject, rev, data) {
    const seq = this.events.length + 1;
    this.events.push({ seq, id: `e1:${seq}`, type, time: new Date().toISOString(), account, subject, rev, data });
    for (const wake of [...this.waiting]) wake();
  }

  /** A new or changed account: its JSON as in docs/contract, without rev. */
  account(account) {
    const before = this.accounts.get(account.id);
    const whole = { ...account, rev: (before?.rev ?? 0) + 1 };
    this.accounts.set(account.id, whole);
    this.tell(before ? "account.updated" : "account.federation", account.id, account.id, whole.rev, { account: whole });
  }

  /** A new or edited post: its JSON as in docs/contract, without rev and times. */
  post(post) {
    const before = this.posts.get(post.id);
    const times = { created: before?.created ?? new Date().toISOString(), edited: before ? new Date().toISOString() : null };
    const whole = { ...post, ...times, rev: (before?.rev ?? 0) + 1 };
    this.posts.set(post.id, whole);
    this.tell(before ? "post.updated" : "post.created", post.author, post.id, whole.rev, { post: whole });
  }

  /** What was put and stands, of a kind: "remote-posts", "remote-relations". */
  stands(kind) {
    return [...this.received].filter(([key, body]) => body && key.startsWith(`${kind}/`)).map(([, body]) => body);
  }

  // ---- HTTP

  async read(pathname, query) {
    const page = (items) => ({ items, next: null });
    const [what, id, part] = pathname.replace(/^\/v1\//, "").split("/");
    const own = [...this.posts.values()].filter(({ author }) => author === id);
    if (pathname === "/.well-known/drawbridge")
      return {
        contract: ["1"],
        platform: { id: "stage", name: "Stage", domain: "stage.example", software: "stage/1" },
        api: `${this.publicOrigin}/v1`,
        level: 3,
        features: FEATURES,
        limits: { text: { max: 5000, unit: "graphemes" }, page_max: 200, requests_per_minute: 60_000, event_window_s: 604_800 },
      };
    if (what === "events") return this.poll(query);
    if (what === "accounts" && part === "posts") return page(own);
    if (what === "accounts" && part === "post-ids") return page(own.map(({ id: post, rev }) => [post, rev]));
    if (what === "accounts" && !id) return page([...this.accounts.values()].filter(({ handle }) => handle === (query.get("handle") ?? handle)));
    return (what === "accounts" ? this.accounts : this.posts).get(id);
  }

  async poll(query) {
    const latest = () => this.events.length;
    if (!query.has("cursor")) return { epoch: "e1", events: [], cursor: latest(), more: false };
    const cursor = Number(query.get("cursor"));
    if (cursor >= latest())
      await new Promise((resolve) => {
        const wake = () => (clearTimeout(timer), this.waiting.delete(wake), resolve());
        const timer = setTimeout(wake, Number(query.get("wait") ?? 0) * 1000).unref();
        this.waiting.add(wake);
      });
    const events = this.events.slice(cursor, cursor + 100);
    return events.length ? { epoch: "e1", events, cursor: cursor + events.length, more: cursor + events.length < latest() } : null;
  }

  async answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.publicOrigin);
    const key = pathname.replace(/^\/v1\//, "");
    let text = "";
    for await (const part of request) text += part;
    let [status, body] = [204, null];
    if (request.method === "GET") {
      body = await this.read(pathname, searchParams);
      status = body === undefined ? 404 : body ? 200 : 204;
      if (status === 404) body = { title: "Not found", status, code: "post_unknown" };
    } else if (request.method === "PUT") {
      const put = JSON.parse(text);
      const code = this.refuses(put);
      if (!code) this.received.set(key, put);
      [status, body] = code
        ? [422, { title: "Unprocessable", status: 422, code }]
        : [201, { key: key.split("/")[1], local_id: key.split("/")[1], rev: put.rev, applied: true }];
    } else {
      this.received.set(key, null);
    }
    const answer = body ? JSON.stringify(body) : "";
    const type = status > 400 ? "application/problem+json" : "application/json";
    response.writeHead(status, body ? { "content-type": type, "content-length": Buffer.byteLength(answer) } : {});
    response.end(answer);
  }
}

// ---- golden cases (tests/golden/out) as such a platform would tell them

const KINDS = ["link", "mention", "mention", "tag", "emoji", "bold", "italic", "strike", "code", "preformatted", "quote"];
const MEDIA = ["image", "video", "audio", "file"];
const time = (milliseconds) => (milliseconds ? new Date(milliseconds).toISOString() : null);

const richText = ({ t = "", s = [] } = {}, repeat = 1) => ({
  text: t.repeat(repeat),
  spans: s.map(([start, end, kind, target]) => ({
    ...{ start, end, type: KINDS[kind] },
    ...(kind === 3 ? { tag: target } : target ? { url: target } : {}),
  })),
});

/** The contract's post of a case's source.json; `context` is its context.json. */
export function postOf(source, context, id, author) {
  const { text, spans } = richText(source.body, context.repeat);
  const media = (source.media ?? []).map(({ kind = 0, duration, thumbnail, focus, ...rest }) => ({
    ...rest,
    kind: MEDIA[kind],
    ...(duration ? { duration_ms: duration } : {}),
    ...(thumbnail ? { thumb: thumbnail } : {}),
    ...(focus ? { focus } : {}),
  }));
  const { poll, card } = source;
  return {
    ...{ id, author, url: source.url, title: source.title ?? null, text, spans, media },
    ...(source.html ? { html: source.html } : {}),
    lang: source.languages ?? [],
    sensitive: source.sensitive ?? false,
    warning: source.warning ?? null,
    visibility: source.visibility === 1 ? "unlisted" : "public",
    reply_policy: ["everyone", "followers", "mentioned", "nobody"][source.reply_policy ?? 0],
    quotable: !source.not_quotable,
    ...(card ? { card: { url: card.url, title: card.title ?? null, description: card.description ?? null } } : {}),
    ...(poll
      ? {
          poll: {
            options: poll.options.map(([name, votes]) => ({ name, votes })),
            ...{ multiple: poll.multiple ?? false, ends: time(poll.ends), closed: time(poll.closed), voters: poll.voters ?? 0 },
          },
        }
      : {}),
  };
}

/** The contract's account of a case's source.json. */
export function accountOf(source, id) {
  const image = (url, type) => (url ? { url, type: type ?? null } : null);
  return {
    ...{ id, handle: source.handle, name: source.name ?? null, url: source.url, status: "active" },
    bio: { ...richText(source.bio), html: null },
    avatar: image(source.avatar, source.avatar_type),
    banner: image(source.banner, source.banner_type),
    fields: (source.fields ?? []).map(([name, value]) => ({ name, value })),
    created: time(source.created),
    aliases: source.also_known_as ?? [],
    pinned: [],
    federation: { state: "on", since: time(1), backfill: true, discoverable: source.discoverable ?? false, indexable: source.indexable ?? false },
  };
}
