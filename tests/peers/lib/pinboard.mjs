// The example platform of docs/contract in Plaza's place, driven by its sandbox. What its readers would see of replies is
// read from its log, which is all that it keeps.
import fs from "node:fs";
import path from "node:path";
import { contractFolder } from "./contract.mjs";
import { peers } from "./paths.mjs";
import { Process } from "./processes.mjs";

export class Pinboard {
  constructor(folder, { port, publicOrigin }) {
    this.folder = folder;
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.publicOrigin = publicOrigin ?? this.origin;
    this.tokenFile = folder.join("pinboard-token");
    this.data = folder.join("pinboard.data");
    this.token = `dbg_${"p".repeat(43)}`;
    this.accounts = new Map();
    fs.writeFileSync(this.tokenFile, `${this.token}\n`, { mode: 0o600 });
  }

  async start() {
    const words = ["--port", String(this.port), "--token-file", this.tokenFile, "--data", this.data, "--public-url", this.publicOrigin, "--sandbox"];
    this.process = new Process(this.folder, "pinboard", path.join(peers, "bin/node"), [path.join(contractFolder, "example/pinboard.mjs"), ...words]);
    await this.process.ready("Pinboard listens", 20, async () => (await fetch(`${this.origin}/.well-known/drawbridge`)).ok);
  }

  async act(body) {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const answer = await fetch(`${this.origin}/v1/sandbox`, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) throw new Error(`${body.do}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async idOf(user) {
    if (!this.accounts.has(user)) this.accounts.set(user, (await this.act({ do: "account", handle: user })).id);
    return this.accounts.get(user);
  }

  async federate(user, on) {
    await this.act({ do: "federation", account: await this.idOf(user), on });
  }

  async post(user, text) {
    return (await this.act({ do: "post", account: await this.idOf(user), text })).id;
  }

  async edit(post, text) {
    await this.act({ do: "edit", post, text });
  }

  async remove(post) {
    await this.act({ do: "delete", post });
  }

  /** {likes, reposts, replies: [{id, parent, text, handle}]}, as Plaza's. */
  async show(post) {
    const rows = { actors: new Map(), replies: new Map(), relations: new Map() };
    for (const line of fs.readFileSync(this.data, "utf8").split("\n").filter(Boolean))
      for (const [what, table, row] of JSON.parse(line)) {
        if (what === "set") rows[table]?.set(row.key, row);
        if (what === "drop") rows[table]?.delete(row);
      }
    const count = (kind) => [...rows.relations.values()].filter((row) => row.kind === kind && row.target === post).length;
    const replies = [...rows.replies.values()]
      .filter(({ parent }) => parent === post)
      .map(({ local, parent, text, actor }) => ({ id: local, parent, text, handle: `@${rows.actors.get(actor).acct}` }));
    return { likes: count("like"), reposts: count("repost"), replies };
  }

  async replyWith(post, text) {
    return (await this.show(post)).replies.find((reply) => reply.text.includes(text));
  }
}
