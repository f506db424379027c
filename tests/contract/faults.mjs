// A Plaza with one fault at a time (plaza/fault.h): the checker must find each, by the check that is there for it. At
// CI's size that check runs alone, after what it stands on; the full size runs them all against every fault.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries, full } from "../peers/lib/paths.mjs";
import { until } from "../peers/lib/wait.mjs";
import { check, newFolder, run, startOnlyHooks, startPlaza, wrongOnes } from "./lib.mjs";

const AT_ONCE = 4;

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
  "timeline-open": "timeline-nobody",
  "report-once": "reports",
  "report-silent": "report-told",
  "hook-rewritten": "hook-signed",
  "hook-grows": "hook-repeat",
  "hook-skips": "hook-repeat",
};

await story("Faulty platforms", async () => {
  await step("every fault that Plaza can have is in this test", async () => {
    const { err } = await run(binaries.faultyPlaza, [], { environment: { PLAZA_FAULT: "" } });
    const known = /there are: (.*)/.exec(err)[1].trim().split(" ").filter((name) => name !== "none");
    assert.deepEqual(known.sort(), Object.keys(foundBy).sort());
  });

  await step("number-before-commit is found by webhook too", async () => {
    const plaza = await startPlaza(newFolder(), "number-before-commit");
    const { code, result } = await check(await startOnlyHooks(plaza), "--only", "race");
    assert.equal(code, 1);
    assert.match(result.checks.find((found) => found.check === "race").findings[0], /never came .*webhook/);
    await plaza.process.kill();
  });

  // Most of a check is waiting: some faults are looked for at once, and told one after the other.
  const faults = Object.entries(foundBy);
  const sought = new Map();
  const seek = () => {
    const next = faults[sought.size];
    if (next) sought.set(next[0], find(...next).then(() => ({}), (error) => ({ error })).finally(seek));
  };
  for (let i = 0; i < AT_ONCE; i++) seek();
  for (const [fault, checks] of faults)
    await step(`${fault} is found by ${checks}`, async () => {
      await until("its turn", 600, () => sought.has(fault));
      const { error } = await sought.get(fault);
      if (error) throw error;
    });
});

async function find(fault, checks) {
  const plaza = await startPlaza(newFolder(), fault);
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
}
