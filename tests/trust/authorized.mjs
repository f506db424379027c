// An account that is shown to signed requests only; and what is learnt of who reads, with that and without.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { Fedify } from "../peers/lib/fedify.mjs";
import { ACTIVITY, get, webfingerUrl } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { run } from "../peers/lib/processes.mjs";
import { signedHeaders } from "../peers/lib/signing.mjs";
import { until } from "../peers/lib/wait.mjs";
import { guard, selected } from "./guard.mjs";
import { Scene } from "./scene.mjs";
import { rsaKey } from "./village.mjs";

const SOON = 20;

await story("Authorized fetch", async () => {
  const scene = await Scene.open();
  const { hostile, honest, victor, mallory, alice, plaza, gateway, world } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  const { object } = scene;
  const handle = `alice@${gateway.host}`;
  const authorized = (on) => run(binaries.drawbridge, ["account", "set", handle, "--authorized-fetch", on, "-c", gateway.configuration]);
  const documents = [alice, `${gateway.origin}/@alice`, object, ...["outbox", "outbox?page=0", "followers", "following", "featured"].map((part) => `${alice}/${part}`), ...["replies", "likes", "shares", "context"].map((part) => `${object}/${part}`)];
  const signed = (url, person, more = {}) => get(url, { headers: signedHeaders({ method: "GET", url, key: person.key, keyId: person.keyId, ...more }) });
  const unsigned = async (urls) => Object.fromEntries(await Promise.all(urls.map(async (url) => [url, (await get(url)).status])));
  const all = (urls, status) => Object.fromEntries(urls.map((url) => [url, status]));
  const readers = async (url) => run(binaries.drawbridge, ["ledger", url, "--why", "fetched", "--csv", "-c", gateway.configuration]);

  await step("as it begins everybody reads, and who signs is known to the ledger", async () => {
    assert.deepEqual(await unsigned(documents), all(documents, 200));
    assert.equal((await signed(object, mallory)).status, 200);
    await until("the fetch in the ledger", SOON, async () => (await readers(object)).includes(new URL(hostile.origin).host));
  });

  await authorized("yes");
  const post = await plaza.post("alice", "For those who say who they are.");
  const second = await until("the Create", SOON, () => honest.arrivals.find(({ activity }) => activity.object?.content?.includes("who they are")));
  const fresh = second.activity.object.id;
  await guard("V1", "no document of it is shown to a request that nobody signed", async () => {
    const closed = [...documents, fresh];
    await until("it is closed", SOON, async () => (await get(alice)).status === 401);
    assert.deepEqual(await unsigned(closed), all(closed, 401));
    const { headers } = await get(object);
    assert.equal(headers.get("vary"), "Accept, Signature");
    assert.equal(headers.get("cache-control"), "private, no-store");
    const head = await fetch(object, { method: "HEAD", headers: { accept: ACTIVITY } });
    assert.equal(head.status, 401);
    const known = signedHeaders({ method: "HEAD", url: object, key: mallory.key, keyId: mallory.keyId });
    assert.equal((await fetch(object, { method: "HEAD", headers: { accept: ACTIVITY, ...known } })).status, 200);
  });
  await guard("V2", "nor to one whose signature does not hold", async () => {
    assert.equal((await signed(object, mallory, {})).status, 200);
    assert.equal((await signed(object, { ...mallory, key: rsaKey() })).status, 401);
    assert.equal((await signed(object, { ...victor, key: mallory.key })).status, 401);
    assert.equal((await signed(object, mallory, { date: new Date(Date.now() - 7_200_000) })).status, 401);
  });
  await guard("V3", "what was shown to one is kept for nobody else", async () => {
    for (const url of [alice, fresh]) {
      const shown = await signed(url, mallory);
      assert.equal(shown.status, 200);
      assert.equal(shown.json.id, url);
      assert.equal(shown.headers.get("cache-control"), "private, no-store");
      for (let count = 0; count < 8; count++) assert.equal((await get(url)).status, 401);
    }
  });
  await step("the ledger knows who read", async () => {
    await until("the fetch in the ledger", SOON, async () => (await readers(fresh)).includes(new URL(hostile.origin).host));
    assert.ok(!(await readers(fresh)).includes(new URL(honest.origin).host));
  });
  await step("a reader whose key cannot be had just now is told to come again", async () => {
    const late = hostile.settle("late");
    hostile.script = ({ url }) => (url === "/users/late" ? { status: 503 } : undefined);
    assert.equal((await signed(object, late)).status, 503);
    hostile.script = undefined;
  });
  await step("webfinger, pages for people and the instance actor stay open", async () => {
    assert.equal((await get(webfingerUrl(gateway.origin, `acct:${handle}`))).status, 200);
    assert.equal((await get(object, { accept: "text/html" })).status, 200);
    assert.equal((await get(`${gateway.origin}/actor`)).status, 200);
  });
  if (selected())
    await step("a Fedify server's person follows and reads, since it signs", async () => {
      const rosa = await Fedify.start(world.folder, { options: ["--authorized-fetch"] });
      await rosa.follow(`@${handle}`);
      await until("the Accept", SOON, () => rosa.follows(alice));
      await plaza.post("alice", "Seen by rosa.");
      await until("the post at Fedify", SOON, async () => (await rosa.notesWith("Seen by rosa.")).length === 1);
    });
  await step("a deleted post says so to everybody", async () => {
    await plaza.remove(post);
    await until("410", SOON, async () => (await get(fresh)).status === 410);
  });
  await step("switched off again it is open", async () => {
    await authorized("no");
    await until("it is open", SOON, async () => (await get(alice)).status === 200);
    assert.equal((await get(object)).status, 200);
  });
});
