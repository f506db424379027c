// Nothing is lost and nothing is doubled, whatever dies between two steps: a shortened loop for each thing that can be
// killed. At the peer there is one object for each id; the same activity may come twice only after a kill of the
// gateway or its store, and is counted.
import assert from "node:assert/strict";
import { step, story } from "./lib/harness.mjs";
import { get } from "./lib/http.mjs";
import { full } from "./lib/paths.mjs";
import { delay, until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

// A lease must run out before another worker takes over, and a connection be made anew with backoff.
const RECOVERED = 60;
const USER = "alice";

const count = async (collection) => (await get(collection)).json.totalItems;

await story("Kills between any two steps", async () => {
  const world = await step("Plaza, the gateway and Fedify run", () => World.start({ peer: "fedify" }));
  const { plaza, gateway, peer, proxy } = world;
  const handle = `@${USER}@${gateway.host}`;
  await plaza.federate(USER, true);
  const actor = await until("webfinger answers", RECOVERED, () => gateway.actorOf(USER));

  const arrivals = () => peer.arrivals(gateway.origin);
  const arrived = (test) => async () => (await arrivals()).some(test);
  const shown = (post, test) => async () => test(await plaza.show(post));

  /** The steps of one round: what is done where, and by what one sees that it came through. */
  function stepsOf(round) {
    const text = `Round ${round}`;
    let post, note, reply;
    const isAbout = (type) => (activity) => activity.type === type && activity.object.id === note;
    return [
      { name: "follow", act: () => peer.follow(handle), seen: async () => (await peer.follows(actor)) && (await count(`${actor}/followers`)) === 1 },
      {
        name: "post",
        onPlaza: true,
        act: async () => (post = await plaza.post(USER, `${text}.`)),
        seen: async () => {
          const create = (await arrivals()).find(({ type, object }) => type === "Create" && object.content.includes(`${text}.`));
          return (note = create?.object.id);
        },
      },
      { name: "edit", onPlaza: true, act: () => plaza.edit(post, `${text}, edited.`), seen: () => arrived(isAbout("Update"))() },
      { name: "reply", act: async () => (reply = await peer.reply(note, `${text}?`)), seen: () => plaza.replyWith(post, `${text}?`) },
      { name: "edited reply", act: () => peer.edit(reply, `${text}!`, actor), seen: () => plaza.replyWith(post, `${text}!`) },
      { name: "like", act: () => peer.like(note), seen: () => shown(post, ({ likes }) => likes === 1)() },
      { name: "boost", act: () => peer.boost(note), seen: () => shown(post, ({ reposts, replies }) => reposts === 1 && replies.length === 1)() },
      { name: "undone like", act: () => peer.unlike(note, actor), seen: () => shown(post, ({ likes }) => likes === 0)() },
      { name: "deleted reply", act: () => peer.remove(reply, actor), seen: () => shown(post, ({ replies }) => replies.length === 0)() },
      { name: "deleted post", onPlaza: true, act: () => plaza.remove(post), seen: () => arrived(isAbout("Delete"))() },
      { name: "unfollow", act: () => peer.unfollow(actor), seen: async () => (await count(`${actor}/followers`)) === 0 },
    ];
  }

  /** What arrived since `before`: each note's activities in their order; how many came more than once. */
  async function account(before) {
    const fresh = (await arrivals()).slice(before);
    const first = fresh.filter(({ id }, at) => fresh.findIndex((other) => other.id === id) === at);
    const notes = new Map();
    for (const { type, object } of first)
      if (["Create", "Update", "Delete"].includes(type)) notes.set(object.id, [...(notes.get(object.id) ?? []), type]);
    for (const [note, types] of notes) assert.deepEqual(types, ["Create", "Update", "Delete"], note);
    return { repeated: fresh.length - first.length };
  }

  async function round(name, { disturb, mayRepeat }) {
    const before = (await arrivals()).length;
    for (const { name: what, onPlaza, act, seen } of stepsOf(name)) {
      // A post can be made while the gateway is down; a peer must have delivered before the kill comes.
      if (onPlaza && disturb.atOnce) await Promise.all([disturb(), act()]);
      else if (disturb.before) await disturb().then(act);
      else {
        await act();
        if (full) await delay(Math.random() * 300);
        await disturb();
      }
      await until(`${what}, with ${name}`, RECOVERED, seen);
    }
    const { repeated } = await account(before);
    if (repeated) console.log(`         ${repeated} activities arrived more than once`);
    if (!mayRepeat) assert.equal(repeated, 0, "nothing arrives twice where nothing of the gateway was killed");
  }

  const kill = (action) => Object.assign(action, { atOnce: true });
  const disturbances = [
    ["nothing", { disturb: async () => {} }],
    ["the workers killed", { disturb: kill(() => gateway.killWorkers()), mayRepeat: true }],
    ["the supervisor killed", { disturb: kill(() => gateway.killSupervisor()), mayRepeat: true }],
    ["Redis killed", { disturb: kill(() => gateway.killRedis()), mayRepeat: true }],
    ["Plaza killed", { disturb: () => plaza.process.kill().then(() => plaza.start()) }],
    ["the websocket cut in mid-frame", { disturb: Object.assign(async () => proxy.cutNextFrame(), { before: true }) }],
  ];
  for (let times = 0; times < (full ? 10 : 1); times++)
    for (const [name, disturbance] of disturbances)
      await step(`a loop with ${name} at each step`, () => round(`${name}${times || ""}`, disturbance));
  assert.ok(proxy.cuts >= 3, `the websocket was cut ${proxy.cuts} times`);

  await step("a post and its deletion within a millisecond arrive in that order or not at all", async () => {
    await peer.follow(handle);
    await until("the Accept", RECOVERED, () => peer.follows(actor));
    const posts = full ? 500 : 25;
    let last = await plaza.post(USER, "A first one.");
    for (let i = 0; i < posts; i++)
      last = await (i % 2 ? plaza.postAndRemoveAtOnce(USER, `Posthaste ${i}.`) : plaza.postAndRemove(USER, `Posthaste ${i}.`, last));
    await plaza.post(USER, "A last one.");
    await until("the post after them", RECOVERED, arrived(({ type, object }) => type === "Create" && object.content.includes("A last one")));
    const left = async () => {
      const seen = await arrivals();
      const created = seen.filter(({ type, object }) => type === "Create" && object.content.includes("Posthaste"));
      return created.map((create) => [create.object.id, seen.filter(({ object }) => object.id === create.object.id).map(({ type }) => type)]);
    };
    await until("a Delete for each that arrived", RECOVERED, async () => (await left()).every(([, types]) => types.includes("Delete")));
    const pairs = await left();
    for (const [note, types] of pairs) {
      assert.deepEqual(types, ["Create", "Delete"], note);
      assert.equal((await get(note)).status, 410, note);
    }
    console.log(`         ${pairs.length} of ${posts} left at all`);
  });

  await step("nothing that arrived was refused by the peer", async () => assert.deepEqual(await peer.complaints(), []));
});
