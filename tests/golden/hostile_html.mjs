// Judges the HTML that hostile_html.c prints, one JSON string a line.
import { readFileSync } from 'node:fs';
import { htmlFaults } from './html_judge.mjs';

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean);
let failed = 0;
for (const line of lines) {
  const html = JSON.parse(line);
  const found = htmlFaults(html);
  if (found.length === 0) continue;
  failed++;
  console.log(`${found.join(', ')} in\n  ${html}`);
}
console.log(`${lines.length} documents, ${failed} failed`);
process.exit(lines.length >= Number(process.argv[2]) && failed === 0 ? 0 : 1);
