// What no event told: Plaza's database is changed behind its back. A sweep compares the account with what Plaza shows by
// REST and sends what differs, by command and by itself once a day.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { binaries } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

const SOON = 20;

await story("A sweep finds what no event told", async () => {
  const world = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { folder, plaza, gateway, peer } = world;
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  await peer.follow(`@alice@${gateway.host}`);
  await until("the Accept", SOON, () => peer.follows(actor));

  const arrivals = () => peer.arrivals(gateway.origin);
  const arrived = (what, test) => until(what, SOON, async () => (await arrivals()).find(test));
  const publish = async (text) => {
    const post = await plaza.post("alice", text);
    const create = await arrived(`"${text}"`, ({ type, object }) => type === "Create" && object.content?.includes(text));
    return { row: post.replace("p_", ""), id: create.object.id };
  };
  const silently = (sql) => run("sqlite3", [folder.join("plaza.db"), `PRAGMA busy_timeout = 10000; ${sql}`]);
  const drawbridge = (...words) => {
    const { status, stdout, stderr } = spawnSync(binaries.drawbridge, [...words, "-c", gateway.configuration], { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const swept = () => until("the sweep is over", SOON, async () => (await gateway.redis("XLEN", "work:jobs")).trim() === "0");

  const kept = await publish("I stay as I am.");
  const edited = await publish("I shall change.");
  const gone = await publish("I shall go.");

  await step("nothing differs: a sweep sends nothing", async () => {
    const before = (await arrivals()).length;
    const { status, stdout } = drawbridge("sweep", `alice@${gateway.host}`);
    assert.equal(status, 0);
    assert.match(stdout, /will be compared/);
    await swept();
    await publish("The next after the sweep.");
    assert.equal((await arrivals()).length, before + 1);
  });

  await step("an edit and a removal that only the database knows: one sweep sends Update and Delete", async () => {
    await silently(`UPDATE post SET text = 'I have changed.', rev = rev + 1, edited = created + 1000 WHERE id = ${edited.row};
      UPDATE post SET text = '', spans = '[]', deleted = created + 1000 WHERE id = ${gone.row};`);
    assert.equal(drawbridge("sweep", actor).status, 0);
    const update = await arrived("Update", ({ type }) => type === "Update");
    assert.equal(update.object.id, edited.id);
    assert.match(update.object.content, /I have changed/);
    const deletion = await arrived("Delete", ({ type }) => type === "Delete");
    assert.equal(deletion.object.id, gone.id);
    assert.equal((await get(gone.id)).status, 410);
    assert.equal((await get(kept.id)).status, 200);
  });

  await step("a post that only the database knows is published", async () => {
    await silently(`INSERT INTO post(account, created, text, spans, visibility, thread)
      SELECT account, created + 5000, 'Nobody announced me.', '[]', 'public', 0 FROM post WHERE id = ${kept.row};
      UPDATE post SET thread = id WHERE thread = 0;`);
    assert.equal(drawbridge("sweep", "--all").status, 0);
    await arrived("Create", ({ type, object }) => type === "Create" && object.content.includes("Nobody announced me"));
  });

  await step("the same once a day, by itself", async () => {
    await silently(`UPDATE post SET text = '', spans = '[]', deleted = created + 1000 WHERE id = ${kept.row};`);
    await gateway.redis("ZADD", "sweeps", "XX", "1", actor.split("/").pop()); // a day has passed
    const deletion = await arrived("Delete", ({ type, object }) => type === "Delete" && object.id === kept.id);
    assert.equal(deletion.id, `${kept.id}#delete`);
    const next = Number(await gateway.redis("ZSCORE", "sweeps", actor.split("/").pop()));
    assert.ok(next > Date.now() + 80_000_000, `the next sweep is at ${new Date(next).toISOString()}`);
  });

  await step("asked for while one goes on, another follows it: what is meant may be where the first has looked already", async () => {
    const queued = async () => Number(await gateway.redis("XLEN", "work:jobs"));
    await swept();
    plaza.process.signal("SIGSTOP");
    try {
      drawbridge("sweep", actor);
      await until("it goes on", SOON, async () => (await gateway.redis("SCARD", "jobs_waiting")).trim() === "0");
      for (const expected of [2, 2]) {
        drawbridge("sweep", actor);
        assert.equal(await queued(), expected, "one that goes on, and one that waits");
      }
    } finally {
      plaza.process.signal("SIGCONT");
    }
    await swept();
  });

  await step("each was sent once, and nothing else", async () => {
    await swept();
    const ids = (await arrivals()).map(({ id }) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
    assert.deepEqual(ids.filter((id) => /#update|#delete/.test(id)).sort(), [`${edited.id}#update-2`, `${gone.id}#delete`, `${kept.id}#delete`].sort());
    assert.deepEqual(await peer.complaints(), []);
  });

  await step("whoever names no account of ours is told what to write", () => {
    for (const [words, code, pattern] of [
      [["sweep", "nobody@elsewhere.example"], 1, /nobody@elsewhere\.example: no account .* write name@host/],
      [["sweep"], 2, /account or --all/],
      [["sweep", "--all", actor], 2, /account or --all/],
      [["sweep", "--now"], 2, /no option --now/],
    ]) {
      const { status, stderr } = drawbridge(...words);
      assert.equal(status, code, words.join(" "));
      assert.match(stderr, pattern);
    }
  });
});
