// Every member of every golden document that leaves is defined by the document's own @context, and for that no context has to
// be fetched that servers do not have: an independent JSON-LD processor expands it. (The context of ActivityStreams turns
// what nobody defines into a blank node, "_:name".)
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Fedify brings the processor and the well-known contexts.
const fedify = createRequire(fileURLToPath(new URL('../../build/peers/fedify/none.js', import.meta.url)));
const jsonld = fedify('jsonld');
const { preloadedContexts } = await import(pathToFileURL(fedify.resolve('@fedify/vocab-runtime')));

const KNOWN = ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'];

async function documentLoader(url) {
  if (!KNOWN.includes(url)) throw new Error(`${url} would have to be fetched`);
  return { document: preloadedContexts[url], documentUrl: url, contextUrl: null };
}

async function faults(document) {
  try {
    const expanded = JSON.stringify(await jsonld.expand(document, { documentLoader }));
    return [...new Set([...expanded.matchAll(/"(_:[^"]*)"/g)].map((match) => `${match[1].slice(2)} is not defined`))];
  } catch (error) {
    return [error.message];
  }
}

const out = new URL('out/', import.meta.url);
let failed = 0;
let count = 0;
for (const name of readdirSync(out)) {
  let text;
  try {
    text = readFileSync(new URL(`${name}/activity.json`, out), 'utf8');
  } catch {
    continue;
  }
  count++;
  const found = await faults(JSON.parse(text));
  if (found.length === 0) continue;
  failed++;
  console.log(`${name}: ${found.join(', ')}`);
}
const spoiled = { '@context': KNOWN[0], type: 'Note', blurhash: 'x' };
if ((await faults(spoiled)).length === 0) failed++;
console.log(`${count} documents, ${failed} failed`);
process.exit(failed === 0 && count > 100 ? 0 : 1);
