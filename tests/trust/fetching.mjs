// F: what the gateway asks of others. It runs as in production; what it looks up and connects is seen at its sockets.
import assert from "node:assert/strict";
import net from "node:net";
import { verify } from "node:crypto";
import { gzipSync } from "node:zlib";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { until } from "../peers/lib/wait.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { guard, selected } from "./guard.mjs";
import { HOST, Outside, Peer } from "./outside.mjs";
import { forbiddenAnswers, forbiddenUrls, rebinding } from "./ssrf.mjs";

await story("What is asked of others", async () => {
  const outside = await step("Plaza and the gateway run as in production", () => Outside.start({ environment: { https_proxy: "http://93.184.215.200:443" } }));
  const { plaza } = outside;
  const peer = await Peer.start(outside, "peer.example");
  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", 20, () => outside.actorOf("alice"));

  /** An activity whose signature's key lies at `url`: the gateway wants to have it. The status. */
  const askFor = (url) => peer.post({ ...peer.activity("Wave", actor), actor: url.split("#")[0] }, { keyId: url });
  /** As above, and the peer's server leads on to `target`. */
  const leadTo = (target) => askFor(peer.leadTo(target));
  /** What it looked up and connected while `action` ran, the peer left out. */
  const during = async (action) => {
    outside.seen();
    await action();
    return outside.seen().filter((line) => line !== `socket ${peer.address} 443` && line !== `lookup ${peer.host}`);
  };
  const nothingIsTouched = async (url) => {
    assert.deepEqual(await during(() => askFor(url)), [], url);
    assert.deepEqual(await during(() => leadTo(url)), [], `a redirect to ${url}`);
  };

  await guard("F32", "the environment names no proxy", async () => {
    const touched = outside.touched.length;
    assert.equal(await peer.post({ ...peer.activity("Wave", actor), actor: `${peer.origin}/users/unproxied` }, { keyId: `${peer.origin}/users/unproxied` }), 401);
    assert.equal(outside.touched.length, touched);
    assert.ok(peer.asked.some(({ url }) => url === "/users/unproxied"));
  });
  await step("an honest server is asked for its key and believed", async () => {
    assert.equal(await peer.post(peer.activity("Wave", actor)), 202);
    assert.ok(outside.seen().includes(`socket ${peer.address} 443`));
  });

  // ---- which URLs
  const PUBLIC = "93.184.215.100";
  for (const host of ["m.example", "m.example.", "m.example.7", "intranet", "x.onion", "me.example", "m.ex.example"]) outside.name(host, PUBLIC);

  await guard("F1", "only https is asked", () => nothingIsTouched("http://m.example:443/users/x"));
  await guard("F2", "only port 443 is asked", () => nothingIsTouched("https://m.example:8443/users/x"));
  await guard("F3", "nobody is asked with a user's name", () => nothingIsTouched("https://user:secret@m.example/users/x"));
  await guard("F4", "an address is no server's name", () => nothingIsTouched(`https://${PUBLIC}/users/x`));
  await guard("F5", "nor is what ends like one", () => nothingIsTouched("https://m.example.7/users/x"));
  await guard("F6", "names without a dot are this network's", () => nothingIsTouched("https://intranet/users/x"));
  await guard("F7", "no dot at the end: it would be another name for blocks and ids", () => nothingIsTouched("https://m.example./users/x"));
  await guard("F8", "a name is brought to its ASCII form before it is judged", async () => {
    outside.name("ｂｒｉｄｇｅ.example.org", PUBLIC);
    await nothingIsTouched(`https://ｂｒｉｄｇｅ.example.org/users/x`);
  });
  await guard("F9", "no name that no public server can have", () => nothingIsTouched("https://x.onion/users/x"));
  await guard("F10", "no character that others read differently", () => nothingIsTouched("https://m.example/users\\x"));
  await guard("F11", "no host that is written with escapes", () => nothingIsTouched("https://m%2Eex.example/users/x"));
  await guard("F12", "no URL longer than 2048 bytes", async () => {
    const { length } = peer.asked;
    const note = `${peer.origin}/notes/${"x".repeat(3000)}`;
    assert.equal(await peer.post(peer.activity("Create", note)), 202);
    const short = `${peer.origin}/notes/short`;
    assert.equal(await peer.post(peer.activity("Create", short)), 202);
    await until("the short one was asked for", 10, () => peer.asked.some(({ url }) => url === "/notes/short"));
    assert.deepEqual(peer.asked.slice(length).filter(({ url }) => url.startsWith("/notes/xxx")), []);
  });

  // ---- which addresses
  const isLookedUpOnly = async (answers) => {
    const host = `a${++peer.serial}.attack.example`;
    outside.name(host, answers);
    assert.deepEqual(await during(() => askFor(`https://${host}/users/x`)), [`lookup ${host}`]);
  };
  await guard("F13", "no private or reserved IPv4 address is connected", async () => {
    for (const address of ["10.0.0.1", "127.0.0.2", "169.254.169.254", "192.168.1.1"]) await isLookedUpOnly([address]);
  });
  await guard("F14", "of IPv6 only public unicast that does not lead back to IPv4", async () => {
    for (const address of ["::1", "fd00::1", "fe80::1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001:0:7f00:1::1"]) await isLookedUpOnly([address]);
  });
  await guard("F15", "no IPv4 address in IPv6 clothes", () => isLookedUpOnly(["::ffff:8.8.8.8"]));
  await guard("F16", "one bad address among good ones is one too many", () => isLookedUpOnly([PUBLIC, "10.0.0.1"]));
  await guard("F17", "a name is looked up once, and what was checked is what is connected", async () => {
    const other = await Peer.start(outside, "rebind.example");
    outside.lines = outside.lines.filter((line) => !line.startsWith("name rebind.example "));
    outside.name("rebind.example", other.address, "10.0.0.1");
    outside.seen();
    assert.equal(await other.post(other.activity("Wave", actor)), 202);
    assert.deepEqual(outside.seen(), ["lookup rebind.example", `socket ${other.address} 443`]);
  });
  await guard("F18", "the address is checked once more when its socket is made, whatever was pinned", async () => {
    outside.name("swapped.example", "93.184.215.101");
    outside.say("swap 93.184.215.101 10.66.0.1");
    assert.deepEqual(await during(() => askFor("https://swapped.example/users/x")), ["lookup swapped.example"]);
  });
  await guard("F19", "of many addresses two are tried", async () => {
    const nobody = await freePort();
    const many = Array.from({ length: 8 }, (_, i) => `93.184.215.${110 + i}`);
    for (const address of many) outside.say(`route ${address} 443 ${nobody}`);
    outside.name("many.example", many);
    const seen = await during(() => askFor("https://many.example/users/x"));
    assert.deepEqual(seen, ["lookup many.example", ...many.slice(0, 2).map((address) => `socket ${address} 443`)]);
  });

  await guard("F20", "it never asks itself, however that is written", async () => {
    outside.name(HOST, PUBLIC);
    const { pathname } = new URL(actor);
    for (const authority of [HOST, HOST.toUpperCase(), `${HOST}:443`]) await nothingIsTouched(`https://${authority}${pathname}`);
  });

  // ---- what is asked, and what is made of the answer
  /** An actor of the peer's with that document; what the gateway makes of it: 202 when it believes. */
  const believes = async (name, reply, host = peer) => {
    const url = `${host.origin}/users/${name}`;
    host.script = (request, answer) => request.url === `/users/${name}` && (reply(answer, url), true);
    return (await peer.post({ ...peer.activity("Wave", actor), actor: url }, { keyId: `${url}#main-key` })) === 202;
  };
  const person = (url, more = {}) => peer.person({ id: url, inbox: `${url}/inbox`, publicKey: { id: `${url}#main-key`, owner: url, publicKeyPem: peer.person().publicKey.publicKeyPem }, ...more });
  const answerWith = (answer, body, headers = {}) => answer.writeHead(200, { "content-type": "application/activity+json", ...headers }).end(body);
  const timed = async (action) => {
    const began = performance.now();
    return [await action(), performance.now() - began];
  };
  // They take their time, so they begin before the others and all at once.
  const slowly = (number, path, first, drip, pause) => {
    if (!selected(number)) return undefined;
    const begun = Peer.start(outside, `${path}.example`).then((slow) => {
      slow.script = ({ url }, answer) => {
        if (url !== "/users/slow") return false;
        answer.writeHead(200, { "content-type": "application/activity+json" });
        answer.write(first);
        const timer = setInterval(() => answer.write(drip), pause);
        answer.on("close", () => clearInterval(timer));
        return true;
      };
      const url = `${slow.origin}/users/slow`;
      return timed(() => peer.post({ ...peer.activity("Wave", actor), actor: url }, { keyId: url }));
    });
    begun.catch(() => {});
    return begun;
  };
  const long = slowly("F21", "long", "{", " ".repeat(2000), 500);
  const trickle = slowly("F22", "trickle", "{", " ", 500);
  const silent = selected("F23") ? net.createServer((socket) => socket.on("error", () => {})) : undefined;
  let handshake;
  if (silent) {
    const port = await freePort();
    await new Promise((resolve) => silent.listen(port, "127.0.0.1", resolve));
    atEnd(() => silent.close());
    outside.say(`route 93.184.215.102 443 ${port}`);
    outside.name("silent.example", "93.184.215.102");
    handshake = timed(() => askFor("https://silent.example/users/x"));
  }

  await step("an honest actor is believed", async () => assert.ok(await believes("honest", (answer, url) => answerWith(answer, JSON.stringify(person(url))))));
  await guard("F24", "more than three redirects are not followed", async () => {
    const { length } = peer.asked;
    peer.script = ({ url }, answer) => url.startsWith("/round/") && (answer.writeHead(302, { location: `/round/${Number(url.slice(7)) + 1}` }).end(), true);
    assert.equal(await askFor(`${peer.origin}/round/1`), 401);
    assert.equal(peer.asked.length - length, 4);
  });
  await guard("F25", "each hop is signed anew for where it goes, and for nobody else", async () => {
    const other = await Peer.start(outside, "hop.example");
    other.documents.set("/users/hop", () => ({}));
    assert.equal(await askFor(peer.leadTo(`${other.origin}/users/hop`)), 401);
    const [{ headers }] = other.asked;
    const { signature } = headers;
    const [, names] = /headers="([^"]+)"/.exec(signature);
    const { publicKeyPem } = JSON.parse((await outside.ask("GET", "/actor", { headers: { accept: "application/activity+json" } })).body).publicKey;
    const text = names.split(" ").map((name) => `${name}: ${name === "(request-target)" ? "get /users/hop" : headers[name]}`).join("\n");
    assert.equal(headers.host, other.host);
    assert.ok(names.includes("host"));
    assert.ok(verify("sha256", Buffer.from(text), publicKeyPem, Buffer.from(/signature="([^"]+)"/.exec(signature)[1], "base64")), "the signature is not for this host");
  });
  await guard("F26", "a head of more than 16 KiB is not read to its end", async () =>
    assert.ok(!(await believes("head", (answer, url) => answerWith(answer, JSON.stringify(person(url)), { "x-long": "h".repeat(15_000), "x-longer": "h".repeat(2000) })))),
  );
  await guard("F27", "a document of more than 1 MiB is not read to its end, whatever its length is said to be", async () =>
    assert.ok(!(await believes("large", (answer, url) => answerWith(answer, JSON.stringify(person(url)) + " ".repeat(1 << 20))))),
  );
  await guard("F28", "nor one that grows so long when it is unpacked", async () =>
    assert.ok(!(await believes("bomb", (answer, url) => answerWith(answer, gzipSync(JSON.stringify(person(url)) + " ".repeat(1 << 20)), { "content-encoding": "gzip" })))),
  );
  await guard("F29", "what is no ActivityPub by its type is none: somebody may have uploaded it", async () => {
    for (const type of ["application/json", "text/html", "image/png", "application/ld+json", "text/plain; x=application/activity+json"])
      assert.ok(!(await believes(`typed-${++peer.serial}`, (answer, url) => answerWith(answer, JSON.stringify(person(url)), { "content-type": type }))), type);
  });
  await guard("F30", "JSON of others is held to the limits of our own inbox", async () =>
    assert.ok(!(await believes("deep", (answer, url) => answerWith(answer, JSON.stringify(person(url, { deep: JSON.parse("[".repeat(64) + "]".repeat(64)) })))))),
  );
  await guard("F31", "who shows a certificate of somebody else is not asked", async () => {
    const liar = await Peer.start(outside, "liar.example", { certificateFor: "elsewhere.example" });
    assert.equal(await liar.post(liar.activity("Wave", actor)), 503);
    assert.deepEqual(liar.asked, []);
  });
  await guard("F33", "one job asks others so often and no oftener", async () => {
    const crowd = await Peer.start(outside, "x.io");
    const names = Array.from({ length: 50 }, (_, i) => `@${i.toString(36)}@${crowd.host}`);
    assert.equal(await peer.post(peer.activity("Follow", actor)), 202);
    await plaza.post("alice", `asks ${names.join(" ")}`);
    await until("the post came", 40, () => peer.arrivals.some(({ type, object }) => type === "Create" && object.content.includes("asks")));
    const asked = crowd.asked.filter(({ url }) => url.startsWith("/.well-known/webfinger"));
    assert.ok(asked.length > 20 && asked.length <= 40, `${asked.length}`);
  });
  await guard("F34", "what was refused is not asked for again within minutes", async () => {
    const url = `${peer.origin}/notes/missing`;
    const { length } = peer.asked;
    for (let times = 0; times < 3; times++) assert.equal(await peer.post(peer.activity("Create", url)), 202);
    await peer.post(peer.activity("Create", `${peer.origin}/notes/last`));
    await until("the last was asked for", 20, () => peer.asked.some(({ url }) => url === "/notes/last"));
    assert.equal(peer.asked.slice(length).filter(({ url }) => url === "/notes/missing").length, 1);
  });
  await guard("F35", "a delivery follows no redirect", async () => {
    const follower = await Peer.start(outside, "moved.example");
    const other = await Peer.start(outside, "target.example");
    follower.script = (request, answer) => request.method === "POST" && (answer.writeHead(307, { location: `${other.origin}/inbox` }).end(), true);
    assert.equal(await follower.post(follower.activity("Follow", actor)), 202);
    await until("the Accept was sent", 20, () => follower.arrivals.length > 0);
    await plaza.post("alice", "for who moved");
    await until("the post was sent", 20, () => follower.arrivals.some(({ type }) => type === "Create"));
    assert.deepEqual(other.asked, []);
  });
  await guard("F36", "an inbox is on its actor's own server, so that nobody is sent what others asked for", async () => {
    const victim = await Peer.start(outside, "victim.example");
    const place = `${peer.origin}/users/pointing`;
    peer.script = ({ url }, answer) => url === "/users/pointing" && (answerWith(answer, JSON.stringify(person(place, { inbox: `${victim.origin}/inbox`, endpoints: { sharedInbox: `${victim.origin}/inbox` } }))), true);
    await peer.post({ ...peer.activity("Follow", actor), actor: place }, { keyId: `${place}#main-key` });
    const sharing = `${peer.origin}/users/sharing`;
    peer.script = ({ url }, answer) => url === "/users/sharing" && (answerWith(answer, JSON.stringify(person(sharing, { endpoints: { sharedInbox: `${victim.origin}/inbox` } }))), true);
    assert.equal(await peer.post({ ...peer.activity("Follow", actor), actor: sharing }, { keyId: `${sharing}#main-key` }), 202);
    await until("the Accept was sent", 20, () => peer.asked.some(({ url }) => url === "/users/sharing/inbox"));
    await plaza.post("alice", "for who shares");
    await until("the post was sent", 20, () => peer.arrivals.some(({ type, object }) => type === "Create" && object.content.includes("for who shares")));
    assert.deepEqual(victim.asked, []);
  });
  await guard("F37", "a handle is its own server's to give: one that leads elsewhere is no mention", async () => {
    const finger = await Peer.start(outside, "finger.example");
    const self = { rel: "self", type: "application/activity+json", href: peer.actor };
    finger.script = ({ url }, answer) => url.startsWith("/.well-known/webfinger") && (answer.writeHead(200, { "content-type": "application/jrd+json" }).end(JSON.stringify({ subject: "acct:mallory@finger.example", links: [self] })), true);
    await peer.post(peer.activity("Follow", actor));
    await plaza.post("alice", "greets @mallory@finger.example");
    const create = await until("the post came", 20, () => peer.arrivals.find(({ type, object }) => type === "Create" && object.content.includes("greets")));
    assert.deepEqual((create.object.tag ?? []).filter(({ type }) => type === "Mention"), []);
  });

  await guard("F21", "a document is had within 15 s or not at all", async () => {
    const [status, ms] = await long;
    assert.ok(status === 503 && ms > 12_000 && ms < 20_000, `${status} ${ms}`);
  });
  await guard("F22", "who sends less than 1000 bytes a second is given up after 10 s", async () => {
    const [status, ms] = await trickle;
    assert.ok(status === 503 && ms > 8_000 && ms < 14_000, `${status} ${ms}`);
  });
  await guard("F23", "who does not let himself be connected is given up after 5 s", async () => {
    const [status, ms] = await handshake;
    assert.ok(status === 503 && ms > 4_000 && ms < 9_000, `${status} ${ms}`);
  });

  // ---- everything that was ever tried
  if (selected("corpus")) {
    const socketsOf = (lines) => lines.filter((line) => line.startsWith("socket "));
    await step(`${forbiddenUrls.length} URLs: nothing is looked up, nothing connected, asked for or led to`, async () => {
      const touched = [];
      for (const { what, url } of forbiddenUrls) {
        touched.push(...(await during(() => askFor(url))).map((line) => `${what} ${url}: ${line}`));
        // A line end in it would end the header that leads there.
        if (!/[\r\n]/.test(url)) touched.push(...(await during(() => leadTo(url))).map((line) => `a redirect to ${what} ${url}: ${line}`));
      }
      assert.deepEqual(touched, []);
    });
    await step(`${forbiddenAnswers.length} answers to a lookup: nothing is connected`, async () => {
      for (const { host, answers } of forbiddenAnswers) outside.name(host, ...answers);
      const touched = [];
      for (const { what, url, host, answers } of forbiddenAnswers) {
        const seen = await during(() => askFor(url));
        assert.ok(seen.includes(`lookup ${host}`), `${what} ${url}`);
        touched.push(...socketsOf([...seen, ...(await during(() => leadTo(url)))]).map((line) => `${what} ${answers}: ${line}`));
      }
      assert.deepEqual(touched, []);
    });
    await step(`${rebinding.length} names whose second answer is another: the first is connected, the second never`, async () => {
      for (const { host, url, second } of rebinding) {
        outside.name(host, PUBLIC, second);
        assert.deepEqual(await during(() => askFor(url)), [`lookup ${host}`, `socket ${PUBLIC} 443`]);
        assert.deepEqual(socketsOf(await during(() => leadTo(url))), [`socket ${PUBLIC} 443`], second);
      }
    });
    await step("the canary heard of none but those", () => assert.equal(outside.touched.length, 2 * rebinding.length));
  }
});
