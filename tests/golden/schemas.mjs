// Every golden document that leaves validates against docs/schemas; and the schemas notice what they are there for.
import { readFileSync, readdirSync } from 'node:fs';
import { activityFaults, documentFaults, schemaOf } from './schema_judge.mjs';

const out = new URL('out/', import.meta.url);
let failed = 0;
const used = new Set();
const documents = new Map();

function tell(name, found) {
  if (found.length === 0) return;
  failed++;
  console.log(`${name}:\n  ${found.slice(0, 8).join('\n  ')}`);
}

for (const name of readdirSync(out)) {
  let text;
  try {
    text = readFileSync(new URL(`${name}/activity.json`, out), 'utf8');
  } catch {
    continue; // nothing came out, which loss.json tells
  }
  const document = JSON.parse(text);
  documents.set(name, document);
  used.add(schemaOf(document));
  tell(name, activityFaults(document));
}

// What must not pass: each change makes a good document bad.
const spoiled = [
  ['text-plain', (one) => (one.object.content = '<p onclick="x">a</p>')],
  ['text-plain', (one) => (one.object.content = '<img src="https://a.example/">')],
  ['text-plain', (one) => (one.object.cc = [])],
  ['text-plain', (one) => delete one.object.published],
  ['text-plain', (one) => (one.object.unknown = 1)],
  ['text-plain', (one) => (one.object.attributedTo = [one.actor])],
  ['text-plain', (one) => (one.object['@context'] = one['@context'])],
  ['text-plain', (one) => (one.to = one.cc)],
  ['text-plain', (one) => (one.object.id += '?x=1')],
  ['text-plain', (one) => (one.object.published = '2026-11-01T09:00:00+01:00')],
  ['image-with-alt-text', (one) => (one.object.attachment = one.object.attachment[0])],
  ['image-with-alt-text', (one) => (one.object.attachment[0].url = 'http://cdn.example/1.png')],
  ['poll', (one) => (one.object.anyOf = one.object.oneOf)],
  ['quote-remote', (one) => delete one.object._misskey_quote],
  ['language', (one) => (one.object.contentMap.und = 'x')],
  ['delete', (one) => (one.cc = [])],
  ['delete', (one) => delete one.object.atomUri],
  ['quote-accepted', (one) => delete one.result],
  ['actor', (one) => (one.url = 'javascript:x')],
  ['actor-suspended', (one) => (one.summary = '<p>x</p>')],
];
for (const [name, spoil] of spoiled) {
  const document = structuredClone(documents.get(name));
  spoil(document);
  if (documentFaults(document).length > 0) continue;
  failed++;
  console.log(`${name} passes although ${spoil}`);
}
console.log(`${documents.size} documents, ${used.size} schemas, ${spoiled.length} spoiled ones, ${failed} failed`);
process.exit(failed === 0 && documents.size > 100 ? 0 : 1);
