// A Plaza with one fault at a time (plaza/fault.h): the checker must find each, by the check that is there for it. At
// CI's size that check runs alone, after what it stands on; the full size runs them all against every fault.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries, full } from "../peers/lib/paths.mjs";
import { check, newFolder, run, startPlaza, wrongOnes } from "./lib.mjs";

const foundBy = {
  "number-before-commit": "race",
  "cursor-inclusive": "poll-exclusive stream-exclusive",
  "order-swapped": "poll-log",
  "more-forgotten": "poll-log",
  "live-replays": "poll-now stream-live",
  "expired-silent": "expiry poll-cursors stream-cursors",
  "epoch-kept": "epoch",
  "resume-from-sent": "resume",
  "window-ignored": "stream-window",
  "frame-tolerated": "stream-frame",
  "poll-impatient": "poll-patience",
  "delete-silent": "told",
  "consent-silent": "told",
  "plain-errors": "errors",
  "token-ignored": "token stream-token",
  "consent-leak": "consent",
  "deleted-404": "delete",
  "edit-keeps-rev": "edit",
  "spans-in-characters": "posts",
  "page-gap": "paging",
  "ids-stale": "post-ids",
  "actor-invented": "reply-actor",
  "actor-stale-taken": "reply-actor",
  "repeat-applies": "reply",
  "stale-wins": "stale",
  "tombstone-forgotten": "reply-delete",
  "delete-unknown-forgotten": "delete-first",
  "delete-unknown-404": "delete-first",
  "actor-delete-leaves-posts": "actor-delete",
  "text-unlimited": "limits",
  "media-code": "reply-media",
};

await story("Faulty platforms", async () => {
  await step("every fault that Plaza can have is in this test", async () => {
    const { err } = await run(binaries.faultyPlaza, [], { environment: { PLAZA_FAULT: "" } });
    const known = /there are: (.*)/.exec(err)[1].trim().split(" ").filter((name) => name !== "none");
    assert.deepEqual(known.sort(), Object.keys(foundBy).sort());
  });

  for (const [fault, checks] of Object.entries(foundBy))
    await step(`${fault} is found by ${checks}`, async () => {
      const folder = newFolder();
      const plaza = await startPlaza(folder, fault);
      const runs = full ? [[]] : checks.split(" ").map((name) => ["--only", name]);
      for (const words of runs) {
        const { code, result } = await check(plaza, ...words);
        assert.equal(code, 1, `nothing was wrong: ${JSON.stringify(result).slice(0, 300)}`);
        const wanted = full ? checks.split(" ") : [words[1]];
        for (const name of wanted) {
          const one = result.checks.find((found) => found.check === name);
          assert.equal(one?.state, "wrong", `${name}: ${one?.state}; wrong are: ${wrongOnes(result).join(" | ")}`);
          assert.match(one.section, /^§\d/);
        }
      }
      await plaza.process.kill();
    });
});
