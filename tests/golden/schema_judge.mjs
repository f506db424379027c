// Validates documents that leave the gateway against docs/schemas, and looks at the HTML in them.
import { readFileSync, readdirSync } from 'node:fs';
import { htmlFaults, judge } from './html_judge.mjs';

const folder = new URL('../../docs/schemas/', import.meta.url);
const { default: Ajv } = judge('ajv/dist/2020.js');
const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, strictTuples: false, allErrors: true });

/** The names of all schemas of documents. */
export const schemas = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => {
    ajv.addSchema(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
    return name.slice(0, -'.json'.length);
  })
  .filter((name) => name !== 'common');

const BY_TYPE = {
  Person: 'actor',
  Service: 'actor',
  Organization: 'actor',
  Application: 'instance-actor',
  Add: 'pin',
  Remove: 'pin',
  OrderedCollection: 'ordered-collection',
  OrderedCollectionPage: 'ordered-collection-page',
  Add: 'pin',
  Remove: 'pin',
  QuoteRequest: 'quote-request',
  QuoteAuthorization: 'quote-authorization',
};

/** The schema that a document of ActivityPub must satisfy. */
export function schemaOf(document) {
  const { type } = document;
  if (type === 'Accept' || type === 'Reject') return document.object?.type === 'QuoteRequest' ? 'quote-answer' : 'follow-answer';
  if (type === 'Undo' && document.object?.type === 'Follow') return 'undo-follow';
  if (BY_TYPE[type] === 'actor' && document.suspended && !document.outbox) return 'actor-stub';
  return BY_TYPE[type] ?? String(type).toLowerCase();
}

const HTML = new Set(['content', 'value']);

function* htmlOf(value, holder = {}) {
  if (Array.isArray(value)) for (const one of value) yield* htmlOf(one, holder);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const plain = name === 'source' || (name === 'summary' && (value.type === 'Note' || value.type === 'Question'));
    if (typeof member === 'string' && (HTML.has(name) || (name === 'summary' && !plain && !value.sensitive))) yield member;
    else if (name === 'contentMap') yield* Object.values(member);
    else if (!plain && name !== '@context') yield* htmlOf(member, value);
  }
}

const levels = (value) =>
  value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(levels)) : 0;

/** What is wrong with a document (an object): its schema, its HTML, and for ActivityPub its size and depth. */
export function documentFaults(document, schema = schemaOf(document)) {
  const validate = ajv.getSchema(`${schema}.json`);
  if (!validate) return [`there is no schema ${schema} in docs/schemas`];
  const found = validate(document) ? [] : validate.errors.map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
  for (const html of htmlOf(document)) found.push(...htmlFaults(html).map((fault) => `${fault} in ${html.slice(0, 200)}`));
  if (document.type && !document['@context']) found.push('it has no @context');
  return found;
}

/** Limits that hold for what is sent: other servers' inboxes end at 64 KiB and 8 levels. */
export function activityFaults(activity) {
  const found = documentFaults(activity);
  const size = Buffer.byteLength(JSON.stringify(activity));
  if (size >= 60 * 1024) found.push(`it has ${size} bytes, 61,440 are too many`);
  if (levels(activity) > 8) found.push(`it has ${levels(activity)} levels, 8 are allowed`);
  if (activity.type === 'Delete' && typeof activity.object === 'string' && activity.object !== activity.actor)
    found.push('only an account is deleted by its id alone');
  return found;
}
