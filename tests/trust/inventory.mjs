// The guards as docs/threat-model.md tells them, the tests that attack them, the patches that take them away.
import fs from "node:fs";
import path from "node:path";
import { root } from "../peers/lib/paths.mjs";

const here = path.join(root, "tests/trust");

// | F1 | what it refuses | from whom | what it keeps | the rule | the code |
const ROW = /^\| ([B-LN-Z]\d+) \| ([^|]+) \| ([M0-9, ]+) \| ([A0-9, ]+) \| ([^|]*) \| (`[^|]+`) \|$/gm;
const list = (text) => text.split(",").map((one) => one.trim());

/** [{number, refuses, attackers, assets, rule, code}] in the order of the document. */
export const guards = [...fs.readFileSync(path.join(root, "docs/threat-model.md"), "utf8").matchAll(ROW)].map(
  ([, number, refuses, attackers, assets, rule, code]) => ({
    number,
    refuses,
    attackers: list(attackers),
    assets: list(assets),
    rule,
    code: [...code.matchAll(/`([^`]+)`/g)].map(([, file]) => file),
  }),
);

const tests = fs
  .readdirSync(here)
  .filter((name) => name.endsWith(".mjs"))
  .flatMap((name) => [...fs.readFileSync(path.join(here, name), "utf8").matchAll(/\b(?:guard|forged)\(\s*"(\w+)"/g)].map(([, number]) => ({ number, name })));

/** The programs that attack a guard; without a number the numbers of all that are attacked. */
export const attackedBy = (number) => (number ? tests.filter((test) => test.number === number).map(({ name }) => name) : tests.map((test) => test.number));

export const patches = () =>
  fs.readdirSync(path.join(here, "mutate")).filter((name) => name.endsWith(".patch")).map((name) => path.basename(name, ".patch"));
