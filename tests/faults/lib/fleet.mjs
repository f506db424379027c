// Hosts that follow accounts, and what is asked of their logs.
import assert from "node:assert/strict";
import { get } from "../../peers/lib/http.mjs";
import { run } from "../../peers/lib/processes.mjs";
import { binaries } from "../../peers/lib/paths.mjs";
import { until } from "../../peers/lib/wait.mjs";
import { Host, isAccepted } from "./host.mjs";

// What a worker sent before it was killed may be read this much later (ms).
const ON_ITS_WAY = 5000;
const DELETED = Number.MAX_SAFE_INTEGER;

/** Where an activity stands among those of its object: Create, Updates by revision, Delete. */
function rank({ type, id }) {
  if (type === "Create") return 0;
  if (type === "Delete") return DELETED;
  assert.equal(type, "Update", id);
  return Number(/#update-(\d+)$/.exec(id)[1]);
}

export class Fleet {
  hosts = [];
  keys = new Map();

  constructor(world) {
    this.world = world;
  }

  /** Reads an account's document, so that hosts can check what it signs; its actor id. */
  async meet(user) {
    const actor = await until(`webfinger answers for ${user}`, 60, () => this.world.gateway.actorOf(user));
    const { json } = await get(actor);
    this.keys.set(json.publicKey.id, json.publicKey.publicKeyPem);
    return actor;
  }

  async add(script) {
    const host = await Host.start({ ...script, keyOf: (id) => this.keys.get(id), clock: this.world.clock });
    this.hosts.push(host);
    return host;
  }

  async follow(pairs) {
    const accepted = [];
    for (const { host, person, actor } of pairs) accepted.push(await host.follow(actor, person));
    await until("every Follow is accepted", 120, () => accepted.every((probe) => probe()));
  }

  async close() {
    await Promise.all(this.hosts.map((host) => host.close()));
  }

  /** Ids of the notes whose text was ever seen to contain `text`. */
  notesWith(text) {
    const ids = new Set();
    for (const { posts } of this.hosts)
      for (const { type, object, json } of posts)
        if ((type === "Create" || type === "Update") && json.object?.content?.includes(text)) ids.add(object);
    return [...ids];
  }

  /** Creates, Updates and Deletes by host, inbox and object: [{host, inbox, object, arrivals}]. */
  *threads() {
    for (const host of this.hosts) {
      const threads = new Map();
      for (const post of host.posts) {
        if (!["Create", "Update", "Delete"].includes(post.type) || !post.object) continue;
        const name = `${post.inbox} ${post.object}`;
        if (!threads.has(name)) threads.set(name, { host, inbox: post.inbox, object: post.object, arrivals: [] });
        threads.get(name).arrivals.push(post);
      }
      yield* threads.values();
    }
  }

  /** Nothing ever arrived after something that came after it in its object's life. How many threads were looked at. */
  checkOrder() {
    let count = 0;
    for (const { host, inbox, object, arrivals } of this.threads()) {
      count++;
      const ranks = arrivals.map(rank);
      const sorted = ranks.every((one, at) => at === 0 || ranks[at - 1] <= one);
      assert.ok(sorted, `${host.name} ${inbox} got out of order: ${arrivals.map(({ id, answer, at }) => `${id} (${answer}, ${at.toFixed()})`).join(", ")}`);
    }
    return count;
  }

  /** Activities that an inbox got again after it had taken them: each must have a kill in between. How many. */
  checkRepetitions(kills) {
    let count = 0;
    for (const host of this.hosts) {
      const taken = new Map();
      for (const post of host.posts) {
        const name = `${post.inbox} ${post.id}`;
        const before = taken.get(name);
        if (before !== undefined) {
          count++;
          assert.ok(kills.some((at) => at >= before - ON_ITS_WAY && at <= post.at), `${host.name} got ${post.id} again and nothing was killed`);
        }
        if (isAccepted(post) && before === undefined) taken.set(name, post.at);
      }
    }
    return count;
  }

  checkSignatures() {
    for (const { name, faults } of this.hosts) assert.deepEqual(faults, [], name);
  }

  /**
   * Compares `drawbridge ledger` with the hosts' logs: `about` are ids of notes. Hosts for which `mayHold(host)` is true may
   * stand in the ledger without an entry in their log: what was on its way when something died counts as exposed.
   */
  async checkLedger(about, mayHold) {
    const figures = { pairs: 0, accepted: 0, refused: 0, observed: 0, unproven: 0 };
    const waiting = [...about];
    const one = async () => {
      for (let object = waiting.pop(); object; object = waiting.pop()) this.compare(object, await this.ledger(object), mayHold, figures);
    };
    await Promise.all([one(), one()]);
    return figures;
  }

  async ledger(what) {
    return JSON.parse(await run(binaries.drawbridge, ["ledger", what, "--json", "-c", this.world.gateway.configuration], { seconds: 60 }));
  }

  /** What the gateway keeps of a host, quicker than by the program. */
  async field(host, name) {
    host.number ??= (await this.world.gateway.redis("HGET", "host_numbers", host.origin)).trim();
    return (await this.world.gateway.redis("HGET", `host:${host.number}`, name)).trim();
  }

  compare(object, document, mayHold, figures) {
    const told = new Map(document.hosts.map((entry) => [entry.host, entry]));
    const known = new Set(this.hosts.flatMap(({ origin }) => [origin, origin.replace("http://", "")]));
    assert.deepEqual([...told.keys()].filter((host) => !known.has(host)), [], `${object}: hosts that nobody knows`);
    for (const host of this.hosts) {
      const entry = told.get(host.origin) ?? told.get(host.origin.replace("http://", ""));
      const log = host.about(object);
      const where = `${object} at ${host.name}`;
      if (!entry && log.length === 0) continue;
      figures.pairs++;
      assert.ok(entry, `${where}: it got ${log.map(({ type }) => type)}, and the ledger does not know`);
      if (log.length === 0) {
        assert.ok(mayHold(host), `${where}: the ledger says ${JSON.stringify(entry)}, and nothing ever arrived`);
        figures.unproven++;
        continue;
      }
      const deletes = log.filter(({ type }) => type === "Delete");
      const answers = deletes.map(({ answer }) => answer).join();
      if (entry.delete === "accepted") {
        assert.ok(deletes.some(isAccepted), `${where}: accepted, says the ledger; the host answered ${answers}`);
        figures.accepted++;
      } else if (entry.delete === "refused") {
        assert.ok(!deletes.some(isAccepted), `${where}: refused, says the ledger; the host answered ${answers}`);
        assert.ok(deletes.some(({ answer }) => answer === entry.code), `${where}: refused by ${entry.code}, says the ledger; the host answered ${answers}`);
        figures.refused++;
      } else if (entry.delete === "observed") {
        figures.observed++; // it saw our tombstone: more than any answer
      } else {
        assert.ok(!deletes.some(isAccepted), `${where}: ${entry.delete ?? "no Delete"}, says the ledger; the host accepted it`);
      }
    }
  }
}
