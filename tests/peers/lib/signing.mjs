// HTTP signatures as draft-cavage-12 has them and the fediverse uses them: for servers of our own in tests.
import { createHash, generateKeyPair, sign, verify } from "node:crypto";
import { promisify } from "node:util";

const pairOf = promisify(generateKeyPair);

export const newKey = () => pairOf("rsa", { modulusLength: 2048 });

const digestOf = (body) => `SHA-256=${createHash("sha256").update(body).digest("base64")}`;

const textOf = (names, method, path, headers) =>
  names.map((name) => `${name}: ${name === "(request-target)" ? `${method.toLowerCase()} ${path}` : headers[name]}`).join("\n");

/** The headers of a signed request. `body` only for a POST; `date` is the clock that the receiver goes by. */
export function signedHeaders({ method, url, key, keyId, date = new Date(), body, type }) {
  const { host, pathname, search } = new URL(url);
  const headers = { host, date: date.toUTCString() };
  if (body !== undefined) Object.assign(headers, { digest: digestOf(body), "content-type": type });
  const names = ["(request-target)", ...Object.keys(headers)];
  const signature = sign("sha256", Buffer.from(textOf(names, method, pathname + search, headers)), key.privateKey).toString("base64");
  return { ...headers, signature: `keyId="${keyId}",algorithm="rsa-sha256",headers="${names.join(" ")}",signature="${signature}"` };
}

/** What is wrong with the signature of a POST, or null. `keyOf(keyId)` is the PEM. */
export function signatureFault({ method, path, headers, body }, keyOf) {
  const parameters = Object.fromEntries([...(headers.signature ?? "").matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const pem = keyOf(parameters.keyId);
  if (!pem) return `nobody has the key ${parameters.keyId}`;
  const names = (parameters.headers ?? "").split(" ");
  for (const name of ["(request-target)", "host", "date", "digest"]) if (!names.includes(name)) return `${name} is not signed`;
  if (headers.digest !== digestOf(body)) return "the digest is of another body";
  const good = verify("sha256", Buffer.from(textOf(names, method, path, headers)), pem, Buffer.from(parameters.signature, "base64"));
  return good ? null : "the signature is wrong";
}
