// A Fedify server with one person, driven by its control API (tests/peers/fedify/peer.mjs).
import path from "node:path";
import { call } from "./http.mjs";
import { peers } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Process } from "./processes.mjs";

export class Fedify {
  name = "Fedify";

  /** `origin` is where others reach it, if not at its port: then over https, behind a proxy. */
  static async start(folder, { user = "rosa", options = [], port, origin } = {}) {
    const fedify = new Fedify();
    port ??= await freePort();
    const control = await freePort();
    fedify.origin = origin ?? `http://127.0.0.1:${port}`;
    fedify.control = `http://127.0.0.1:${control}`;
    fedify.actor = `${fedify.origin}/users/${user}`;
    fedify.handle = `@${user}@${new URL(fedify.origin).host}`;
    fedify.process = new Process(folder, "fedify", process.execPath, [
      path.join(peers, "fedify/peer.mjs"),
      ...["--port", port, "--control", control, "--user", user, "--own-webfinger", "--first-knock", "cavage"].map(String),
      ...(origin ? ["--origin", origin] : []),
      ...options,
    ]);
    await fedify.process.ready("Fedify listens", 60, async () => (await fedify.ask("health")).ok);
    return fedify;
  }

  ask(what) {
    return call("GET", `${this.control}/${what}`);
  }

  tell(what, body = {}) {
    return call("POST", `${this.control}/${what}`, body);
  }

  /** As `tell`, for what is sent: an error unless every inbox took it. */
  async send(what, body) {
    const sent = await this.tell(what, body);
    const refused = sent.error ?? sent.attempts.at(-1)?.error;
    if (refused || !(sent.attempts.at(-1)?.status < 300))
      throw new Error(`${what}: ${refused ?? JSON.stringify(sent.attempts)}`);
    return sent;
  }

  /** The actor's document, found by handle through webfinger. */
  lookup(handle) {
    return this.tell("lookup", { target: handle });
  }

  async follow(handle) {
    await this.send("follow", { target: handle });
  }

  async unfollow(actor) {
    await this.send("unfollow", { target: actor });
  }

  async follows(actor) {
    return (await this.ask("state")).following[actor] === "accepted";
  }

  /** Nothing to do: this server sends a Delete to the author of the note that was answered. */
  async addFollower() {}

  /** Every activity that `origin` posted here, verified or not, in the order of arrival. */
  async arrivals(origin) {
    const activities = (await this.ask("raw")).map(({ body }) => JSON.parse(body));
    return activities.filter(({ actor }) => actor?.startsWith(`${origin}/`));
  }

  /** The note as this server holds it: {text, updated}, or null when it has none or it was deleted. */
  async note(id) {
    let note = null;
    for (const { type, object, json } of await this.ask("received")) {
      if (object !== id) continue;
      if (type === "Create" || type === "Update") note = { text: textOf(json.object.content), updated: json.object.updated };
      if (type === "Delete") note = null;
    }
    return note;
  }

  /** How many notes with that text were made here, by id. */
  async notesWith(text) {
    const ids = (await this.ask("received"))
      .filter(({ type, json }) => type === "Create" && textOf(json.object.content).includes(text))
      .map(({ object }) => object);
    return [...new Set(ids)];
  }

  async reply(to, text) {
    return (await this.send("post", { inReplyTo: to, text: `<p>${text}</p>` })).json.object.id;
  }

  async edit(id, text, to) {
    await this.send("edit", { id, text: `<p>${text}</p>`, target: to });
  }

  async remove(id, to) {
    await this.send("delete", { id, target: to });
  }

  async like(note) {
    return (this.liked = (await this.send("like", { object: note })).id);
  }

  async unlike(note, actor) {
    await this.send("undo", { id: this.liked, target: actor });
  }

  async boost(note) {
    return (this.boosted = (await this.send("announce", { object: note })).id);
  }

  async unboost(note, actor) {
    await this.send("undo", { id: this.boosted, target: actor });
  }

  /** Any activity of this server's person, signed, to an inbox. */
  async say(inbox, activity) {
    const json = { "@context": "https://www.w3.org/ns/activitystreams", actor: this.actor, ...activity };
    const { status, body } = await this.tell("raw", { inbox, json });
    if (status !== 202) throw new Error(`${activity.type} to ${inbox}: ${status} ${body}`);
  }

  /** What Fedify made of the activities of a type about an object, in the order of arrival: their JSON-LD, compacted. */
  async parsed(type, object) {
    return (await this.ask("received")).filter((one) => one.type === type && (!object || one.object === object)).map(({ json }) => json);
  }

  /** What this server itself says went wrong with what it got. */
  async complaints() {
    return [...(await this.ask("unverified")), ...(await this.ask("errors"))];
  }
}

export const textOf = (html) =>
  html
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&#0?39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&");
