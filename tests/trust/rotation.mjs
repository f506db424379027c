// A new key for an account: the old one tells of it, then it takes over; servers that know the account follow, and no death
// on the way loses a key or leaves two.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { Fedify } from "../peers/lib/fedify.mjs";
import { ACTIVITY, get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { signatureFault } from "../peers/lib/signing.mjs";
import { until } from "../peers/lib/wait.mjs";
import { Clock } from "../faults/lib/clock.mjs";
import { guard, selected } from "./guard.mjs";
import { ldFault } from "./ld.mjs";
import { Scene } from "./scene.mjs";

const SOON = 20;

await story("A new key", async () => {
  const scene = await Scene.open({ clock: Clock });
  const { honest, alice, plaza, gateway, world } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  const handle = `alice@${gateway.host}`;
  const rotate = () => run(binaries.drawbridge, ["account", "rotate-key", handle, "-c", gateway.configuration]);
  const shown = async () => (await get(alice, { accept: ACTIVITY })).json.publicKey.publicKeyPem;
  const fits = (arrival, pem) => signatureFault({ method: "POST", ...arrival }, () => pem) === null;
  const update = (from) => honest.arrivals.slice(from).find(({ activity }) => activity.type === "Update" && activity.object.id === alice);
  const told = async (text) => {
    await plaza.post("alice", text);
    return until(`"${text}" at victor's`, SOON, () => honest.arrivals.find(({ activity }) => activity.object?.content?.includes(text)));
  };
  const field = (name) => gateway.redis("HGET", `account:${alice.split("/").pop()}`, name).then((text) => text.trim());
  const switched = (old) => until("the new key took over", SOON, async () => (await shown()) !== old && (await shown()));

  let rosa;
  if (selected()) {
    rosa = await step("a Fedify server's person follows", async () => {
      const fedify = await Fedify.start(world.folder);
      await fedify.follow(`@${handle}`);
      await until("the Accept", SOON, () => fedify.follows(alice));
      return fedify;
    });
    await step("an account that is not there gets none", async () => {
      await assert.rejects(run(binaries.drawbridge, ["account", "rotate-key", `nobody@${gateway.host}`, "-c", gateway.configuration]), /nobody@/);
    });
  }

  await guard("K8", "a new key is told of by the old one, and signs nothing before all were told", async () => {
    const old = await shown();
    const from = honest.arrivals.length;
    let let_go;
    const held = new Promise((resolve) => (let_go = resolve));
    honest.script = (request, body) =>
      request.method === "POST" && JSON.parse(body).type === "Update" ? { status: 202, wait: held } : undefined;
    await rotate();
    const arrived = await until("the Update", SOON, () => update(from));
    const next = arrived.activity.object.publicKey.publicKeyPem;
    assert.notEqual(next, old);
    assert.equal(arrived.activity.object.publicKey.id, `${alice}#main-key`);
    assert.ok(fits(arrived, old), "the old key signs the Update");
    assert.ok(fits(await told("While they are told."), old), "and all else until the switch");
    assert.equal(await shown(), old);
    let_go();
    assert.equal(await switched(old), next);
    for (let count = 0; count < 4; count++) assert.ok(fits(await told(`After the switch ${count}.`), next), "then the new one signs");
    assert.equal(await field("next_private_key"), "");
    honest.script = undefined;
  });

  if (rosa)
    await step("Fedify took the Update, and goes on to believe what alice says", async () => {
      const all = await until("the posts after the switch", SOON, async () => {
        const lines = (await rosa.ask("verify")).filter(({ type }) => type === "Create");
        return lines.length >= 5 && lines;
      });
      assert.ok(all.every(({ verified }) => verified), JSON.stringify(all));
      assert.deepEqual(await rosa.ask("unverified"), []);
    });

  await step("whatever dies on the way, one new key comes of it, told by the one before", async () => {
    const deaths = [
      ["the workers", () => gateway.killWorkers()],
      ["Redis", () => gateway.killRedis()],
      ["everything", () => gateway.killSupervisor()],
    ];
    for (const [name, strike] of process.env.DRAWBRIDGE_FULL === "1" ? deaths : deaths.slice(0, 1)) {
      const old = await shown();
      const generation = Number(await field("key_generation"));
      const from = honest.arrivals.length;
      let struck;
      honest.script = (request, body) => {
        if (request.method !== "POST" || JSON.parse(body).type !== "Update" || struck) return undefined;
        struck = strike();
        return { status: 202, wait: struck };
      };
      await rotate();
      await until(`the Update, and the death of ${name}`, SOON, () => struck !== undefined);
      await struck;
      const next = await until("the new key took over", 60, async () => (await shown().catch(() => old)) !== old && shown());
      assert.equal(Number(await field("key_generation")), generation + 1, name);
      const updates = honest.arrivals.slice(from).filter(({ activity }) => activity.type === "Update" && activity.object.id === alice);
      assert.ok(updates.length >= 1 && updates.every((one) => one.activity.object.publicKey.publicKeyPem === next), name);
      assert.ok(fits(updates[0], old), name);
      assert.ok(fits(await told(`After the death of ${name}.`), next), name);
    }
  });

  await step("who does not answer is waited for five minutes, and told by the new key after that", async () => {
    const old = await shown();
    const from = honest.arrivals.length;
    honest.script = (request, body) => (request.method === "POST" && JSON.parse(body).type === "Update" ? { status: 503 } : undefined);
    await rotate();
    const first = await until("the Update", SOON, () => update(from));
    assert.ok(fits(first, old));
    await new Promise((resolve) => setTimeout(resolve, 2500)); // one look that must not switch
    assert.equal(await shown(), old);
    world.clock.advance(301);
    const next = await switched(old);
    honest.script = undefined;
    const later = honest.arrivals.length;
    world.clock.advance(3600); // it has been tried once or twice
    const again = await until("the Update once more", SOON, () => update(later));
    assert.equal(again.activity.id, first.activity.id);
    assert.ok(fits(again, next));
  });

  // The clock goes far ahead here, past what anybody else would take for now.
  await guard("K9", "a Delete that waited while the key changed is signed anew for those who pass it on", async () => {
    const old = await shown();
    const post = await plaza.post("alice", "Soon gone.");
    await until("it at victor's", SOON, () => honest.arrivals.find(({ activity }) => activity.object?.content?.includes("Soon gone")));
    const deletes = (from) => honest.arrivals.slice(from).find(({ activity }) => activity.type === "Delete");
    let from = honest.arrivals.length;
    honest.script = (request, body) => (request.method === "POST" && JSON.parse(body).type === "Delete" ? { status: 503 } : undefined);
    await plaza.remove(post);
    const first = await until("the Delete", SOON, () => deletes(from));
    assert.equal(ldFault(first.activity, old), null);
    await rotate();
    const next = await until("the new key took over", 60, async () => {
      world.clock.advance(301);
      return (await shown()) !== old && shown();
    });
    honest.script = undefined;
    from = honest.arrivals.length;
    // How often it was tried, and so how long the next wait is, depends on how fast all that went.
    const second = await until("the Delete once more", 60, () => {
      world.clock.advance(600);
      return deletes(from);
    });
    assert.ok(fits(second, next));
    assert.equal(ldFault(second.activity, next), null);
    assert.notEqual(ldFault(second.activity, old), null);
  });
});
