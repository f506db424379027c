// Everything by which somebody could speak for somebody else, or touch what is not his: each gets the answer that it must
// get, and after each guard's share of it the store holds what it held before.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { step, story } from "../peers/lib/harness.mjs";
import { guard, selected } from "./guard.mjs";
import { multibase } from "./proof.mjs";
import { Scene } from "./scene.mjs";
import { PUBLIC, cavage, exponentKey, pemOf, proven, rfc9421, rsaKey, send } from "./village.mjs";

const HOUR = 3_600_000;

await story("Forgeries", async () => {
  const scene = await Scene.open();
  const { honest, hostile, victor, neighbour, mallory, alice, inbox } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  await step("alice quotes him, as he permits", () => scene.quote());
  await step("the neighbour and mallory are known", async () => {
    await scene.say(neighbour, honest.activity(neighbour, "Wave", alice));
    await scene.say(mallory, hostile.activity(mallory, "Wave", alice));
    await scene.delivered();
  });
  const { object, reply, like, follow, boost } = scene;
  let forgeries = 0;
  let before = await scene.state();

  /** Each of `cases` is [name, status, request, to]; a request that is a plain activity is signed by `signer`. */
  const forged = (number, title, signer, cases) =>
    guard(number, title, async () => {
      for (const [name, status, request, to = inbox] of cases) {
        forgeries++;
        const made = request.path ? request : cavage(to, request, signer);
        const answer = await send(to, made);
        assert.equal(answer.status, status, `${name}: ${answer.body}`);
      }
      const after = await scene.state();
      const changed = [...after.filter((line) => !before.includes(line)), ...before.filter((line) => !after.includes(line))];
      assert.deepEqual(changed, [], `changed by one of: ${cases.map(([name]) => name).join("; ")}`);
    });

  // What is said as victor's in one way or another. None of it was.
  const lies = () => ({
    Delete: honest.activity(victor, "Delete", { id: reply.id, type: "Tombstone" }),
    Update: honest.activity(victor, "Update", { ...reply, content: "<p>Buy my pills.</p>", updated: new Date().toISOString() }),
    Create: honest.activity(victor, "Create", honest.note(victor, object, "I hate you.")),
    Undo: honest.activity(victor, "Undo", follow),
    Like: honest.activity(victor, "EmojiReact", object, { content: "💩" }),
  });
  const each = (status, make) => Object.entries(lies()).map(([name, lie]) => [name, status, make(lie)]);

  // ---- S: signatures
  await forged("S1", "what nobody signed is refused", null, [
    ...each(401, (lie) => {
      const request = cavage(inbox, lie, victor);
      delete request.headers.signature;
      return request;
    }),
    ["an LD signature alone", 401, (() => {
      const request = cavage(inbox, { ...lies().Delete, signature: { type: "RsaSignature2017", creator: victor.keyId, created: "2026-01-01T00:00:00Z", signatureValue: "AAAA" } }, victor);
      delete request.headers.signature;
      return request;
    })()],
    ["a bearer token", 401, (() => {
      const request = cavage(inbox, lies().Delete, victor);
      delete request.headers.signature;
      request.headers.authorization = "Bearer let-me-in";
      return request;
    })()],
  ]);
  await forged("S2", "the body is the one that the digest says", null, [
    ...each(401, (lie) => {
      const innocent = cavage(inbox, honest.activity(victor, "Wave", alice), victor);
      const body = Buffer.from(JSON.stringify(lie));
      return { ...innocent, headers: { ...innocent.headers, "content-length": body.length }, body };
    }),
  ]);
  const captured = honest.activity(victor, "Delete", reply.id);
  await forged("S3", "the signature is by the key that it names, over this very request", null, [
    ...each(401, (lie) => cavage(inbox, lie, { ...victor, key: mallory.key })),
    ...each(401, (lie) => rfc9421(inbox, lie, { ...victor, key: mallory.key })),
    ["another host", 401, cavage(inbox, captured, { ...victor, host: "elsewhere.example" })],
    ["another inbox", 401, cavage(inbox, captured, { ...victor, path: "/users/alice/inbox" })],
    ["a GET", 401, cavage(inbox, captured, { ...victor, method: "get" })],
    ["a PUT", 401, cavage(inbox, captured, { ...victor, method: "put" })],
    ["another query", 401, cavage(inbox, captured, { ...victor, path: "/inbox?to=mallory" })],
    ["RFC 9421, another host", 401, rfc9421(inbox, captured, { ...victor, target: "https://elsewhere.example/inbox" })],
    ["RFC 9421, another scheme", 401, rfc9421(inbox, captured, { ...victor, target: inbox.replace("http:", "https:") })],
    ["RFC 9421, a GET", 401, rfc9421(inbox, captured, { ...victor, method: "GET" })],
    ["random bytes", 401, cavage(inbox, lies().Delete, { ...victor, value: Buffer.alloc(256, 7).toString("base64") })],
    ["no bytes", 401, cavage(inbox, lies().Delete, { ...victor, value: "" })],
    ["a zero signature", 401, cavage(inbox, lies().Delete, { ...victor, value: Buffer.alloc(256).toString("base64") })],
  ]);
  await forged("S4", "the signature covers what, where to and when", null, [
    ["no (request-target)", 401, cavage(inbox, captured, { ...victor, names: ["host", "date", "digest"] })],
    ["no host", 401, cavage(inbox, captured, { ...victor, names: ["(request-target)", "date", "digest"] })],
    ["no date", 401, cavage(inbox, captured, { ...victor, names: ["(request-target)", "host", "digest"] })],
    ["no digest", 401, cavage(inbox, captured, { ...victor, names: ["(request-target)", "host", "date"] })],
    ["only the date, as the draft's default has it", 401, cavage(inbox, captured, { ...victor, names: ["date"] })],
  ]);
  const seconds = (shift) => Math.floor(Date.now() / 1000) + shift;
  const aged = (parameters) => cavage(inbox, captured, { ...victor, algorithm: "hs2019", names: ["(request-target)", "(created)", ...(parameters.includes("expires") ? ["(expires)"] : []), "host", "digest"], parameters });
  await forged("S5", "an old signature, or one of the future, is refused", null, [
    ["signed two hours ago", 401, cavage(inbox, captured, { ...victor, date: new Date(Date.now() - 2 * HOUR) })],
    ["signed two hours ahead", 401, cavage(inbox, captured, { ...victor, date: new Date(Date.now() + 2 * HOUR) })],
    ["created two hours ago", 401, aged(`created=${seconds(-7200)},`)],
    ["created two hours ahead", 401, aged(`created=${seconds(7200)},`)],
    ["expired", 401, aged(`created=${seconds(-1000)},expires=${seconds(-10)},`)],
  ]);
  await forged("S6", "RFC 9421: an old signature is refused", null, [
    ["created two hours ago", 401, rfc9421(inbox, captured, { ...victor, created: seconds(-7200) })],
    ["created two hours ahead", 401, rfc9421(inbox, captured, { ...victor, created: seconds(7200) })],
    ["never created", 401, rfc9421(inbox, captured, { ...victor, parameters: `;keyid="${victor.keyId}"` })],
    ["created is a text", 401, rfc9421(inbox, captured, { ...victor, parameters: `;created="${seconds(0)}";keyid="${victor.keyId}"` })],
    ["expired", 401, rfc9421(inbox, captured, { ...victor, parameters: `;created=${seconds(-100)};expires=${seconds(-10)};keyid="${victor.keyId}"` })],
  ]);
  await forged("S7", "RFC 9421: the signature covers the method, the address and the body", null, [
    ["no @method", 401, rfc9421(inbox, captured, { ...victor, components: ["@target-uri", "content-digest"] })],
    ["no @target-uri", 401, rfc9421(inbox, captured, { ...victor, components: ["@method", "content-digest"] })],
    ["no content-digest", 401, rfc9421(inbox, captured, { ...victor, components: ["@method", "@target-uri"] })],
    ["@path for the address", 401, rfc9421(inbox, captured, { ...victor, components: ["@method", "@path", "content-digest"] })],
  ]);
  await forged("S8", "RFC 9421: the body is the one that the digest says", null, [
    ["the digest of another body", 401, rfc9421(inbox, captured, { ...victor, digest: "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:" })],
    ["an unknown digest", 401, rfc9421(inbox, captured, { ...victor, digest: "md5=:CY9rzUYh03PK3k6DJie09g==:" })],
    ["two digests, one false", 401, (() => {
      const request = rfc9421(inbox, captured, victor);
      return rfc9421(inbox, captured, { ...victor, digest: `${request.headers["content-digest"]}, sha-512=:${Buffer.alloc(64).toString("base64")}:` });
    })()],
  ]);
  await forged("S9", "only algorithms of the key's own kind count", null, [
    ["the public key as an HMAC's secret", 401, cavage(inbox, captured, { ...victor, algorithm: "hmac-sha256" })],
    ["SHA-1", 401, cavage(inbox, captured, { ...victor, algorithm: "rsa-sha1" })],
    ["none", 401, cavage(inbox, captured, { ...victor, algorithm: "none" })],
    ["RFC 9421, hmac-sha256", 401, rfc9421(inbox, captured, { ...victor, parameters: `;created=${seconds(0)};keyid="${victor.keyId}";alg="hmac-sha256"` })],
    ["RFC 9421, ed25519", 401, rfc9421(inbox, captured, { ...victor, parameters: `;created=${seconds(0)};keyid="${victor.keyId}";alg="ed25519"` })],
  ]);
  await forged("S10", "of two signatures not the convenient one counts", null, [
    ["a parameter twice", 401, (() => {
      const request = cavage(inbox, captured, mallory);
      request.headers.signature = `keyId="${victor.keyId}",${request.headers.signature}`;
      return request;
    })()],
    ["mallory's label behind one that says victor's", 401, (() => {
      const [one, other] = [rfc9421(inbox, captured, { ...victor, key: mallory.key, label: "a" }), rfc9421(inbox, captured, { ...mallory, label: "b" })];
      for (const name of ["signature-input", "signature"]) one.headers[name] += `, ${other.headers[name]}`;
      return one;
    })()],
    ["broken fields", 401, (() => {
      const request = rfc9421(inbox, captured, victor);
      request.headers["signature-input"] += '"';
      return request;
    })()],
  ]);

  // ---- K: whose key it is
  const asVictor = (more) => cavage(inbox, honest.activity(victor, "Delete", reply.id), { ...mallory, ...more });
  const claim = (id, more) => hostile.show({ "@context": "https://w3id.org/security/v1", id, type: "CryptographicKey", owner: victor.id, publicKeyPem: pemOf(mallory.key), ...more }).id;
  hostile.show({ id: `${hostile.origin}/users/twin`, type: "Person", preferredUsername: "twin", inbox: `${hostile.origin}/users/twin/inbox`, publicKey: { id: `${hostile.origin}/users/twin#main-key`, owner: victor.id, publicKeyPem: pemOf(mallory.key) } });
  hostile.show({ id: `${hostile.origin}/users/liar`, type: "Person", preferredUsername: "liar", inbox: victor.inbox, publicKey: { id: victor.keyId, owner: victor.id, publicKeyPem: pemOf(mallory.key) } });
  honest.show({ id: `${honest.origin}/files/key`, type: "CryptographicKey", owner: victor.id, publicKeyPem: pemOf(mallory.key) });
  honest.show({ id: `${honest.origin}/files/actor`, type: "Person", preferredUsername: "victor", inbox: victor.inbox, publicKey: { id: `${honest.origin}/files/actor#main-key`, owner: victor.id, publicKeyPem: pemOf(mallory.key) } });
  await forged("K1", "a key counts when its actor lists it, on the same server", null, [
    ["a key document of mallory's that victor is said to own", 401, asVictor({ keyId: claim(`${hostile.origin}/keys/1`) })],
    ["the same, owned and controlled", 401, asVictor({ keyId: claim(`${hostile.origin}/keys/2`, { controller: victor.id }) })],
    ["an actor of mallory's whose key victor is said to own", 401, asVictor({ keyId: `${hostile.origin}/users/twin#main-key` })],
    ["an actor of mallory's that shows victor's key id", 401, asVictor({ keyId: `${hostile.origin}/users/liar#main-key` })],
    ["a file on victor's server that says it is victor's key", 401, asVictor({ keyId: `${honest.origin}/files/key` })],
    ["a key id that victor does not list", 401, asVictor({ keyId: `${victor.id}#another-key` })],
    ["alice's key", 401, asVictor({ keyId: `${alice}#main-key` })],
    ["the key of alice's server", 401, asVictor({ keyId: `${scene.gateway.origin}/actor#main-key` })],
    ["the neighbour's key id for mallory's key", 401, asVictor({ keyId: `${neighbour.id}#main-key` })],
    ["a user name before the host", 401, asVictor({ keyId: victor.keyId.replace("http://", `http://mallory@`) })],
    ["victor's host as a user name of mallory's", 401, asVictor({ keyId: `http://${new URL(honest.origin).host}@${new URL(hostile.origin).host}/users/mallory#main-key` })],
    ["no web address", 401, asVictor({ keyId: "acct:victor@victor.example" })],
    ["a file", 401, asVictor({ keyId: "file:///etc/passwd" })],
  ]);
  await forged("K2", "a key counts for its owner only", null, [
    ["an actor on victor's server whose key victor is said to own", 401, asVictor({ keyId: `${honest.origin}/files/actor#main-key` })],
  ]);
  hostile.show({ id: victor.id, type: "Person", preferredUsername: "victor", inbox: victor.inbox, publicKey: { id: victor.keyId, owner: victor.id, publicKeyPem: pemOf(mallory.key) } });
  hostile.documents.set("/copy", hostile.documents.get("/users/victor"));
  hostile.script = (request) => (request.url === "/moved" ? { status: 302, headers: { location: `${hostile.origin}/copy` } } : undefined);
  honest.script = (request) => (request.url === "/away" ? { status: 302, headers: { location: `${hostile.origin}/copy` } } : undefined);
  await forged("K3", "a document is what its address says, not what it says itself", null, [
    ["victor's actor, served by mallory", 401, asVictor({ keyId: `${hostile.origin}/copy#main-key` })],
    ["the same behind a redirect", 401, asVictor({ keyId: `${hostile.origin}/moved#main-key` })],
    ["the same behind an open redirect of victor's server", 401, asVictor({ keyId: `${honest.origin}/away#main-key` })],
    ["at mallory's address of the same path", 401, asVictor({ keyId: `${hostile.origin}/users/victor#main-key` })],
  ]);
  const weak = rsaKey(1024);
  const person = (name, publicKey, more = {}) => {
    const id = `${hostile.origin}/users/${name}`;
    hostile.show({ id, type: "Person", preferredUsername: name, inbox: `${id}/inbox`, publicKey: publicKey && { id: `${id}#k`, owner: id, publicKeyPem: publicKey }, ...more });
    return { id, keyId: `${id}#k` };
  };
  const by = (who, key) => cavage(inbox, { ...hostile.activity({ id: who.id }, "Follow", alice) }, { keyId: who.keyId, key });
  const edwards = generateKeyPairSync("ed25519");
  await forged("K4", "a key that can be broken is refused", null, [["RSA of 1024 bits", 401, by(person("weak", pemOf(weak)), weak)]]);
  const odd = exponentKey(2n ** 33n + 1n);
  await forged("K11", "a key that takes long to check is refused", null, [["RSA with an exponent of 34 bits", 401, by(person("slow", pemOf(odd)), odd)]]);
  const bare = person("bare", pemOf(edwards));
  await forged("K5", "an Ed25519 key counts under assertionMethod only", null, [
    ["Ed25519 as PEM", 401, rfc9421(inbox, hostile.activity({ id: bare.id }, "Follow", alice), { keyId: bare.keyId, key: edwards })],
  ]);

  // ---- O: what is whose
  await forged("O1", "a good signature is its own signer's word only", mallory, [
    ["Follow", 403, honest.activity(victor, "Follow", alice)],
    ["Undo of the Follow", 403, honest.activity(victor, "Undo", follow)],
    ["Undo of the Like", 403, honest.activity(victor, "Undo", like)],
    ["Undo of the boost", 403, honest.activity(victor, "Undo", boost)],
    ["Block", 403, honest.activity(victor, "Block", alice)],
    ["Move", 403, honest.activity(victor, "Move", victor.id, { target: mallory.id })],
    ["Accept", 403, honest.activity(victor, "Accept", `${object}#quote`, { result: `${honest.origin}/stamp` })],
    ["Reject", 403, honest.activity(victor, "Reject", follow)],
    ["Flag", 403, honest.activity(victor, "Flag", [alice, object])],
    ["Add", 403, honest.activity(victor, "Add", object, { target: `${alice}/featured` })],
    ["QuoteRequest", 403, honest.activity(victor, "QuoteRequest", object, { instrument: reply.id })],
    ["Create of a note that is mallory's", 403, honest.activity(victor, "Create", hostile.note(victor, object, "x"))],
    ["the actor as an object", 403, { ...honest.activity(victor, "Undo", follow), actor: { id: victor.id, type: "Person", publicKey: { id: mallory.keyId } } }],
    ["two actors, victor first", 403, { ...honest.activity(victor, "Undo", follow), actor: [victor.id, mallory.id] }],
    ["two actors, mallory first", 202, { ...hostile.activity(mallory, "Undo", follow), actor: [mallory.id, victor.id] }],
    ["victor by other letters", 403, { ...honest.activity(victor, "Undo", follow), actor: victor.id.replace("http://", "HTTP://") }],
    ["victor with a fragment", 403, { ...honest.activity(victor, "Undo", follow), actor: `${victor.id}#me` }],
    ["victor by a path around", 403, { ...honest.activity(victor, "Undo", follow), actor: `${hostile.origin}/users/../users/victor` }],
    ["an actor in JSON-LD's own words", 400, { ...honest.activity(victor, "Undo", follow), actor: undefined, "as:actor": victor.id }],
    ["hidden in @graph", 400, { "@context": "https://www.w3.org/ns/activitystreams", "@graph": [honest.activity(victor, "Undo", follow)] }],
    ["hidden in @included", 202, { ...hostile.activity(mallory, "Wave", alice), "@included": [honest.activity(victor, "Undo", follow)] }],
    ["hidden in @reverse", 202, { ...hostile.activity(mallory, "Wave", alice), "@reverse": { actor: honest.activity(victor, "Undo", follow) } }],
    ["by the neighbour", 403, cavage(inbox, honest.activity(victor, "Undo", follow), neighbour)],
  ]);
  await forged("O2", "what others tell of victor's posts is looked at where they are", mallory, [
    ["an edit that was none", 202, lies().Update],
    ["an edit with the id alone", 202, honest.activity(victor, "Update", reply.id)],
    ["a reply that he never wrote", 202, lies().Create],
    ["his reply, once more", 202, honest.activity(victor, "Create", { ...reply, content: "<p>Something else.</p>" })],
    ["an edit with an LD signature by whomever", 202, { ...lies().Update, signature: { type: "RsaSignature2017", creator: victor.keyId, created: "2026-01-01T00:00:00Z", signatureValue: "AAAA" } }],
    ["an edit repeated by a group", 202, hostile.activity(mallory, "Announce", lies().Update)],
    ["a reply repeated by a group", 202, hostile.activity(mallory, "Announce", lies().Create)],
    ["an edit that the neighbour tells", 202, cavage(inbox, lies().Update, neighbour)],
  ]);
  await forged("O3", "what is said to be deleted is deleted when its own server says so", mallory, [
    ["a Delete", 202, honest.activity(victor, "Delete", reply.id)],
    ["a Delete of a Tombstone", 202, lies().Delete],
    ["a Delete repeated by a group", 202, hostile.activity(mallory, "Announce", lies().Delete)],
    ["a Delete of victor himself", 202, honest.activity(victor, "Delete", victor.id)],
    ["a Delete that the neighbour tells", 202, cavage(inbox, honest.activity(victor, "Delete", reply.id), neighbour)],
  ]);
  const foreign = honest.show(honest.note(neighbour, object, "This is the neighbour's."));
  const shown = honest.show({ ...honest.activity(neighbour, "Announce", object), id: `${honest.origin}/activities/shown` });
  await forged("O4", "a like that others tell of is looked at where it was made", mallory, [
    ["a reaction that is not there", 202, lies().Like],
    ["a boost that is not there", 202, honest.activity(victor, "Announce", object)],
    ["the neighbour's boost told as victor's", 202, { ...shown, actor: victor.id }],
    ["a boost told as a like", 202, { ...shown, type: "Like" }],
  ]);
  await forged("O5", "a post is nobody's but its author's, whoever tells of it", mallory, [
    ["said to be victor's", 202, hostile.activity(mallory, "Create", hostile.note(victor, object, "Victor here."))],
    ["alice's", 202, hostile.activity(mallory, "Create", { ...hostile.note(mallory, object, "alice's"), attributedTo: alice })],
    ["by the neighbour as victor's", 202, cavage(inbox, honest.activity(neighbour, "Create", honest.note(victor, object, "I am victor.")), neighbour)],
    ["the neighbour's note told as victor's", 202, honest.activity(victor, "Create", { ...foreign, attributedTo: victor.id })],
    ["with the id alone", 202, honest.activity(victor, "Create", foreign.id)],
  ]);
  await forged("O6", "an embedded post is on its actor's own server", mallory, [
    ["with an id of victor's", 202, hostile.activity(mallory, "Create", { ...honest.note(victor, object, "x"), attributedTo: mallory.id })],
    ["with the id of victor's reply", 202, hostile.activity(mallory, "Update", { ...reply, attributedTo: mallory.id, updated: new Date().toISOString() })],
    ["with the id of alice's post", 202, hostile.activity(mallory, "Update", { ...reply, id: object, attributedTo: mallory.id })],
    ["without an id", 202, hostile.activity(mallory, "Create", { ...hostile.note(mallory, object, "x"), id: undefined })],
    ["an id with victor's host as a user name", 202, hostile.activity(mallory, "Create", { ...hostile.note(mallory, object, "x"), id: `http://${new URL(hostile.origin).host}@${new URL(honest.origin).host}/notes/9` })],
    ["two objects, the second victor's", 202, hostile.activity(mallory, "Update", [{ ...reply, attributedTo: mallory.id }, { ...reply, content: "<p>y</p>" }])],
  ]);
  await forged("O7", "nobody deletes what is on another server", mallory, [
    ["victor's reply", 202, hostile.activity(mallory, "Delete", reply.id)],
    ["victor's reply as a Tombstone", 202, hostile.activity(mallory, "Delete", { id: reply.id, type: "Tombstone", attributedTo: mallory.id })],
    ["victor", 202, hostile.activity(mallory, "Delete", victor.id)],
    ["alice's post", 202, hostile.activity(mallory, "Delete", object)],
    ["alice", 202, hostile.activity(mallory, "Delete", alice)],
    ["what will be victor's", 202, hostile.activity(mallory, "Delete", `${honest.origin}/notes/future`)],
  ]);
  await forged("O8", "nobody edits or deletes what is a neighbour's on the same server", neighbour, [
    ["a Delete", 202, honest.activity(neighbour, "Delete", reply.id)],
    ["an Update", 202, honest.activity(neighbour, "Update", { ...reply, attributedTo: neighbour.id, content: "<p>Ha.</p>", updated: new Date().toISOString() })],
  ]);
  await forged("O9", "only one's own deeds are undone", mallory, [
    ["victor's Follow", 202, hostile.activity(mallory, "Undo", follow)],
    ["victor's Follow said to be mallory's", 202, hostile.activity(mallory, "Undo", { ...follow, actor: mallory.id })],
    ["victor's Like", 202, hostile.activity(mallory, "Undo", like)],
    ["victor's Like by its id alone", 202, hostile.activity(mallory, "Undo", like.id)],
    ["victor's boost", 202, hostile.activity(mallory, "Undo", { ...boost, actor: mallory.id })],
    ["the neighbour undoes victor's Follow", 202, cavage(inbox, honest.activity(neighbour, "Undo", follow), neighbour)],
    ["the neighbour undoes victor's Like", 202, cavage(inbox, honest.activity(neighbour, "Undo", like), neighbour)],
  ]);
  await forged("O10", "a profile is what its own server shows", mallory, [
    ["victor's, with mallory's key", 202, hostile.activity(mallory, "Update", { id: victor.id, type: "Person", inbox: mallory.inbox, publicKey: { id: victor.keyId, owner: victor.id, publicKeyPem: pemOf(mallory.key) } })],
    ["mallory's own, said to live at victor's inbox", 202, hostile.activity(mallory, "Update", { id: mallory.id, type: "Person", inbox: victor.inbox, publicKey: { id: mallory.keyId, owner: mallory.id, publicKeyPem: pemOf(victor.key) } })],
    ["alice's", 202, hostile.activity(mallory, "Update", { id: alice, type: "Person", name: "Mallory's" })],
  ]);
  await forged("O11", "nobody sends us our own words", mallory, [
    ["Create by alice", 403, { id: `${alice}#create`, type: "Create", actor: alice, object: `${object}` }],
    ["Delete by alice", 403, { id: `${alice}#delete`, type: "Delete", actor: alice, object }],
    ["Delete of alice by alice", 403, { id: `${alice}#gone`, type: "Delete", actor: alice, object: alice }],
    ["Announce by the instance", 403, { id: `${scene.gateway.origin}/actor#a`, type: "Announce", actor: `${scene.gateway.origin}/actor`, object }],
  ]);
  const accept = (who, stamp) => honest.activity(who, "Accept", scene.request, { result: stamp });
  await forged("O12", "who is asked for a permission answers, and nobody else", mallory, [
    ["the neighbour permits", 202, cavage(inbox, accept(neighbour, `${honest.origin}/stamps/another`), neighbour)],
    ["the neighbour forbids", 202, cavage(inbox, honest.activity(neighbour, "Reject", scene.request), neighbour)],
    ["mallory permits", 202, hostile.activity(mallory, "Accept", scene.request, { result: `${hostile.origin}/stamps/1` })],
    ["mallory forbids", 202, hostile.activity(mallory, "Reject", scene.request)],
    ["an Accept of what nobody asked for", 202, hostile.activity(mallory, "Accept", `${object}#quote`, { result: `${hostile.origin}/stamps/1` })],
    ["an Accept of a Follow", 202, hostile.activity(mallory, "Accept", follow)],
    ["pinning to alice's profile", 202, hostile.activity(mallory, "Add", reply.id, { target: `${alice}/featured` })],
    ["unpinning", 202, hostile.activity(mallory, "Remove", object, { target: `${alice}/featured` })],
    ["Move of alice", 202, hostile.activity(mallory, "Move", alice, { target: mallory.id })],
  ]);
  await forged("O13", "who gave a permission takes it back, and nobody else", neighbour, [
    ["the neighbour deletes it", 202, honest.activity(neighbour, "Delete", scene.stamp)],
    ["mallory deletes it", 202, cavage(inbox, hostile.activity(mallory, "Delete", scene.stamp), mallory)],
    ["mallory tells that it is deleted", 202, cavage(inbox, honest.activity(victor, "Delete", scene.stamp), mallory)],
  ]);

  // ---- P: proofs
  const unsigned = (activity) => {
    const request = cavage(inbox, activity, victor);
    delete request.headers.signature;
    return request;
  };
  await forged("P1", "a proof is its own actor's word only", null, [
    ...each(401, (lie) => unsigned(proven(lie, mallory))),
    ["by a key of victor's server that is the neighbour's", 401, unsigned(proven(lies().Delete, neighbour))],
    ["said to be by victor's key", 401, unsigned(proven(lies().Delete, mallory, { method: victor.proofId }))],
    ["by victor's RSA key's name", 401, unsigned(proven(lies().Delete, mallory, { method: victor.keyId }))],
    ["by a key that victor does not list", 401, unsigned(proven(lies().Delete, mallory, { method: `${victor.id}#other` }))],
  ]);
  await forged("P2", "a proof holds for the very document", null, [
    ["another object", 401, unsigned({ ...proven(honest.activity(victor, "Delete", honest.newId("notes")), victor), object: reply.id })],
    ["another type", 401, unsigned({ ...proven(honest.activity(victor, "Wave", reply.id), victor), type: "Delete" })],
    ["a member more", 401, unsigned({ ...proven(lies().Delete, victor), to: [PUBLIC] })],
    ["two proofs", 401, unsigned((({ proof, ...rest }) => ({ ...rest, proof: [proof, proof] }))(proven(lies().Delete, victor)))],
  ]);
  const when = (shift) => new Date(Date.now() + shift).toISOString().replace(/\.\d+/, "");
  await forged("P3", "a proof is not older than the inbox remembers", null, [
    ["of last month", 401, unsigned(proven(lies().Delete, victor, { created: when(-30 * 24 * HOUR) }))],
    ["of next week", 401, unsigned(proven(lies().Delete, victor, { created: when(7 * 24 * HOUR) }))],
    ["of no time", 401, unsigned(proven(lies().Delete, victor, { say: { created: undefined } }))],
    ["expired", 401, unsigned(proven(lies().Delete, victor, { say: { expires: when(-HOUR) } }))],
  ]);
  await forged("P4", "a proof is made for asserting, in the one way that we check", null, [
    ["for logging in", 401, unsigned(proven(lies().Delete, victor, { say: { proofPurpose: "authentication" } }))],
    ["by another suite", 401, unsigned(proven(lies().Delete, victor, { say: { cryptosuite: "eddsa-rdfc-2022" } }))],
    ["of another type", 401, unsigned(proven(lies().Delete, victor, { say: { type: "Ed25519Signature2020" } }))],
  ]);

  if (selected())
    await step(`none of ${forgeries} forgeries changed anything`, async () => {
      assert.ok(forgeries >= 100, `${forgeries}`);
      assert.deepEqual(await scene.state(), before);
      const { replies, likes, reposts } = await scene.plaza.show(scene.post);
      assert.deepEqual([replies.map(({ text }) => text), likes, reposts, await scene.followers()], [["Well said."], 1, 1, 1]);
    });
  await step("what victor himself says still counts", async () => {
    honest.hide(reply.id);
    await scene.say(victor, honest.activity(victor, "Delete", reply.id));
    await scene.settled();
    assert.deepEqual((await scene.plaza.show(scene.post)).replies, []);
  });
});
