// activitypub-testing's checks of an actor, against a running gateway: none fails but those about the client-to-server
// protocol, which the gateway does not speak.
import assert from "node:assert/strict";
import path from "node:path";
import { step, story } from "./lib/harness.mjs";
import { peers } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { until } from "./lib/wait.mjs";
import { World } from "./lib/world.mjs";

// What a server-to-server implementation must satisfy; listed so that a check which no longer runs is noticed.
const MUST_PASS = [
  "actor-objects-must-have-inbox-outbox-properties",
  "actor-must-serve-as2-object-to-get",
  "inbox-must-be-an-orderedcollection",
  "outbox-must-be-an-orderedcollection",
  "followers-collection-must-be-a-collection",
  "following-collection-must-be-a-collection",
];
const CLIENT_TO_SERVER = /^(outbox-post|post-outbox|outbox-wraps|create-then-update)-/;

await story("Conformance of an actor", async () => {
  const { plaza, gateway } = await step("Plaza and the gateway run", () => World.start());
  const actor = await step("an account with a post", async () => {
    await plaza.federate("alice", true);
    const found = await until("webfinger answers", 20, () => gateway.actorOf("alice"));
    await plaza.post("alice", "A post to be found.");
    return found;
  });
  const results = await step("activitypub-testing test actor", async () => {
    const program = path.join(peers, "conformance/node_modules/.bin/activitypub-testing");
    const lines = await run(process.execPath, [program, "test", "actor", actor], { seconds: 60 });
    return lines
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  });
  await step("no rule fails that is not about client-to-server", () => {
    const outcomes = new Map(results.map(({ test, result }) => [test.slug, result.outcome]));
    for (const [rule, outcome] of outcomes) console.log(`         ${outcome.padEnd(12)} ${rule}`);
    const failed = [...outcomes].filter(([rule, outcome]) => outcome === "failed" && !CLIENT_TO_SERVER.test(rule));
    assert.deepEqual(failed, []);
    for (const rule of MUST_PASS) assert.equal(outcomes.get(rule), "passed", rule);
  });
});
