// Signatures between real servers: each way that Fedify signs is taken alone, what it signs badly is refused, ours hold for
// Fedify both ways; and which scheme, whose key, when it is asked for.
import assert from "node:assert/strict";
import http from "node:http";
import { verify } from "node:crypto";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { Fedify } from "../peers/lib/fedify.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { until } from "../peers/lib/wait.mjs";
import { Clock } from "../faults/lib/clock.mjs";
import { guard, selected } from "./guard.mjs";
import { Scene } from "./scene.mjs";
import { cavage, pemOf, post, rfc9421, rsaKey, send, sha256 } from "./village.mjs";

const SOON = 20;
const DAY = 86_400;

/** In front of a server: refuses POSTs that are not signed as RFC 9421 has it, as a server that dropped the draft would. */
async function onlyRfc9421(port, target) {
  const seen = [];
  const server = http.createServer((request, answer) => {
    const modern = request.headers["signature-input"] !== undefined;
    if (request.method === "POST") seen.push(modern ? "rfc9421" : "cavage");
    if (request.method === "POST" && !modern) {
      request.resume();
      answer.writeHead(401).end();
      return;
    }
    const onward = http.request({ port: target, path: request.url, method: request.method, headers: request.headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    onward.on("error", () => answer.writeHead(502).end());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  atEnd(() => server.close() && server.closeAllConnections());
  return seen;
}

/** Whether a request that we sent holds by RFC 9421, by the key in `pem`: built anew here. */
function holds(origin, { path, headers, body }, pem) {
  const [, input, created] = /^sig1=(\("@method" "@target-uri" "content-digest"\);created=(\d+);keyid="[^"]+")$/.exec(headers["signature-input"]);
  if (headers["content-digest"] !== `sha-256=:${sha256(body)}:` || Math.abs(created - Date.now() / 1000) > 30 * DAY) return false;
  const base = [`"@method": POST`, `"@target-uri": ${origin}${path}`, `"content-digest": ${headers["content-digest"]}`, `"@signature-params": ${input}`].join("\n");
  const [, value] = /^sig1=:(.+):$/.exec(headers.signature);
  return verify("sha256", Buffer.from(base), pem, Buffer.from(value, "base64"));
}

await story("Signatures", async () => {
  const scene = await Scene.open({ clock: Clock, workers: 3 });
  const { honest, hostile, victor, mallory, alice, inbox, plaza, gateway, world } = scene;
  await step("victor follows, answers, likes and boosts", () => scene.live());
  const texts = async () => (await plaza.show(scene.post)).replies.map(({ text }) => text);
  const shows = (text) => until(`"${text}" on Plaza`, SOON, async () => (await texts()).includes(text));

  // ---- Fedify
  if (selected()) {
    const [port, front] = [await freePort(), await freePort()];
    const knocks = await onlyRfc9421(front, port);
    const rosa = await step("a Fedify server runs, and one that takes RFC 9421 only", async () => ({
      both: await Fedify.start(world.folder),
      modern: await Fedify.start(world.folder, { user: "ruth", port, origin: `http://127.0.0.1:${front}` }),
    }));
    const signed = (how, text) => rosa.both.tell("post", { inReplyTo: scene.object, text: `<p>${text}</p>`, scheme: how });
    for (const how of ["rfc9421", "cavage", "proof"])
      await step(`Fedify's ${how} alone is taken`, async () => {
        const { attempts } = await signed(how, `By ${how}.`);
        assert.deepEqual(attempts.map(({ status, scheme }) => [status, scheme]), [[202, how === "proof" ? "unsigned" : how]]);
        await shows(`By ${how}.`);
      });
    await step("Fedify's none, badsig, wrongkey and LD signature alone are refused", async () => {
      const before = await scene.state();
      for (const how of ["none", "badsig", "wrongkey", "ld"]) {
        const { attempts } = await signed(how, `By ${how}.`);
        assert.deepEqual(attempts.map(({ status }) => status), [401], how);
      }
      assert.deepEqual(await scene.state(), before);
    });
    for (const [name, fedify] of Object.entries(rosa))
      await step(`ours holds for the Fedify that takes ${name === "both" ? "either, by the draft" : "RFC 9421 only, by that"}`, async () => {
        await fedify.follow(`@alice@${gateway.host}`);
        await until("the Accept", SOON, () => fedify.follows(alice));
        const text = `For ${name}.`;
        await plaza.post("alice", text);
        const [id] = await until("the post", SOON, async () => {
          const found = await fedify.notesWith(text);
          return found.length && found;
        });
        const lines = await fedify.ask("verify");
        const create = await until("Fedify's verdict", SOON, () => lines.find((line) => line.id === `${id}#create`));
        assert.deepEqual([create.verified, create.http, create.ld], [true, true, false]);
        const raw = (await fedify.ask("raw")).filter(({ body }) => body.includes(id));
        assert.deepEqual(raw.map(({ headers }) => (headers["signature-input"] ? "rfc9421" : "cavage")), [name === "both" ? "cavage" : "rfc9421"]);
      });
    await step("who took RFC 9421 only was knocked at twice once, and then as it likes it", () => assert.deepEqual(knocks, ["cavage", "rfc9421", "rfc9421"]));
  }

  // ---- which scheme
  const told = async (text) => {
    const from = honest.arrivals.length;
    await plaza.post("alice", text);
    await until(`"${text}" at victor's`, SOON, () => honest.arrivals.slice(from).some(({ activity }) => activity.object?.content?.includes(text)));
    await scene.settled(); // what came of it is in the store, by the clock of then
    return honest.arrivals.slice(from);
  };
  const scheme = ({ headers }) => (headers["signature-input"] ? "rfc9421" : "cavage");
  const answers = (status, when = () => true) => {
    honest.script = (request) => (request.method === "POST" && when(request) ? { status } : undefined);
  };
  const isDraft = (request) => request.headers["signature-input"] === undefined;
  const pem = (await (await fetch(alice, { headers: { accept: "application/activity+json" } })).json()).publicKey.publicKeyPem;
  const delivered = async (count) => {
    await until(`${count} deliveries of it`, SOON, async () => honest.arrivals.length >= count);
    await scene.settled(); // what came of it is in the store, by the clock of then
  };

  await step("who answers 400, 401 or 403 to the draft is knocked at once more, by RFC 9421", async () => {
    for (const [index, status] of [400, 401, 403].entries()) {
      world.clock.advance(8 * DAY); // what was remembered is forgotten
      answers(status, isDraft);
      const from = honest.arrivals.length;
      await plaza.post("alice", `Knock ${index}.`);
      await delivered(from + 2);
      const arrived = honest.arrivals.slice(from);
      assert.deepEqual(arrived.map(scheme), ["cavage", "rfc9421"], `${status}`);
      assert.equal(holds(honest.origin, arrived[1], pem), true);
      assert.equal(arrived[0].activity.id, arrived[1].activity.id);
    }
  });
  await step("what worked is remembered for seven days", async () => {
    const arrived = await told("Remembered.");
    assert.deepEqual(arrived.map(scheme), ["rfc9421"]);
    world.clock.advance(6 * DAY);
    assert.deepEqual((await told("Still remembered.")).map(scheme), ["rfc9421"]);
    answers(202);
    world.clock.advance(2 * DAY);
    assert.deepEqual((await told("Forgotten.")).map(scheme), ["cavage"]);
  });
  await step("who refuses both is not knocked at twice again that day", async () => {
    world.clock.advance(8 * DAY);
    answers(401);
    const from = honest.arrivals.length;
    await plaza.post("alice", "Refused.");
    await delivered(from + 2);
    await plaza.post("alice", "Refused again.");
    await delivered(from + 3);
    assert.deepEqual(honest.arrivals.slice(from).map(scheme), ["cavage", "rfc9421", "cavage"]);
  });
  await step("404, 410 and 500 are no reason to knock again", async () => {
    for (const status of [404, 500]) {
      world.clock.advance(8 * DAY);
      answers(status, ({ url }) => url.endsWith("/inbox"));
      const from = honest.arrivals.length;
      await plaza.post("alice", `No knock ${status}.`);
      await delivered(from + 1);
      assert.deepEqual(honest.arrivals.slice(from).map(scheme), ["cavage"], `${status}`);
    }
    honest.script = undefined;
  });

  // ---- whose key, when it is asked for
  const now = () => ({ date: world.clock.now(), created: Math.floor(world.clock.now() / 1000) });
  const wave = (person, { activity = hostile.activity(person, "Wave", alice), ...options } = {}) => post(inbox, person, activity, { ...now(), ...options });
  const asked = () => hostile.fetches.filter(({ method, path }) => method === "GET" && path === new URL(mallory.id).pathname).length;
  await step("both schemes are taken from a person, and a key that changed is asked for once", async () => {
    assert.equal(await wave(mallory), 202);
    assert.equal((await send(inbox, rfc9421(inbox, hostile.activity(mallory, "Wave", alice), { ...mallory, ...now() }))).status, 202);
    const before = asked();
    mallory.key = rsaKey();
    hostile.documents.get(new URL(mallory.id).pathname).publicKey.publicKeyPem = pemOf(mallory.key);
    // The worker that has asked just now does not ask again so soon.
    await until("the new key is known", SOON, async () => (await wave(mallory)) === 202);
    assert.equal(asked() - before, 1);
  });
  await step("who shows nothing to the draft is asked by the path without its query, then by RFC 9421", async () => {
    const wants = { "/notes/path?n=1": (text) => text === "path", "/notes/modern?n=1": (text) => text === "rfc9421", "/notes/none?n=1": () => false };
    const asked = [];
    const how = ({ headers, url }) => {
      if (headers["signature-input"]) return "rfc9421";
      const value = Buffer.from(/signature="([^"]+)"/.exec(headers.signature)[1], "base64");
      const holds = (target) => verify("sha256", Buffer.from(`(request-target): get ${target}\nhost: ${headers.host}\ndate: ${headers.date}`), instance, value);
      return holds(url) ? "cavage" : holds(url.split("?")[0]) ? "path" : "wrong";
    };
    const instance = (await (await fetch(`${gateway.origin}/actor`, { headers: { accept: "application/activity+json" } })).json()).publicKey.publicKeyPem;
    honest.script = (request) => {
      if (!wants[request.url]) return undefined;
      asked.push([request.url, how(request)]);
      const note = honest.note(victor, scene.object, `Seen at ${request.url}.`, { id: honest.origin + request.url, published: world.clock.now().toISOString() });
      return wants[request.url](how(request)) ? { status: 200, body: JSON.stringify(note) } : { status: 401 };
    };
    for (const url of Object.keys(wants)) {
      const from = asked.length;
      assert.equal(await wave(honest.people.neighbour, { activity: honest.activity(victor, "Create", honest.origin + url) }), 202);
      await scene.settled();
      const ways = ["cavage", "path", "rfc9421"].slice(0, url.includes("path") ? 2 : 3);
      assert.deepEqual(asked.slice(from), ways.map((way) => [url, way]));
      assert.equal((await texts()).some((text) => text.includes(url)), !url.includes("none"), url);
    }
    honest.script = undefined;
  });
  await guard("K6", "forgeries make nobody's server be asked again and again", async () => {
    const oscar = hostile.settle("oscar");
    const times = () => hostile.fetches.filter(({ path }) => path === "/users/oscar").length;
    assert.equal(await wave(oscar), 202);
    const forger = rsaKey();
    for (let count = 0; count < 40; count++) assert.equal(await wave(oscar, { key: forger }), 401);
    assert.ok(times() <= 2, `asked ${times()} times`);
  });
  await guard("K7", "a key that cannot be had for a moment is no reason to drop what it signed", async () => {
    const late = hostile.settle("late");
    hostile.script = ({ url }) => (url === "/users/late" ? { status: 503 } : undefined);
    const answer = await send(inbox, cavage(inbox, hostile.activity(late, "Wave", alice), { ...late, ...now() }));
    assert.equal(answer.status, 503);
    assert.match(answer.text, /^retry-after: \d+/im);
    hostile.script = undefined;
  });
});
