// Reads Deletes and their N-Quads, one case a line, and judges them by an independent JSON-LD library (npm jsonld):
// the canonical N-Quads are the same byte for byte, and compaction by the receiver's own context, as Mastodon does it
// before it passes a Delete on, gives every member back. The contexts come with npm too; nothing is fetched.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.argv[2]}/`));
const jsonld = require("jsonld");
const { preloadedContexts } = await import(pathToFileURL(require.resolve("@fedify/vocab-runtime")));

const documentLoader = async (url) => {
  if (!preloadedContexts[url]) throw new Error(`nobody may have to fetch ${url}`);
  return { contextUrl: null, documentUrl: url, document: preloadedContexts[url] };
};
const canonize = (document) =>
  jsonld.canonize(document, { algorithm: "RDFC-1.0", format: "application/n-quads", documentLoader, safe: true });

const AS = "https://www.w3.org/ns/activitystreams";
const receiver = [AS, "https://w3id.org/security/v1", { ostatus: "http://ostatus.org#", atomUri: "ostatus:atomUri" }];

// One member alone in an array loses it, and the public collection gets its short name: the receiver undoes both by
// looking at what came. What is gone it cannot give back.
function givesBack(original, compacted) {
  return Object.entries(original).every(([name, value]) => {
    if (name === "@context") return true;
    const found = Array.isArray(value) && !Array.isArray(compacted[name]) ? [compacted[name]] : compacted[name];
    if (Array.isArray(value)) return value.length === found.length && value.every((one, at) => same(one, found[at]));
    return typeof value === "object" ? typeof found === "object" && givesBack(value, found) : same(value, found);
  });
}
const same = (value, found) => value === found || (value === `${AS}#Public` && found === "as:Public");

const lines = readFileSync(0, "utf8").split("\n").filter(Boolean);
let failed = 0;
const fault = (what, found, line) => {
  failed++;
  console.log(`${what}:\n${found}\n  in ${line}`);
};
for (const line of lines) {
  const { activity, quads, creator, created, options } = JSON.parse(line);
  const right = await canonize(activity);
  if (right !== quads) fault("other N-Quads", right, line);
  const rightOptions = await canonize({ "@context": "https://w3id.org/identity/v1", creator, created });
  if (rightOptions !== options) fault("other N-Quads of the options", rightOptions, line);
  const compacted = await jsonld.compact(activity, receiver, { documentLoader });
  if (!givesBack(activity, compacted)) fault("compaction loses something", JSON.stringify(compacted), line);
}
console.log(`${lines.length} Deletes, ${failed} failed`);
process.exit(lines.length > 0 && failed === 0 ? 0 : 1);
