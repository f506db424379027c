// A snac server with one person, driven by its command line and its web forms, read through its files.
import fs from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";
import { textOf } from "./fedify.mjs";
import { ACTIVITY } from "./http.mjs";
import { binaries } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Process, run } from "./processes.mjs";

export class Snac {
  name = "snac";

  /** `records`: it keeps what it gets and says what it does, as tests want it; a bench does not. */
  static async start(folder, { user = "rosa", port, records = true } = {}) {
    const snac = new Snac();
    port = await freePort(port);
    snac.user = user;
    snac.origin = `http://127.0.0.1:${port}`;
    snac.actor = `${snac.origin}/${user}`;
    snac.handle = `@${user}@127.0.0.1:${port}`;
    snac.base = folder.join("snac-data");
    snac.command = (...args) => run(binaries.snac, args, { cwd: folder.path });
    // Address, port, host, and nothing for what is optional.
    await run(binaries.snac, ["init", snac.base], { input: `127.0.0.1\n${port}\n127.0.0.1:${port}\n\n\n` });
    snac.configure({ protocol: "http", shared_inboxes: true, disable_email_notifications: true, queue_retry_minutes: 1 });
    snac.password = /password is (\S+)/.exec(await snac.command("adduser", snac.base, user))[1];
    // With these folders there, snac keeps every message that it gets, and the headers of what it refuses.
    if (records) for (const name of ["archive", "error"]) fs.mkdirSync(path.join(snac.base, name));
    snac.process = new Process(folder, "snac", binaries.snac, ["httpd", snac.base], records ? { DEBUG: "1" } : {});
    await snac.process.ready("snac listens", 30, async () => (await fetch(snac.actor, { headers: { accept: ACTIVITY } })).ok);
    return snac;
  }

  configure(settings) {
    const file = path.join(this.base, "server.json");
    fs.writeFileSync(file, JSON.stringify({ ...readJson(file), ...settings }, null, 4));
  }

  /** A form of the person's own page. */
  async form(name, fields) {
    // snac reads multipart forms for notes and urlencoded ones for actions, and knows the latter's type by its exact name.
    const multipart = new FormData();
    for (const [field, value] of Object.entries(fields)) multipart.append(field, value);
    const urlencoded = { headers: { "content-type": "application/x-www-form-urlencoded" }, body: String(new URLSearchParams(fields)) };
    const { headers, body } = name === "note" ? { headers: {}, body: multipart } : urlencoded;
    const authorization = `Basic ${Buffer.from(`${this.user}:${this.password}`).toString("base64")}`;
    const answer = await fetch(`${this.actor}/admin/${name}`, {
      method: "POST",
      headers: { authorization, ...headers },
      body,
      redirect: "manual",
    });
    if (answer.status !== 303) throw new Error(`snac's form ${name}: ${answer.status} ${await answer.text()}`);
  }

  async lookup(handle) {
    const found = await this.command("webfinger", this.base, handle);
    const actor = /https?:\/\/\S+/.exec(found)?.[0];
    if (!actor) throw new Error(`snac does not find ${handle}: ${found}`);
    const answer = await this.command("actor", this.base, this.user, actor);
    return JSON.parse(answer.slice(answer.indexOf("{")));
  }

  async follow(handle) {
    await this.command("follow", this.base, this.user, handle);
  }

  async unfollow(actor) {
    await this.command("unfollow", this.base, this.user, actor);
  }

  async follows(actor) {
    const file = path.join(this.base, "user", this.user, "following", `${md5(actor)}.json`);
    return fs.existsSync(file) && readJson(file).type === "Accept";
  }

  /**
   * Enters the actor as a follower of the person, as snac does when a Follow comes. snac sends a Delete to followers
   * only, not to whom the note answered, so without one on the other side no server learns that a reply is gone.
   */
  async addFollower(actor) {
    const name = md5(actor);
    const followers = path.join(this.base, "user", this.user, "followers");
    fs.linkSync(path.join(this.base, "object", name.slice(0, 2), `${name}.json`), path.join(followers, `${name}.json`));
    fs.appendFileSync(`${followers}.idx`, `${name}\n`);
  }

  async arrivals(origin) {
    const archive = path.join(this.base, "archive");
    return fs
      .readdirSync(archive)
      .filter((name) => name.endsWith("_RECV"))
      .sort()
      .map((name) => path.join(archive, name, "payload.json"))
      .filter((file) => fs.existsSync(file))
      .map(readJson)
      .filter(({ actor }) => actor?.startsWith?.(`${origin}/`));
  }

  object(id) {
    const name = md5(id);
    const file = path.join(this.base, "object", name.slice(0, 2), `${name}.json`);
    return fs.existsSync(file) ? readJson(file) : null;
  }

  async note(id) {
    const note = this.object(id);
    return note && { text: textOf(note.content), updated: note.updated };
  }

  /** The person's own timeline as a page. */
  async page() {
    const authorization = `Basic ${Buffer.from(`${this.user}:${this.password}`).toString("base64")}`;
    return (await fetch(`${this.actor}/admin`, { headers: { authorization } })).text();
  }

  /** What the person was notified of: [{type, actor, objid}]. */
  notifications() {
    const folder = path.join(this.base, "user", this.user, "notify");
    return fs.existsSync(folder)
      ? fs
          .readdirSync(folder)
          .filter((name) => name.endsWith(".json"))
          .map((name) => readJson(path.join(folder, name)))
      : [];
  }

  /** The notes in the person's timelines. */
  *notes() {
    for (const part of ["public", "private"]) {
      const folder = path.join(this.base, "user", this.user, part);
      for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".json"))) {
        const object = readJson(path.join(folder, name));
        if (object.type === "Note") yield object;
      }
    }
  }

  async notesWith(text) {
    const ids = [...this.notes()].filter(({ content }) => textOf(content).includes(text)).map(({ id }) => id);
    return [...new Set(ids)];
  }

  async reply(to, text) {
    const author = this.object(this.object(to).attributedTo);
    const mention = `@${author.preferredUsername}@${new URL(author.id).host}`;
    await this.form("note", { content: `${mention} ${text}`, in_reply_to: to });
    for (const note of this.notes())
      if (note.attributedTo === this.actor && note.inReplyTo === to && textOf(note.content).includes(text)) return note.id;
    throw new Error("snac shows no such reply after it was sent");
  }

  async edit(id, text) {
    await this.form("note", { content: text, edit_id: id });
  }

  async remove(id) {
    await this.form("action", { id, action: "Delete" });
  }

  async like(note) {
    await this.form("action", { id: note, action: "Like" });
  }

  async unlike(note) {
    await this.form("action", { id: note, action: "Unlike" });
  }

  async boost(note) {
    await this.form("action", { id: note, action: "Boost" });
  }

  async unboost(note) {
    await this.form("action", { id: note, action: "Unboost" });
  }

  async complaints() {
    return fs.readdirSync(path.join(this.base, "error"));
  }
}

const readJson = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const md5 = (text) => createHash("md5").update(text).digest("hex");
