// The LD signature of a Delete of a post, checked as Mastodon would: RsaSignature2017 over the N-Quads of its options and of
// the document, whose shape is the only one known here.
import { createHash, verify } from "node:crypto";

const AS = "https://www.w3.org/ns/activitystreams#";
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const hash = (lines) => createHash("sha256").update(lines.sort().join("")).digest("hex");

/** What is wrong with it, or null. */
export function ldFault({ id, actor, to, cc, object, signature }, pem) {
  if (signature?.type !== "RsaSignature2017") return "there is none";
  const quad = (subject, predicate, value) => `<${subject}> <${predicate}> <${value}> .\n`;
  const options = [
    `_:c14n0 <http://purl.org/dc/terms/created> "${signature.created}"^^<http://www.w3.org/2001/XMLSchema#dateTime> .\n`,
    `_:c14n0 <http://purl.org/dc/terms/creator> <${signature.creator}> .\n`,
  ];
  const document = [
    quad(id, TYPE, `${AS}Delete`),
    quad(id, `${AS}actor`, actor),
    quad(id, `${AS}cc`, cc[0]),
    quad(id, `${AS}object`, object.id),
    quad(id, `${AS}to`, to[0]),
    quad(object.id, TYPE, `${AS}Tombstone`),
    `<${object.id}> <http://ostatus.org#atomUri> "${object.atomUri}" .\n`,
  ];
  const good = verify("sha256", Buffer.from(hash(options) + hash(document)), pem, Buffer.from(signature.signatureValue, "base64"));
  return good ? null : "it is by another key";
}
