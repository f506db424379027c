// Many remote people, each on a host of its own: one server on all of 127.0.0.0/8 that is every one of them. They share
// one key, answer for their documents and count what is posted to them.
import http from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { atEnd } from "../../tests/peers/lib/harness.mjs";
import { freePort } from "../../tests/peers/lib/ports.mjs";
import { signedHeaders } from "../../tests/peers/lib/signing.mjs";

const ACTIVITY = "application/activity+json";

export class Crowd {
  posts = 0;
  creates = 0;

  static async start() {
    const crowd = new Crowd();
    crowd.port = await freePort();
    crowd.key = generateKeyPairSync("rsa", { modulusLength: 2048 });
    crowd.publicPem = crowd.key.publicKey.export({ type: "spki", format: "pem" });
    crowd.privatePem = crowd.key.privateKey.export({ type: "pkcs8", format: "pem" });
    const server = http.createServer((request, response) => crowd.answer(request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise((resolve) => server.listen(crowd.port, "0.0.0.0", resolve));
    atEnd(() => (server.closeAllConnections(), server.close()));
    return crowd;
  }

  answer(request, response) {
    if (request.method === "POST") {
      let head = "";
      request.on("data", (data) => (head += head.length < 2000 ? data.toString("latin1", 0, 2000) : ""));
      request.on("end", () => {
        this.posts++;
        if (/"type":\s*"Create"/.test(head)) this.creates++;
        response.writeHead(202, { "content-length": 0 }).end();
      });
      return;
    }
    request.resume();
    const found = /^\/users\/\w+$/.test(request.url);
    response.writeHead(found ? 200 : 404, { "content-type": ACTIVITY });
    response.end(found ? JSON.stringify(this.document(`http://${request.headers.host}${request.url}`)) : "");
  }

  document(id) {
    return {
      "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
      ...{ id, type: "Person", preferredUsername: id.split("/").pop(), name: "One of many", inbox: `${id}/inbox`, outbox: `${id}/outbox` },
      publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: this.publicPem },
    };
  }

  /** The person on the host number `number` of a block of hosts. */
  person(block, number) {
    return `http://127.${block}.${Math.floor(number / 250) + 1}.${(number % 250) + 1}:${this.port}/users/p${number}`;
  }

  async post(from, inbox, activity) {
    const body = JSON.stringify({ "@context": "https://www.w3.org/ns/activitystreams", actor: from, ...activity });
    const headers = signedHeaders({ method: "POST", url: inbox, key: this.key, keyId: `${from}#main-key`, body, type: ACTIVITY });
    const answer = await fetch(inbox, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`${activity.type} to ${inbox}: ${answer.status} ${await answer.text()}`);
  }

  /** People of a block follow the actor, a few at a time. */
  async follow(actor, inbox, block, count) {
    for (let i = 0; i < count; i += 10)
      await Promise.all(
        Array.from({ length: Math.min(10, count - i) }, (_, j) => this.person(block, i + j)).map((person) =>
          this.post(person, inbox, { id: `${person}/follows/1`, type: "Follow", object: actor }),
        ),
      );
  }
}

/**
 * A Create of 4 KB by a person that nobody here follows, as a template of bench/tools/inbox_load: %08d is the number of
 * the message, and `id` may hold %04u, the number of the person.
 */
export function createOf(id, mark) {
  const note = `${id}/notes/${mark}-%08d____`;
  const to = ["https://www.w3.org/ns/activitystreams#Public"];
  const cc = [`${id}/followers`];
  const published = new Date().toISOString();
  const create = {
    "@context": ["https://www.w3.org/ns/activitystreams", { sensitive: "as:sensitive", toot: "http://joinmastodon.org/ns#", Hashtag: "as:Hashtag" }],
    ...{ id: `${note}#create`, type: "Create", actor: id, published, to, cc },
    object: {
      ...{ id: note, type: "Note", attributedTo: id, published, to, cc, sensitive: false, content: "" },
      tag: Array.from({ length: 6 }, (_, i) => ({ type: "Hashtag", href: `http://127.0.0.1/tags/drawbridge${i}`, name: `#drawbridge${i}` })),
      attachment: [{ type: "Document", mediaType: "image/jpeg", url: "http://127.0.0.1/owl.jpg", name: "A tawny owl on a beam", width: 1600, height: 1200 }],
    },
  };
  create.object.content = `<p>${"The drawbridge is down, and the owl calls. ".repeat(100)}`.slice(0, 4096 - JSON.stringify(create).length - 4) + "</p>";
  return JSON.stringify(create);
}
