// Moves: of somebody who follows and is followed, from a real Fedify server; of our account to one and from one. A move that only one
// side says counts for nothing.
import assert from "node:assert/strict";
import { atEnd, step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { Fedify } from "./lib/fedify.mjs";
import { binaries } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { Stranger } from "./lib/stranger.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";
import { activityFaults, documentFaults } from "../golden/schema_judge.mjs";

const SOON = 20;

await story("Moving", async () => {
  const world = await step("Plaza, the gateway and two Fedify servers run", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer: old } = world;
  const fresh = await Fedify.start(world.folder, { user: "rosanew" });
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const alice = `alice@${gateway.host}`;
  const good = async (...words) => JSON.parse(await run(binaries.drawbridge, [...words, "--json", "-c", gateway.configuration]));
  const bad = async (pattern, ...words) => assert.rejects(run(binaries.drawbridge, [...words, "-c", gateway.configuration]), pattern);
  const followers = async () => (await good("follower", "list", alice)).items.map((item) => item.actor).sort();
  const following = async () => Object.fromEntries((await good("following", "list", alice)).items.map((item) => [item.actor, item.state]));
  const document = async () => (await get(actor)).json;
  const arrived = (server, wanted) => async () => (await server.arrivals(gateway.origin)).find(({ type }) => type === wanted);

  await step("she follows alice, and alice follows her", async () => {
    await old.follow(`@${alice}`);
    await until("the Accept", SOON, () => old.follows(actor));
    await good("following", "add", alice, old.handle);
    await until("accepted", SOON, async () => (await following())[old.actor] === "accepted");
  });

  await step("a move that the new account does not confirm, or the old one's page does not say, is not believed", async () => {
    const mallory = await Stranger.start("mallory");
    atEnd(() => mallory.close());
    mallory.script = ({ method }) => (method === "POST" ? { status: 202 } : undefined);
    const handled = async () => {
      const before = mallory.arrivals.filter(({ type }) => type === "Accept").length;
      await mallory.post(`${actor}/inbox`, mallory.activity("Follow", actor));
      await until("what was sent before is handled", SOON, () => mallory.arrivals.filter(({ type }) => type === "Accept").length > before);
    };
    await handled();
    // Somebody else's move; one to an account that knows nothing of it; one that the own page does not say.
    await mallory.post(`${actor}/inbox`, mallory.activity("Move", old.actor, { target: mallory.actor }));
    mallory.profile({ movedTo: fresh.actor });
    await mallory.post(`${actor}/inbox`, mallory.activity("Move", mallory.actor, { target: fresh.actor }));
    await handled();
    await fresh.tell("config", { aliases: [mallory.actor, old.actor] });
    mallory.profile({ movedTo: undefined });
    await mallory.post(`${actor}/inbox`, mallory.activity("Move", mallory.actor, { target: fresh.actor }));
    await old.send("move", { to: fresh.actor, target: actor });
    await handled();
    assert.deepEqual(await followers(), [mallory.actor, old.actor].sort());
    assert.deepEqual(await following(), { [old.actor]: "accepted" });
    await good("follower", "remove", alice, mallory.actor);
  });

  await step("one that both say is: the follower goes on under the new name, and she is asked anew there", async () => {
    await old.tell("config", { movedTo: fresh.actor });
    await old.send("move", { to: fresh.actor, target: actor });
    await until("the follower moved", SOON, async () => (await followers()).join() === fresh.actor);
    await until("alice follows the new account", SOON, async () => (await following())[fresh.actor] === "accepted");
    await until("and the old one no more", SOON, async () => !(old.actor in (await following())));
    assert.ok((await fresh.ask("state")).followers[actor]);
    assert.equal((await old.ask("state")).followers[actor], undefined);
    for (const activity of await old.arrivals(gateway.origin)) assert.deepEqual(activityFaults(activity), [], activity.type);
    await good("following", "set", alice, "yes");
    for (const query of ["", "?page=0"]) assert.deepEqual(documentFaults((await get(`${actor}/following${query}`)).json), []);
    await plaza.post("alice", "Hello there");
    await until("a post goes to the new server", SOON, arrived(fresh, "Create"));
    assert.equal(await arrived(old, "Create")(), undefined);
  });

  await step("a second move within a week counts for nothing", async () => {
    await old.tell("config", { movedTo: fresh.actor });
    const before = (await old.ask("requests")).length;
    await old.send("move", { to: fresh.actor, target: actor });
    await old.follow(`@${alice}`);
    await until("what came after it is handled", SOON, async () => (await followers()).includes(old.actor));
    assert.ok(before > 0);
    await old.unfollow(actor);
    await until("she left", SOON, async () => (await followers()).join() === fresh.actor);
  });

  await step("in: the owner names the other account, which the actor tells", async () => {
    await bad(/names nobody/, "alias", "add", alice, "rosa");
    await good("alias", "add", alice, old.actor);
    await until("the Update", SOON, async () => (await fresh.arrivals(gateway.origin)).some(({ type, object }) => type === "Update" && object.alsoKnownAs?.includes(old.actor)));
    assert.deepEqual((await document()).alsoKnownAs, [old.actor]);
    assert.deepEqual((await good("alias", "list", alice)).items, [{ alias: old.actor }]);
    await good("alias", "remove", alice, old.actor);
    await bad(/did not name/, "alias", "remove", alice, old.actor);
    assert.equal((await document()).alsoKnownAs, undefined);
  });

  await step("out: only where the new account names this one; then the Update, then the Move", async () => {
    await bad(/does not name/, "account", "move", alice, "--to", fresh.handle);
    assert.equal((await document()).movedTo, undefined);
    await fresh.tell("config", { aliases: [actor] });
    assert.deepEqual(await good("account", "move", alice, "--to", fresh.handle), { moved_to: fresh.actor });
    const move = await until("the Move", SOON, arrived(fresh, "Move"));
    assert.equal(move.actor, actor);
    assert.equal(move.object, actor);
    assert.equal(move.target, fresh.actor);
    assert.deepEqual(activityFaults(move), []);
    assert.deepEqual(documentFaults(await document()), []);
    const all = await fresh.arrivals(gateway.origin);
    const told = all.findIndex(({ type, object }) => type === "Update" && object.movedTo === fresh.actor);
    assert.ok(told >= 0 && told < all.findIndex(({ type }) => type === "Move"), "the Update stands before the Move");
    assert.equal((await document()).movedTo, fresh.actor);
    await bad(/seven days/, "account", "move", alice, "--to", old.handle);
    await good("account", "move", alice, "none");
    assert.equal((await document()).movedTo, undefined);
  });
});
