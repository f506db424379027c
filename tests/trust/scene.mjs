// What the tests of this folder begin with: Plaza and the gateway; alice, who is federated and has a post; an honest
// server whose victor follows her, has answered, liked and boosted the post, with an evil neighbour on it; and mallory's.
import assert from "node:assert/strict";
import { atEnd, step } from "../peers/lib/harness.mjs";
import { ACTIVITY, get } from "../peers/lib/http.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { PUBLIC, Village, post } from "./village.mjs";

// What moves by itself in an idle gateway, marks of what came, and what was heard of hosts.
const RESTLESS = "^(lease|work|worker|workers|beats|beats_grace|cursor|stream|host|jobs|inbox_seen|key_refetch|claims|copy_host|event_seen|refusals|health|health_totals)";

// Every other key with the hash of what it holds, TTL or not; of people of other servers not when they were asked for. What
// a server shows under yet another id is remembered as that, and left out.
const STATE = `
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local person = key:find('^remote_actor:') and redis.call('HGET', key, 'id') or ''
  if person == '' or person == ARGV[1] or person == ARGV[2] or person == ARGV[3] then
    local held = person ~= '' and redis.call('HGET', key, 'document') or redis.call('DUMP', key)
    found[#found + 1] = key .. ' ' .. redis.sha1hex(held)
  end
end
table.sort(found)
return found`;

export class Scene {
  static async open(options = {}) {
    const scene = new Scene();
    scene.world = await step("Plaza and the gateway run", () => World.start({ proxied: false, ...options }));
    const { plaza, gateway } = scene.world;
    Object.assign(scene, { plaza, gateway });
    scene.honest = await Village.start("victor", "neighbour");
    scene.hostile = await Village.start("mallory");
    for (const village of [scene.honest, scene.hostile]) atEnd(() => village.close());
    Object.assign(scene, scene.honest.people, scene.hostile.people);
    await plaza.federate("alice", true);
    scene.alice = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
    scene.inbox = `${gateway.origin}/inbox`;
    return scene;
  }

  /** Everything that has come is done with, and nothing is on its way. */
  async settled() {
    const script = `local n = redis.call('SCARD', 'compactions')
      for _, key in ipairs(redis.call('KEYS', 'work:*')) do n = n + redis.call('XLEN', key) end
      for _, key in ipairs(redis.call('KEYS', 'claims:*')) do n = n + redis.call('HLEN', key) end
      return n`;
    await until("the queues are empty", 30, async () => Number(await this.gateway.redis("EVAL", script, "0")) === 0);
  }

  /** And whatever was sent has arrived. */
  async delivered() {
    const script = "return #redis.call('KEYS', 'activity:*') + #redis.call('KEYS', 'lane:*')";
    await until("everything is delivered", 30, async () => Number(await this.gateway.redis("EVAL", script, "0")) === 0);
    await this.settled();
  }

  async state() {
    await this.settled();
    const lines = (await this.gateway.redis("EVAL", STATE, "0", this.victor.id, this.neighbour.id, this.mallory.id)).trim().split("\n");
    return lines.filter((line) => !new RegExp(RESTLESS).test(line));
  }

  /** Posts an activity of somebody; it must be taken. */
  async say(person, activity) {
    assert.equal(await post(this.inbox, person, activity), 202, activity.type);
    return activity;
  }

  /** alice's post with victor's answer, like, boost and follow. */
  async live() {
    const { honest, victor, alice, plaza } = this;
    this.follow = await this.say(victor, honest.activity(victor, "Follow", alice));
    this.post = await plaza.post("alice", "What everybody talks about.");
    const create = await until("the Create at victor's", 20, () => honest.arrivals.find(({ activity }) => activity.type === "Create"));
    this.object = create.activity.object.id;
    this.reply = honest.show(honest.note(victor, this.object, "Well said."));
    await this.say(victor, honest.activity(victor, "Create", this.reply, { to: [PUBLIC] }));
    this.like = await this.say(victor, honest.activity(victor, "Like", this.object));
    this.boost = await this.say(victor, honest.activity(victor, "Announce", this.object, { to: [PUBLIC] }));
    await until("all of it on Plaza", 20, async () => {
      const { replies, likes, reposts } = await plaza.show(this.post);
      return replies.length === 1 && likes === 1 && reposts === 1;
    });
    await this.settled();
  }

  /** alice quotes a post of victor's, who was asked and has permitted it. */
  async quote() {
    const { honest, victor, plaza } = this;
    const quotable = honest.show(honest.note(victor, null, "Quote me."));
    await plaza.post("alice", "As he says.", { quote_of: quotable.id });
    const request = await until("the QuoteRequest", 20, () => honest.arrivals.find(({ activity }) => activity.type === "QuoteRequest"));
    this.request = request.activity.id;
    this.quoting = request.activity.instrument.id ?? request.activity.instrument;
    this.stamp = honest.show({ "@context": "https://www.w3.org/ns/activitystreams", id: `${honest.origin}/stamps/1`, type: "QuoteAuthorization", attributedTo: victor.id, interactingObject: this.quoting, interactionTarget: quotable.id }).id;
    await this.say(victor, honest.activity(victor, "Accept", request.activity.id, { result: this.stamp }));
    await until("the note with the permission", 20, () => honest.arrivals.some(({ activity }) => activity.type === "Create" && activity.object.quoteAuthorization === this.stamp));
    await this.settled();
  }

  async followers() {
    return (await get(`${this.alice}/followers`, { accept: ACTIVITY })).json.totalItems;
  }
}
