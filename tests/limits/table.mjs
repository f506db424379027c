// The limits that SECURITY.md tells are those of the code, and the code has none of them that it does not tell.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { step, story } from "../peers/lib/harness.mjs";
import { root } from "../peers/lib/paths.mjs";

const UNITS = { "": 1, KiB: 1 << 10, MiB: 1 << 20, s: 1000, "%": 1 };
// Whose names of this pattern must stand in the table.
const WHOLE = { "gateway/worker.c": /^(?!DRAIN|STORE)/, "gateway/limits.h": /./, "gateway/fed/json_guard.h": /./, "gateway/hardening.h": /./ };

const sources = (where) => {
  const place = path.join(root, where);
  if (!fs.statSync(place).isDirectory()) return [place];
  return fs.readdirSync(place).filter((name) => /\.[ch]$/.test(name)).map((name) => path.join(place, name));
};

/** Every NAME = NUMBER of the enums in a file; what is made of other names is none. */
function constants(file) {
  const found = new Map();
  const text = fs.readFileSync(file, "utf8").replace(/\/\*.*?\*\//gs, "");
  for (const [, body] of text.matchAll(/\benum(?:\s+\w+)?\s*\{([^}]*)\}/g))
    for (const [, name, value] of body.matchAll(/\b([A-Z][A-Z0-9_]*)\s*=\s*([0-9 <*+()]+?)\s*(?=,|$)/g)) found.set(name, Function(`return ${value}`)());
  return found;
}

await story("The table of limits", async () => {
  const text = fs.readFileSync(path.join(root, "SECURITY.md"), "utf8");
  const rows = [...text.matchAll(/^\| (.+?) \| ([\d,]+) ?(KiB|MiB|s|%|) \| .+? \| `(\S+) (\S+)` \|$/gm)];
  const told = new Map();
  await step("there are rows, and each line of the table is one", async () => {
    assert.ok(rows.length > 30, `${rows.length}`);
    assert.equal(rows.length, text.match(/^\| .*`(gateway|mapping)\//gm).length);
  });
  for (const [, what, number, unit, where, name] of rows)
    await step(`${what}: ${number} ${unit}`.trim(), async () => {
      const values = new Set(sources(where).flatMap((file) => (constants(file).has(name) ? [constants(file).get(name)] : [])));
      assert.equal(values.size, 1, `${name} stands ${values.size} times in ${where}`);
      const [value] = values;
      const scale = unit === "s" && !name.endsWith("_MS") ? 1 : UNITS[unit];
      assert.equal(value, Number(number.replaceAll(",", "")) * scale, name);
      told.set(`${where} ${name}`, true);
    });
  for (const [file, pattern] of Object.entries(WHOLE))
    await step(`${file} has no limit that is not told`, async () => {
      const missing = [...constants(path.join(root, file)).keys()].filter((name) => pattern.test(name) && !told.has(`${file} ${name}`));
      assert.deepEqual(missing, []);
    });
});
