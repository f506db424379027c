// Requests as servers of the fediverse make them. Nothing follows redirects by itself.
import assert from "node:assert/strict";

export const ACTIVITY = "application/activity+json";

/** A GET: {status, headers, text, json}; `json` is undefined where the body is none. */
export async function get(url, { accept = ACTIVITY, headers = {} } = {}) {
  const answer = await fetch(url, { headers: { accept, ...headers }, redirect: "manual", signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A call of a JSON API; throws on an answer that is not 2xx. */
export async function call(method, url, body, headers = {}) {
  // What was closed while this process was busy (keys, children) must be seen before it is used again.
  for (let turns = 0; turns < 2; turns++) await new Promise(setImmediate);
  const answer = await fetch(url, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text.slice(0, 500)}`);
  return parsed(text);
}

export const webfingerUrl = (origin, resource) => `${origin}/.well-known/webfinger?resource=${encodeURIComponent(resource)}`;
