// Shows that the golden cases hold the rules of the mapping: takes one rule away at a time (rules/NAME.patch, its first line
// says why the rule is there), builds the runners with that alone changed, and expects a case to fail. Nothing but a copy
// below the build folder is touched. Usage: rules.mjs BUILD [COUNT]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.resolve(here, '../..');
const build = path.resolve(process.argv[2]);
const place = path.join(build, 'tests/golden/rules');
// The runner that will fail comes first: files of the way out have it in their name.
const runnersOf = (file) => (/_out\.c$/.test(file) ? ['golden_out', 'golden_back'] : ['golden_back', 'golden_out']);

const shell = (command) => execFileSync('/bin/sh', ['-c', command], { cwd: build, stdio: 'pipe', maxBuffer: 1 << 26 });
const lastCommand = (target) => execFileSync('ninja', ['-C', build, '-t', 'commands', target], { encoding: 'utf8' }).trim().split('\n').at(-1);

/** Compiles the copy of one file as the build does, except that the copy's headers come first. */
function compile(file, object) {
  const commands = JSON.parse(readFileSync(path.join(build, 'compile_commands.json'), 'utf8'));
  const { command } = commands.find((one) => one.file === path.join(source, file));
  const bare = command.replace(/ -o \S+ -c \S+/, '').replace(/ -M[DTF]+( \S+\.o(\.d)?)?/g, '');
  shell(`${bare.replace(' ', ` -I${place} `)} -O0 -Wno-unused -o ${object} -c ${path.join(place, file)}`);
}

/** Links a runner with the object in front of the library, which then leaves its own of that name out. */
function link(runner, object) {
  const program = path.join(place, runner);
  shell(lastCommand(runner).replace(' mapping/libmapping.a', ` ${object} mapping/libmapping.a`).replace(/ -o \S+/, ` -o ${program}`));
  return program;
}

function failures(program) {
  const { stdout, status } = spawnSync(program, { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, GOLDEN_REWRITE: '0' } });
  const names = [...stdout.matchAll(/^([a-z0-9-]+): /gm)].map((match) => match[1]);
  return status === 0 ? [] : [...new Set(names)];
}

/** Cases that fail without the rule, those of the first runner that has any. */
function without(rule) {
  const patch = path.join(here, 'rules', `${rule}.patch`);
  const file = /^\+\+\+ b\/(\S+)$/m.exec(readFileSync(patch, 'utf8'))[1];
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  cpSync(path.join(source, 'mapping'), path.join(place, 'mapping'), { recursive: true });
  execFileSync('patch', ['-s', '-p1', '-d', place, '-i', patch], { stdio: 'pipe' });
  const object = path.join(place, 'changed.o');
  compile(file, object);
  for (const runner of runnersOf(file)) {
    const found = failures(link(runner, object));
    if (found.length) return found;
  }
  return [];
}

const rules = readdirSync(path.join(here, 'rules')).map((name) => path.basename(name, '.patch')).sort();
const count = Number(process.argv[3] ?? rules.length);
let unproven = 0;
for (const rule of rules.slice(0, count)) {
  let found;
  try {
    found = without(rule);
  } catch (error) {
    console.log(`${rule}: cannot be taken away: ${error.stderr ?? error.message}`);
    unproven++;
    continue;
  }
  if (found.length === 0) unproven++;
  console.log(`${rule}: ${found.length ? `${found.length} cases fail, such as ${found.slice(0, 3).join(', ')}` : 'NO CASE FAILS'}`);
}
rmSync(place, { recursive: true, force: true });
console.log(`${Math.min(count, rules.length)} rules, ${unproven} unproven`);
process.exit(unproven === 0 && count > 0 && rules.length >= 10 ? 0 : 1);
