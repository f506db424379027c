// A platform's webhooks speak for its members: who has no part in the secret must not be able to, whatever was overheard.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createHmac } from "node:crypto";
import { step, story } from "../peers/lib/harness.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";
import { guard } from "./guard.mjs";

const SOON = 20;

await story("Webhooks of the platform", async () => {
  const { plaza, gateway, peer, hookSecret } = await step("Plaza with webhooks, the gateway and Fedify run", () => World.start({ peer: "fedify", events: "webhook" }));
  const secret = Buffer.from(fs.readFileSync(hookSecret, "utf8").trim().slice("whsec_".length), "base64");
  const actor = await step("somebody follows alice", async () => {
    await plaza.federate("alice", true);
    const id = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
    await peer.follow(`@alice@${gateway.host}`);
    await until("the Accept", SOON, () => peer.follows(id));
    return id;
  });

  /** The status for a batch with a post that alice never wrote. */
  let number = 1_000_000;
  async function forge(text, { key = secret, age = 0, sign = (body) => body } = {}) {
    const seq = ++number;
    const time = new Date().toISOString();
    const post = { id: `p_${seq}`, rev: 1, author: "u_1", created: time, edited: null, text, visibility: "public", federate: true };
    const event = { seq, id: `x:${seq}`, type: "post.created", time, account: "u_1", subject: post.id, rev: 1, data: { post } };
    const body = JSON.stringify({ epoch: "x", events: [event] });
    const [id, timestamp] = [`x-${seq}-${seq}`, String(Math.floor(Date.now() / 1000) - age)];
    const code = createHmac("sha256", key).update(`${id}.${timestamp}.${sign(body)}`).digest("base64");
    const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${code}` };
    return (await fetch(`${gateway.origin}/hooks/contract/plaza`, { method: "POST", headers, body })).status;
  }
  const outbox = async () => JSON.stringify(await (await fetch(`${actor}/outbox?page=0`)).json());

  await guard("W1", "what is not signed over its bytes with the platform's secret counts for nobody", async () => {
    assert.equal(await forge("Forged with another key", { key: Buffer.alloc(32) }), 401);
    assert.equal(await forge("Forged with a signature of other bytes", { sign: (body) => body.replace("other", "the real") }), 401);
    await plaza.post("alice", "A post of hers.");
    await until("her post", SOON, async () => (await outbox()).includes("A post of hers."));
    assert.doesNotMatch(await outbox(), /Forged/);
  });
  await guard("W2", "what was signed longer ago than five minutes, or in the future, is refused", async () => {
    for (const age of [301 + 5, -301 - 5]) assert.equal(await forge("Kept and sent again", { age }), 401);
    assert.doesNotMatch(await outbox(), /Kept/);
  });
});
