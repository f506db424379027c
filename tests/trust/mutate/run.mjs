// Takes the guards of docs/threat-model.md away, one at a time (NUMBER.patch), builds the gateway without it and attacks:
// the guard's test must fail, and in the guard's own step. Works on a copy below build/; the sources are not touched.
// Usage: run.mjs [NUMBER…]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { root } from "../../peers/lib/paths.mjs";
import { attackedBy, guards } from "../inventory.mjs";

const place = path.join(root, "build/mutate");
const source = path.join(place, "source");
const build = path.join(place, "build");
const run = (program, ...args) => execFileSync(program, args, { stdio: "pipe", maxBuffer: 1 << 28, encoding: "utf8" });

/** Only what differs is written, so that only that is built again. */
function copySources() {
  const names = run("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0").filter(Boolean);
  const present = names.filter((name) => fs.existsSync(path.join(root, name)));
  for (const name of present) {
    const [from, to] = [path.join(root, name), path.join(source, name)];
    const bytes = fs.readFileSync(from);
    if (fs.existsSync(to) && fs.readFileSync(to).equals(bytes)) continue;
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(to, bytes, { mode: fs.statSync(from).mode });
  }
  const kept = new Set(present);
  for (const entry of fs.readdirSync(source, { recursive: true, withFileTypes: true })) {
    const name = path.relative(source, path.join(entry.parentPath ?? entry.path, entry.name));
    if (entry.isFile() && !kept.has(name)) fs.rmSync(path.join(source, name));
  }
}

function compile() {
  run("nice", "ninja", "-C", build, "drawbridge", "plaza", ...extras);
}

/** [what happened, whether the guard was missed]. */
function attack(number) {
  const [test] = attackedBy(number);
  const { stdout } = spawnSync(process.execPath, [path.join(root, "tests/trust", test), number], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 300_000,
    env: { ...process.env, DRAWBRIDGE_BUILD: build },
  });
  const failed = /^ {2}FAIL .*? s {2}(.*)$/m.exec(stdout)?.[1];
  if (failed?.startsWith(`${number}: `)) return ["its test fails", true];
  return [failed ? `another step failed: ${failed}` : "its test still passes", false];
}

function without(number) {
  const patch = path.join(root, `tests/trust/mutate/${number}.patch`);
  const changed = [...fs.readFileSync(patch, "utf8").matchAll(/^\+\+\+ b\/(\S+)/gm)].map(([, name]) => path.join(source, name));
  const before = changed.map((file) => fs.readFileSync(file));
  try {
    run("patch", "--batch", "--forward", "-s", "-F2", "-p1", "-d", source, "-i", patch);
    compile();
    return attack(number);
  } catch (error) {
    return [`it cannot be taken away: ${(error.stdout || error.message).slice(-2000)}`, false];
  } finally {
    changed.forEach((file, index) => fs.writeFileSync(file, before[index]));
  }
}

fs.mkdirSync(source, { recursive: true });
copySources();
run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug");
const targets = run("ninja", "-C", build, "-t", "targets", "all");
const extras = ["trust_outside", "trust_implant"].filter((name) => new RegExp(`^${name}: phony`, "m").test(targets));
compile();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((number) => !guards.some((guard) => guard.number === number));
if (unknown.length) throw new Error(`docs/threat-model.md has no guard ${unknown.join(", ")}`);
let unproven = 0;
for (const { number, refuses } of guards.filter(({ number }) => chosen.length === 0 || chosen.includes(number))) {
  const began = performance.now();
  const [what, missed] = without(number);
  if (!missed) unproven++;
  console.log(`${missed ? "ok  " : "FAIL"} ${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  without ${number} (${refuses.trim()}): ${what}`);
}
console.log(unproven ? `${unproven} guard(s) without a test that misses them` : "every guard is missed when it is gone");
process.exit(unproven ? 1 : 0);
