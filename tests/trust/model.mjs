// docs/threat-model.md is whole: what it names is numbered and told, each guard is attacked by one test and can be taken
// away by one patch, and nothing is attacked or taken away that it does not name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { step, story } from "../peers/lib/harness.mjs";
import { root } from "../peers/lib/paths.mjs";
import { attackedBy, guards, patches } from "./inventory.mjs";

await story("The threat model", async () => {
  const text = fs.readFileSync(path.join(root, "docs/threat-model.md"), "utf8");
  const numbered = (letter) => [...text.matchAll(new RegExp(`^\\| (${letter}\\d+) \\| .+ \\|$`, "gm"))].map(([, number]) => number);
  const assets = numbered("A");
  const attackers = numbered("M");

  await step("assets, attackers and guards are numbered, each number once", async () => {
    const all = [...assets, ...attackers, ...guards.map(({ number }) => number)];
    assert.ok(assets.length >= 5 && attackers.length >= 5 && guards.length >= 100, `${assets.length} ${attackers.length} ${guards.length}`);
    assert.deepEqual(all.filter((number, index) => all.indexOf(number) !== index), []);
  });
  await step("every guard keeps an asset from an attacker, by code that is there", async () => {
    for (const { number, attackers: from, assets: kept, code } of guards) {
      assert.ok(from.length > 0 && from.every((one) => attackers.includes(one)), `${number}: ${from}`);
      assert.ok(kept.length > 0 && kept.every((one) => assets.includes(one)), `${number}: ${kept}`);
      assert.ok(code.length > 0, `${number} names no code`);
      for (const file of code) assert.ok(fs.existsSync(path.join(root, file)), `${number}: there is no ${file}`);
    }
  });
  await step("every asset and every attacker has a guard", async () => {
    const met = new Set(guards.flatMap((guard) => [...guard.attackers, ...guard.assets]));
    assert.deepEqual([...assets, ...attackers].filter((one) => !met.has(one)), []);
  });
  await step("every guard is attacked by one test, and no test attacks what is no guard", async () => {
    const numbers = guards.map(({ number }) => number);
    assert.deepEqual(numbers.filter((number) => attackedBy(number).length !== 1), []);
    assert.deepEqual(attackedBy().filter((number) => !numbers.includes(number)), []);
  });
  await step("every guard can be taken away, and each patch still fits", async () => {
    assert.deepEqual(patches().sort(), guards.map(({ number }) => number).sort());
    for (const number of patches())
      assert.doesNotThrow(
        () => execFileSync("patch", ["--dry-run", "--batch", "--forward", "-F2", "-p1", "-d", root, "-i", path.join(root, `tests/trust/mutate/${number}.patch`)], { stdio: "pipe" }),
        `mutate/${number}.patch does not fit any more: the guard's code was changed. See tests/trust/README.md.`,
      );
  });
});
