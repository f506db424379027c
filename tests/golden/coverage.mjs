// Checks COVERAGE against the golden cases, and docs/mapping.md against COVERAGE; with --write writes docs/mapping.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const page = path.join(here, '../../docs/mapping.md');

// Rows that must be there: what other bridges are compared by, out and back, and the shapes that were seen on the wire.
const REQUIRED = { A3: 26, A4: 15, S: 25 };
const CASES_MIN = 150;

/** [{id, title, headings, rows: [{id, thing, gets, lost, cases}]}] */
function parse(text) {
  const sections = [];
  let row;
  let field;
  for (const [index, line] of text.split('\n').entries()) {
    const known = /^ {2}(gets|lost|cases) +(.*)$/.exec(line);
    const section = /^== (\w+) (.*)$/.exec(line);
    const thing = /^(\w+\.\d+) (.*)$/.exec(line);
    if (section) {
      sections.push({ id: section[1], title: section[2], headings: undefined, rows: [] });
      row = undefined;
    } else if (sections.length === 0 || line === '') {
      continue;
    } else if (thing) {
      row = { id: thing[1], thing: thing[2], gets: '', lost: '', cases: '' };
      sections.at(-1).rows.push(row);
    } else if (!row) {
      sections.at(-1).headings = line.split('|').map((heading) => heading.trim());
    } else if (known) {
      field = known[1];
      row[field] = known[2];
    } else if (/^ {3,}\S/.test(line)) {
      row[field] += ` ${line.trim()}`;
    } else {
      throw new Error(`COVERAGE line ${index + 1} is none that is known: ${line}`);
    }
  }
  for (const { rows } of sections) for (const one of rows) one.cases = one.cases.split(' ').filter(Boolean);
  return sections;
}

function allCases() {
  return ['out', 'back'].flatMap((way) => readdirSync(path.join(here, way)).map((name) => `${way}/${name}`));
}

function losses(name) {
  return JSON.parse(readFileSync(path.join(here, name, 'loss.json'), 'utf8')).length;
}

function* rowFaults(row, cases) {
  if (!row.gets || !row.lost) yield 'says not what it gets and what is lost';
  if (row.cases.length === 0) yield 'has no case';
  const missing = row.cases.filter((name) => !cases.has(name));
  for (const name of missing) yield `names ${name}, which does not exist`;
  if (missing.length) return;
  const lossy = row.cases.filter((name) => losses(name) > 0);
  if (row.lost === '–' && lossy.length) yield `says that nothing is lost, but ${lossy[0]} tells of a loss`;
  if (row.lost !== '–' && lossy.length === 0) yield 'says that something is lost, but none of its cases tells of it';
}

function* faults(sections) {
  const cases = new Set(allCases());
  if (cases.size < CASES_MIN) yield `there are ${cases.size} cases, fewer than ${CASES_MIN}`;
  for (const name of cases) if (!existsSync(path.join(here, name, 'loss.json'))) yield `${name} has no loss.json`;
  for (const [id, count] of Object.entries(REQUIRED)) {
    const ids = new Set(sections.find((section) => section.id === id)?.rows.map((row) => row.id));
    for (let number = 1; number <= count; number++)
      if (!ids.has(`${id}.${number}`)) yield `the row ${id}.${number} is missing`;
  }
  const rows = sections.flatMap((section) => section.rows);
  for (const row of rows) for (const fault of rowFaults(row, cases)) yield `${row.id} ${row.thing}: ${fault}`;
  const named = new Set(rows.flatMap((row) => row.cases));
  for (const name of cases) if (!named.has(name)) yield `${name} stands in no row`;
}

/** The page for people. */
function written(sections) {
  const lines = [
    '# What becomes of a post, both ways',
    '',
    'Each row is proven by the golden cases of `tests/golden` that `tests/golden/COVERAGE` names for it; this page is',
    'written from that file (`node tests/golden/coverage.mjs --write`) and checked against it by `./dev test golden`.',
    '',
    'What was lost of one particular post stands in its own report: `drawbridge preview PLATFORM:POST` shows it beside',
    'the exact document, and it is kept with the post.',
  ];
  for (const { id, title, headings, rows } of sections) {
    lines.push('', `## ${title}`, '', `| ${['', ...headings].join(' | ')} |`, '|---|---|---|---|');
    for (const row of rows) lines.push(`| ${[row.id, row.thing, row.gets, row.lost].join(' | ')} |`);
    if (id === 'A3')
      lines.push('', 'Activities stay below 60 KiB and 8 levels; every document that leaves has a schema in `docs/schemas/`.');
  }
  return `${lines.join('\n')}\n`;
}

const sections = parse(readFileSync(path.join(here, 'COVERAGE'), 'utf8'));
const found = [...faults(sections)];
if (process.argv.includes('--write')) writeFileSync(page, written(sections));
else if (!existsSync(page) || readFileSync(page, 'utf8') !== written(sections))
  found.push('docs/mapping.md is not what COVERAGE says: node tests/golden/coverage.mjs --write');
for (const fault of found) console.log(fault);
console.log(`${sections.flatMap((section) => section.rows).length} rows, ${allCases().length} cases, ${found.length} faults`);
process.exit(found.length === 0 ? 0 : 1);
