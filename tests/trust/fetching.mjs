// F: what the gateway asks of others. It runs as in production; what it looks up and connects is seen at its sockets.
import assert from "node:assert/strict";
import { step, story } from "../peers/lib/harness.mjs";
import { until } from "../peers/lib/wait.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { guard, selected } from "./guard.mjs";
import { HOST, Outside, Peer } from "./outside.mjs";
import { forbiddenAnswers, forbiddenUrls, rebinding } from "./ssrf.mjs";

await story("What is asked of others", async () => {
  const outside = await step("Plaza and the gateway run as in production", () => Outside.start());
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
