// FEP-8b32 by hand: JCS for what tests say (no floats), Multibase, eddsa-jcs-2022.
import { createHash, sign } from "node:crypto";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(bytes) {
  let number = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text;
  return text;
}

export const multibase = ({ publicKey }) => `z${base58(Buffer.concat([Buffer.from([0xed, 1]), publicKey.export({ type: "spki", format: "der" }).subarray(-32)]))}`;

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).filter((name) => value[name] !== undefined).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

const hash = (value) => createHash("sha256").update(canonical(value)).digest();

/** The proof of a document; `more` is said in it, too (undefined takes away). */
export function proofOf(document, key, method, { created = new Date().toISOString().replace(/\.\d+/, ""), say = {} } = {}) {
  const proof = {
    type: "DataIntegrityProof",
    cryptosuite: "eddsa-jcs-2022",
    created,
    verificationMethod: method,
    proofPurpose: "assertionMethod",
    ...say,
  };
  const value = sign(null, Buffer.concat([hash(proof), hash(document)]), key);
  return { ...JSON.parse(JSON.stringify(proof)), proofValue: `z${base58(value)}` };
}
