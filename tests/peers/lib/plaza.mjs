// Plaza, driven by its test API as its members would drive it by its pages.
import fs from "node:fs";
import net from "node:net";
import { randomBytes } from "node:crypto";
import { call } from "./http.mjs";
import { binaries } from "./paths.mjs";
import { Process } from "./processes.mjs";

export class Plaza {
  /** `publicOrigin` is where the gateway reaches Plaza, if not directly; `fault`: the faulty Plaza with that fault. */
  constructor(folder, { port, fediverseHost, publicOrigin, testApi = true, fault, more = [] }) {
    this.fault = fault;
    this.more = more;
    this.folder = folder;
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.publicOrigin = publicOrigin ?? this.origin;
    this.fediverseHost = fediverseHost;
    this.testApi = testApi;
    this.tokenFile = folder.join("plaza-token");
    fs.writeFileSync(this.tokenFile, `dbg_${randomBytes(32).toString("base64url")}\n`, { mode: 0o600 });
  }

  async start() {
    const program = this.fault ? binaries.faultyPlaza : binaries.plaza;
    const environment = this.fault ? { PLAZA_FAULT: this.fault } : {};
    const words = [
      ...["--listen", `127.0.0.1:${this.port}`, "--database", this.folder.join("plaza.db"), "--token-file", this.tokenFile],
      ...["--fediverse-host", this.fediverseHost],
      ...(this.testApi ? ["--test-api"] : []),
      ...(this.publicOrigin === this.origin ? [] : ["--public-url", this.publicOrigin]),
      ...this.more,
    ];
    this.process = new Process(this.folder, "plaza", program, words, environment);
    await this.process.ready("Plaza listens", 20, async () => (await fetch(`${this.origin}/.well-known/drawbridge`)).ok);
  }

  test(method, what, body) {
    return call(method, `${this.origin}/test/${what}`, body);
  }

  async federate(user, on) {
    await this.test("POST", `users/${user}/federation`, { on });
  }

  /** The post's id. */
  async post(user, text, more = {}) {
    return (await this.test("POST", `users/${user}/posts`, { text, ...more })).id;
  }

  async edit(post, text) {
    await this.test("PUT", `posts/${post}`, { text });
  }

  /** The repost's id; removing it takes the repost back. `target` is an id here, a gateway's key or an address. */
  async repost(user, target) {
    return (await this.test("POST", `users/${user}/reposts`, { target })).id;
  }

  async pin(user, post, on = true) {
    await this.test("POST", `users/${user}/pins`, { post, on });
  }

  async vote(user, post, choice) {
    await this.test("POST", `users/${user}/votes`, { post, choice });
  }

  /** All that Plaza shows of a post and what answers it. */
  whole(post) {
    return this.test("GET", `posts/${post}`);
  }

  /** What people of other servers wrote that names the member or quotes them. */
  async mentions(user) {
    return (await this.test("GET", `users/${user}/mentions`)).items;
  }

  /** The member wants to follow `acct` (name@server), or by the gateway's `key` no more. */
  async follow(user, who) {
    await this.test("POST", `users/${user}/follows`, who);
  }

  /** What a browser gets that the member is signed in with: the answer, redirections not followed. */
  async visit(user, page) {
    const first = await fetch(this.origin);
    const cookie = first.headers.get("set-cookie").split(";")[0];
    const [, csrf] = /name="csrf" value="([^"]*)"/.exec(await first.text());
    const form = { method: "POST", redirect: "manual", headers: { cookie, "content-type": "application/x-www-form-urlencoded" }, body: `csrf=${csrf}&member=${user}` };
    const signedIn = (await fetch(`${this.origin}/sign-in`, form)).headers.get("set-cookie").split(";")[0];
    return fetch(`${this.origin}${page}`, { redirect: "manual", headers: { cookie: signedIn } });
  }

  /** The member's home page: its HTML. */
  async home(user) {
    const answer = await this.visit(user, "/home");
    if (answer.status !== 200) throw new Error(`the home page of ${user}: ${answer.status}`);
    return answer.text();
  }

  async remove(post) {
    await this.test("DELETE", `posts/${post}`);
  }

  /** A post and its removal that become visible together: the shortest life that a post can have. */
  async postAndRemoveAtOnce(user, text) {
    return (await this.test("POST", "post-and-delete", { user, text })).id;
  }

  /**
   * A post and its removal as fast as they can come: both requests in one write. `previous` is the last post's id; ids
   * are numbered in their order.
   */
  async postAndRemove(user, text, previous) {
    const post = previous.replace(/\d+$/, (number) => Number(number) + 1);
    const body = JSON.stringify({ text });
    const requests = [
      `POST /test/users/${user}/posts HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\nContent-Type: application/json\r\n`,
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      `DELETE /test/posts/${post} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\nConnection: close\r\n\r\n`,
    ];
    const answers = await new Promise((resolve, reject) => {
      const socket = net.connect(this.port, "127.0.0.1", () => socket.write(requests.join("")));
      let text = "";
      socket.setTimeout(10_000, () => socket.destroy(new Error("Plaza does not answer")));
      socket.on("data", (data) => (text += data)).on("error", reject).on("close", () => resolve(text));
    });
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d)\d\d/g)].map(([, kind]) => kind);
    if (statuses.join() !== "2,2" || !answers.includes(`"${post}"`)) throw new Error(`post and removal of ${post}: ${answers}`);
    return post;
  }

  /** What a member sees of a post: {text, likes, reposts, replies: [{id, parent, text, handle}]}; answers to answers too. */
  async show(post) {
    const shown = await this.test("GET", `posts/${post}`);
    const replies = shown.replies
      .filter(({ deleted }) => !deleted)
      .map(({ id, parent, text, author }) => ({ id, parent, text, handle: author.shown }));
    return { text: shown.text, likes: shown.likes.length, reposts: shown.reposts.length, replies };
  }

  async replyWith(post, text) {
    return (await this.show(post)).replies.find((reply) => reply.text.includes(text));
  }

  async rename(user, handle) {
    await this.test("PUT", `users/${user}/handle`, { handle });
  }

  async cutStreams() {
    await this.test("POST", "cut-streams");
  }
}
