// One account whose followers' servers behave in every way: Fedify, snac, and servers by a script.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Clock } from "../../faults/lib/clock.mjs";
import { atEnd, step } from "../../peers/lib/harness.mjs";
import { get } from "../../peers/lib/http.mjs";
import { binaries } from "../../peers/lib/paths.mjs";
import { Snac } from "../../peers/lib/snac.mjs";
import { Stranger } from "../../peers/lib/stranger.mjs";
import { until } from "../../peers/lib/wait.mjs";
import { World } from "../../peers/lib/world.mjs";

export const SOON = 30;
export const DAY = 86400;
const NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0";

export class Scene {
  strangers = {};

  /** `real`: with Fedify and snac beside the servers by a script. */
  static async start({ real = true } = {}) {
    const scene = new Scene();
    const settings = "[ledger]\nlook_at_copies = on\nnotice_days = 7\n";
    scene.world = await step(`Plaza, the gateway${real ? ", Fedify and snac" : ""} run`, () =>
      World.start({ peer: real ? "fedify" : undefined, clock: Clock, settings }),
    );
    const { plaza, gateway, peer, clock, folder } = scene.world;
    Object.assign(scene, { plaza, gateway, peer, clock, folder });
    if (real) scene.snac = await Snac.start(folder);
    return scene;
  }

  /** A server that says that it runs `software` (undefined: nothing) and answers a Delete with `onDelete`. */
  async add(name, onDelete, software) {
    const stranger = (this.strangers[name] = await Stranger.start(name));
    atEnd(() => stranger.close());
    stranger.host = new URL(stranger.origin).host;
    stranger.onDelete = onDelete;
    const info = { version: "2.0", software: { name: software, version: "4.2" }, metadata: { maintainer: { email: `admin@${name}.example` } } };
    stranger.script = (request, activity) => {
      if (request.url === "/.well-known/nodeinfo" && software)
        return { status: 200, type: "application/json", body: JSON.stringify({ links: [{ rel: NODEINFO, href: `${stranger.origin}/nodeinfo/2.0` }] }) };
      if (request.url === "/nodeinfo/2.0") return { status: 200, type: "application/json", body: JSON.stringify(info) };
      if (request.url.startsWith("/activities/")) return stranger.page;
      if (activity) return { status: activity.type === "Delete" ? stranger.onDelete : 202 };
    };
    return stranger;
  }

  /** Plaza's alice, followed from all that are there but those named in `not`. */
  async followed({ not = [] } = {}) {
    const { gateway, peer, snac } = this;
    await this.plaza.federate("alice", true);
    this.actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
    this.handle = `@alice@${gateway.host}`;
    const followers = Object.values(this.strangers).filter((stranger) => !not.includes(stranger));
    await step("they follow", async () => {
      await peer?.follow(this.handle);
      await snac?.follow(this.handle);
      for (const stranger of followers)
        assert.equal((await stranger.post(`${this.actor}/inbox`, stranger.activity("Follow", this.actor))).status, 202);
      const everybody = followers.length + (peer ? 1 : 0) + (snac ? 1 : 0);
      await until("all follow", SOON, async () => (await get(`${this.actor}/followers`)).json.totalItems === everybody);
    });
    return followers;
  }

  /** A post of alice's, once it is with all of them: {post, note}. */
  async published(text, followers) {
    const { peer, snac } = this;
    const post = await this.plaza.post("alice", text);
    const create = (stranger) => stranger.arrivals.find(({ type, object }) => type === "Create" && object.content.includes(text));
    await until("the post at each", SOON, () => followers.every(create));
    const note = create(followers[0]).object.id;
    if (peer) await until("the post at Fedify and snac", SOON, async () => (await peer.note(note)) && (await snac.note(note)));
    await until("nothing is owed", SOON, async () => (await this.gateway.redis("ZCARD", "ready")).trim() === "0");
    return { post, note };
  }

  drawbridge(...words) {
    const { status, stdout, stderr } = spawnSync(binaries.drawbridge, [...words, "-c", this.gateway.configuration], {
      encoding: "utf8",
      env: { ...process.env, ...this.gateway.environment },
    });
    return { status, stdout, stderr };
  }

  printed(...words) {
    const { status, stdout, stderr } = this.drawbridge("ledger", ...words);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  ledger(what, ...more) {
    return JSON.parse(this.printed(what, "--json", ...more));
  }

  /** What the ledger says of one server: a stranger, Fedify or snac. */
  of(what, { origin }) {
    return this.ledger(what).hosts.find(({ host }) => host === new URL(origin).host);
  }

  /** The figures of /metrics by name, labels and all. */
  async metrics() {
    const { text } = await get(`${this.gateway.origin}/metrics`);
    return Object.fromEntries([...text.matchAll(/^drawbridge_(\S+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
  }
}
