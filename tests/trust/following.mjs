// Who may say what became of a follow of ours, and when a move counts.
import assert from "node:assert/strict";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { guard } from "./guard.mjs";

const SOON = 20;

await story("Follows and moves", async () => {
  const { plaza, gateway } = await step("Plaza and the gateway run", () => World.start({ proxied: false }));
  await plaza.federate("alice", true);
  const alice = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const aid = alice.split("/").pop();
  const person = async (name) => {
    const stranger = await Stranger.start(name);
    atEnd(() => stranger.close());
    stranger.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    stranger.got = (type) => stranger.arrivals.filter((activity) => activity.type === type);
    stranger.says = async (type, object, more) => assert.equal((await stranger.post(`${alice}/inbox`, stranger.activity(type, object, more))).status, 202);
    /** What was said before is done with once this is answered. */
    stranger.follows = async () => {
      const before = stranger.got("Accept").length;
      await stranger.says("Follow", alice);
      await until("the Accept", SOON, () => stranger.got("Accept").length > before);
    };
    return stranger;
  };
  const [victor, mallory] = [await person("victor"), await person("mallory")];
  const follow = (one) => run(binaries.drawbridge, ["following", "add", `alice@${gateway.host}`, one.actor, "-c", gateway.configuration]);
  const kept = async (key) => (await gateway.redis("--raw", "HGETALL", key)).trim();

  await guard("O16", "an answer to a follow counts for who gives it", async () => {
    for (const one of [victor, mallory]) {
      await follow(one);
      await until("the Follow", SOON, () => one.got("Follow").length);
    }
    const before = await kept(`following:${aid}`);
    const [asked] = victor.got("Follow");
    for (const type of ["Accept", "Reject"]) for (const object of [asked, asked.id, { type: "Follow", actor: alice, object: victor.actor }]) await mallory.says(type, object);
    await mallory.follows();
    assert.equal(await kept(`following:${aid}`), before);
    await victor.says("Accept", asked);
    await until("victor's own word", SOON, async () => (await kept(`following:${aid}`)).includes("accepted"));
  });

  await guard("O17", "who moves says so on the own page", async () => {
    const other = await person("other");
    await mallory.follows();
    other.profile({ alsoKnownAs: [mallory.actor] });
    const before = await kept(`followers:${aid}`);
    const asked = other.fetches.length;
    await mallory.says("Move", mallory.actor, { target: other.actor });
    await mallory.follows();
    assert.equal((await kept(`followers:${aid}`)).split("\n")[0], before.split("\n")[0]);
    assert.ok(!(await kept(`followers:${aid}`)).includes(other.actor));
    assert.equal(other.fetches.length, asked, "and the server that was named is not asked");
  });

  await guard("O18", "nobody is made a follower by somebody else's move", async () => {
    await mallory.follows();
    mallory.profile({ movedTo: victor.actor });
    await mallory.says("Move", mallory.actor, { target: victor.actor });
    await mallory.follows();
    assert.ok(!(await kept(`followers:${aid}`)).includes(victor.actor));
    mallory.profile({ movedTo: undefined });
  });

  await guard("O19", "where the owner approves each follower nobody comes in by a move", async () => {
    const approve = (word) => run(binaries.drawbridge, ["account", "set", `alice@${gateway.host}`, "--approve-followers", word, "-c", gateway.configuration]);
    const [first, second, third] = [await person("first"), await person("second"), await person("third")];
    const move = async (from, to) => {
      from.profile({ movedTo: to.actor });
      to.profile({ alsoKnownAs: [from.actor] });
      await from.says("Move", from.actor, { target: to.actor });
      await until("the move is done", SOON, async () => !(await kept(`followers:${aid}`)).includes(from.actor));
    };
    await first.follows();
    await move(first, second);
    assert.ok((await kept(`followers:${aid}`)).includes(second.actor), "or this test would see nothing");
    await approve("yes");
    await move(second, third);
    assert.equal((await kept(`followers:${aid}`)).includes(third.actor), false);
    await third.says("Follow", alice);
    await until("and asks", SOON, async () => (await kept(`requests:${aid}`)).includes(third.actor));
    await approve("no");
  });

  await guard("L35", "who blocks us cannot fill the room for the owner's own blocks", async () => {
    const key = `blocks:${aid}`;
    const size = async () => Number(await gateway.redis("HLEN", key));
    const owner = (word, person) => run(binaries.drawbridge, ["block", word, `alice@${gateway.host}`, person, "-c", gateway.configuration]);
    await mallory.follows();
    await gateway.redis("EVAL", "for i = 1, 50000 do redis.call('HSET', KEYS[1], 'them https://crowd.example/' .. i, 1) end", "1", key);
    const full = await size();
    await mallory.says("Block", alice);
    await until("the Block took the follow away", SOON, async () => !(await kept(`followers:${aid}`)).includes(mallory.actor));
    assert.equal(await size(), full);
    await owner("add", "spam.example");
    assert.equal(await size(), full + 1);
    await gateway.redis("EVAL", "for i = 1, 50000 do redis.call('HSET', KEYS[1], 'owner https://crowd.example/' .. i, 1) end", "1", key);
    await assert.rejects(owner("add", "loud.example"), /has 100000 blocks already/);
    await gateway.redis("DEL", key);
  });
});
