// What the ledger says of a Delete, with servers that behave in every way: each state is reached as it should and only
// then; what is printed and signed follows from it.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { build, full, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { ProofJudge } from "./lib/proof_judge.mjs";
import { SOON, Scene } from "./lib/scene.mjs";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
// How many bytes of a receipt are changed: each costs us a process (tests/unit/gateway/ledger changes every byte), the judge
// nearly nothing.
const CHANGES = full ? { ours: 1000, judge: Infinity } : { ours: 40, judge: 800 };

await story("The truth about a Delete", async () => {
  const scene = await Scene.start();
  const { folder, plaza, gateway, peer, snac, strangers } = scene;
  const of = (document, { origin }) => document.hosts.find(({ host }) => host === new URL(origin).host);

  const takes = await scene.add("takes", 202, "mastodon");
  const refuses = await scene.add("refuses", 404, "misskey");
  const busy = await scene.add("busy", 503, undefined);
  const leaves = await scene.add("leaves", 202, "lemmy");
  const looks = await scene.add("looks", 202, "nodebb");
  const shows = await scene.add("shows", 202, "mastodon");
  const clears = await scene.add("clears", 202, "pleroma");
  const hides = await scene.add("hides", 202, "mastodon");
  const reads = await scene.add("reads", 202, "gotosocial");
  const followers = await scene.followed({ not: [reads] });
  const { actor } = scene;
  const boosters = [shows, clears, hides];
  const everyOne = [...Object.values(strangers), peer, snac];

  let note, post;
  const stateOf = (server) => scene.of(note, server)?.state;

  await step("before a Delete: exposed, with the reasons", async () => {
    ({ post, note } = await scene.published("Where will I be tomorrow?", followers));
    for (const booster of boosters) {
      booster.boost = booster.activity("Announce", note, { to: [PUBLIC] });
      booster.page = { status: 200, body: JSON.stringify(booster.boost) };
      assert.equal((await booster.post(`${actor}/inbox`, booster.boost)).status, 202);
    }
    assert.equal(await reads.fetchSigned(note), 200);
    await until("the boosts and the fetch", SOON, () => boosters.every((one) => scene.of(note, one).why.includes("boosted")) && scene.of(note, reads));
    const document = scene.ledger(note);
    assert.equal(document.state, "live");
    assert.deepEqual(document.counts, { exposed: everyOne.length });
    assert.ok(document.hosts.every(({ delete: asked }) => asked === undefined));
    assert.equal(document.asked_until, undefined);
    assert.deepEqual(of(document, takes).why, ["delivered"]);
    assert.deepEqual(of(document, shows).why, ["boosted"]);
    assert.deepEqual(of(document, reads).why, ["fetched"]);
    assert.match(scene.drawbridge("ledger", "receipt", note).stderr, /is not deleted/);
  });

  await step("after it: accepted, refused, waiting and unreachable, each with its time and reason", async () => {
    leaves.close();
    clears.page = { status: 404 };
    hides.page = { status: 403 };
    await plaza.remove(post);
    await until("the states", SOON, () => {
      const { counts } = scene.ledger(note);
      return counts.accepted === 8 && counts.refused === 1 && counts.queued === 1 && counts.unreachable === 1;
    });
    const document = scene.ledger(note);
    assert.equal(document.state, "deleted");
    assert.equal(Math.round((document.asked_until - document.deleted) / 86400e3), 180);
    const taken = of(document, takes);
    assert.equal(taken.code, 202);
    assert.ok(taken.queued <= taken.accepted && taken.accepted === taken.time);
    const refused = of(document, refuses);
    assert.deepEqual([refused.delete, refused.code], ["refused", 404]);
    const waits = of(document, busy);
    assert.deepEqual([waits.delete, waits.failures, waits.failure_code], ["queued", 1, 503]);
    const away = of(document, leaves);
    assert.deepEqual([away.delete, away.state, away.failure], ["queued", "unreachable", "connect"]);
    assert.ok(away.unreachable_since <= Date.now());
    for (const real of [peer, snac]) assert.equal(of(document, real).state, "accepted");
    assert.equal(scene.ledger(leaves.origin).deletes_waiting, 1);
  });

  await step("observed: only once a server was given our 410 on a signature that holds", async () => {
    assert.equal((await get(note)).status, 410); // unsigned: nobody
    assert.equal(await looks.fetchSigned(note, { key: Stranger.otherKey() }), 410); // forged
    await takes.fetchSigned(actor); // signed, but of something else
    assert.equal(stateOf(looks), "accepted");
    assert.equal(await looks.fetchSigned(note), 410);
    await until("observed", SOON, () => stateOf(looks) === "observed");
    const seen = scene.of(note, looks);
    assert.ok(seen.accepted <= seen.observed, "what was before is kept");
    assert.equal(stateOf(takes), "accepted");
  });

  await step("what each server runs is asked once, and summed up", async () => {
    await until("all software is known", SOON, () => {
      const { hosts } = scene.ledger(note);
      return hosts.filter(({ software }) => software).length === hosts.length - 2; // one is away, one does not say
    });
    const document = scene.ledger(note);
    assert.equal(of(document, takes).software, "mastodon");
    assert.equal(of(document, takes).version, "4.2");
    assert.equal(of(document, peer).software, "fedify-peer");
    assert.equal(of(document, snac).software, "snac");
    for (const { fetches } of [takes, looks]) assert.equal(fetches.filter((url) => url === "/nodeinfo/2.0").length, 1);
    const { software, hosts } = scene.ledger(note, "--summary");
    assert.equal(hosts, undefined);
    assert.deepEqual(software[0], { software: "mastodon", hosts: 3, counts: { accepted: 3 } });
    assert.match(scene.printed(note, "--summary"), /mastodon +3 +3 accepted/);
  });

  await step("filters and CSV", () => {
    assert.deepEqual(scene.ledger(note, "--state", "refused").hosts.map(({ host }) => host), [refuses.host]);
    assert.deepEqual(scene.ledger(note, "--state", "no-inbox").hosts, []);
    assert.equal(scene.ledger(note, "--software", "mastodon", "--why", "boosted").hosts.length, 2);
    assert.deepEqual(scene.ledger(note, "--host", busy.host).counts, { queued: 1 });
    const lines = scene.printed(note, "--csv").trimEnd().split("\r\n");
    assert.equal(lines.length, everyOne.length + 1);
    assert.match(lines[0], /^host,software,version,why,state,code,time,/);
    assert.ok(lines.some((line) => line.startsWith(`${refuses.host},misskey,4.2,delivered,refused,404,20`)));
    assert.match(scene.printed(note, "--summary", "--csv"), /^software,hosts,exposed,.*\r\nmastodon,3,0,0,0,3,0,0,0\r\n/);
    assert.equal(scene.drawbridge("ledger", busy.origin, "--csv").status, 2);
    for (const words of [["--state", "everywhere"], ["--why", "because"], ["--json", "--csv"]])
      assert.equal(scene.drawbridge("ledger", note, ...words).status, 2, words.join(" "));
  });

  await step("public pages that servers told us are looked at, anonymously and twice at most", async () => {
    const due = () => gateway.redis("EVAL", "for _, m in ipairs(redis.call('ZRANGE', 'copy_checks', 0, -1)) do redis.call('ZADD', 'copy_checks', 1, m) redis.call('DEL', 'copy_host:' .. m:match('%d+$')) end return redis.call('ZCARD', 'copy_checks')", "0");
    const looksAt = (server) => server.fetches.filter((url) => url === new URL(server.boost.id).pathname).length;
    assert.equal(looksAt(shows), 0, "not before its time");
    assert.equal((await due()).trim(), "3");
    await until("three looks", SOON, () => boosters.every((server) => scene.of(note, server).copy));
    assert.deepEqual(boosters.map((server) => scene.of(note, server).copy), ["still there", "gone", "cannot tell"]);
    assert.equal((await due()).trim(), "2");
    await until("two more", SOON, () => looksAt(shows) === 2 && looksAt(hides) === 2);
    await until("no more are planned", SOON, async () => (await due()).trim() === "0");
    assert.equal(looksAt(clears), 1);
    assert.equal(stateOf(shows), "accepted", "a look changes no state");
  });

  const file = folder.join("receipt.json");
  const verify = () => scene.drawbridge("ledger", "verify", file);
  let text;
  const judge = new ProofJudge();
  await step("the receipt holds for us, for Fedify and for jsonld-signatures", async () => {
    text = scene.printed("receipt", note).trimEnd();
    fs.writeFileSync(file, `${text}\n`);
    const receipt = JSON.parse(text);
    assert.equal(receipt.attributedTo, `${gateway.origin}/actor`);
    assert.equal(receipt.receipt.of.id, note);
    assert.equal(receipt.receipt.hosts.length, everyOne.length);
    assert.match(verify().stdout, /holds: .*\/actor signed it/);
    assert.equal((await peer.tell("verify-proof", { json: receipt })).verified, true);
    assert.equal(await judge.holds(receipt), true);
  });

  await step("another drawbridge verifies it by the key that our instance actor publishes", async () => {
    const other = folder.join("other.ini");
    const port = await freePort();
    const settings = fs.readFileSync(gateway.configuration, "utf8").replaceAll(gateway.host, `127.0.0.1:${port}`);
    fs.writeFileSync(other, `${settings}[redis]\nurl = unix://${gateway.data}/redis.sock\n`.replace(/^data_dir.*$/m, `data_dir = ${folder.join("other")}`));
    const { status, stdout, stderr } = spawnSync(path.join(build, "drawbridge"), ["ledger", "verify", file, "-c", other], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.ok(stdout.includes(`${gateway.origin}/actor signed it`), stdout);
  });

  await step("neither takes it with any byte changed, nor with another maker", async () => {
    const bytes = Buffer.from(text);
    for (let i = 0; i < CHANGES.ours; i++) {
      const at = Math.floor(((i + 0.5) * bytes.length) / CHANGES.ours);
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      fs.writeFileSync(file, changed);
      const { status, stderr } = verify();
      assert.equal(status, 1, `byte ${at} was changed: ${changed.subarray(at - 10, at + 10)}`);
      assert.match(stderr, /receipt\.json: it|receipt\.json: the/);
    }
    const stride = Math.max(1, bytes.length / CHANGES.judge);
    let judged = 0;
    for (let place = Math.random() * stride; place < bytes.length; place += stride, judged++) {
      const at = Math.floor(place);
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << Math.floor(Math.random() * 8);
      assert.equal(await judge.holdsText(changed.toString()), false, `byte ${at} was changed: ${changed.subarray(at - 10, at + 10)}`);
    }
    console.log(`         of ${bytes.length} bytes ${CHANGES.ours} were changed for us, ${judged} for the judge`);
    const forgeries = [{ ...JSON.parse(text), attributedTo: takes.actor }, JSON.parse(text.replace('"state":"refused"', '"state":"accepted"'))];
    for (const forged of forgeries) {
      fs.writeFileSync(file, JSON.stringify(forged));
      assert.equal(verify().status, 1);
      assert.equal((await peer.tell("verify-proof", { json: forged })).verified, false);
      assert.equal(await judge.holdsText(JSON.stringify(forged)), false);
    }
    fs.writeFileSync(file, text);
    assert.equal(verify().status, 0, "nothing was wrong but what was changed");
  });

  await step("the page of the receipt says each state in words, and nothing that is not known", () => {
    const page = scene.printed("receipt", note, "--html");
    for (const pattern of [
      /11 servers are known that may hold a copy: 7 answered that they took the request to delete, 1 was seen to learn of it, 1 did not take the request, 1 has not answered yet, 1 cannot be reached\./,
      /not what became of the copy/,
      /Mastodon gives this answer before it checks the request/,
      /did not take the request to delete .* \(HTTP 404\)/,
      /has taken nothing from us since .* \(connect\)/,
      /was still there on .* and named it/,
      /What cannot be known/,
    ])
      assert.match(page, pattern);
    assert.doesNotMatch(page, /everywhere|has been deleted|was removed|has removed|erased|<script/i);
  });

  await step("metrics tell the count of each state and the oldest that is unanswered, to this machine only", async () => {
    const figures = await scene.metrics();
    const states = { accepted: 7, observed: 1, refused: 1, queued: 1, unreachable: 1, no_inbox_known: 0 };
    for (const [state, count] of Object.entries(states)) assert.equal(figures[`deletes{state="${state}"}`], count, state);
    assert.equal(figures.deletes_owed, 1);
    assert.ok(figures.oldest_unanswered_delete_seconds < 600);
    for (const headers of [{ "x-forwarded-for": "203.0.113.9" }, { forwarded: "for=203.0.113.9" }])
      assert.equal((await get(`${gateway.origin}/metrics`, { headers })).status, 404);
  });

  await step("a repost that is taken back has its evidence and its receipt", async () => {
    const repost = await plaza.repost("alice", await plaza.post("alice", "Worth saying twice."));
    const announce = await until("the Announce", SOON, () => takes.arrivals.find(({ type }) => type === "Announce"));
    const { kind, id, state } = scene.ledger(announce.id);
    assert.deepEqual([kind, id, state], ["post", announce.id, "live"]);
    await plaza.remove(repost);
    await until("the Undo is taken", SOON, () => scene.of(announce.id, takes).state === "accepted");
    fs.writeFileSync(file, scene.printed("receipt", announce.id));
    assert.match(verify().stdout, /holds/);
  });

  await step("the commands of docs/deletes.md do what it says, and it names every state", () => {
    const guide = fs.readFileSync(`${root}/docs/deletes.md`, "utf8");
    const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block);
    assert.ok(blocks.length > 0);
    const environment = { ...process.env, ...gateway.environment, PATH: `${build}:${process.env.PATH}` };
    for (const block of blocks) {
      const script = block.replace(/https:\/\/social\.example\/u\/\S+\/p\/\S+/g, note).replaceAll("alice@social.example", scene.handle.slice(1)).replaceAll("mastodon.example", hides.host);
      const { status, stderr } = spawnSync("/bin/sh", ["-e"], { input: script, cwd: folder.path, env: environment, encoding: "utf8" });
      assert.equal(status, 0, `${script}\n${stderr}`);
    }
    const states = [...guide.matchAll(/^\| \*\*(.+?)\*\* \|/gm)].map(([, state]) => state);
    assert.deepEqual(states.sort(), ["accepted", "exposed", "no inbox known", "observed", "queued", "refused", "unreachable"]);
    assert.match(guide, /!\[.*\]\(delete\.svg\)/);
  });

  await step("an account that leaves gets its receipt too", async () => {
    assert.match(scene.drawbridge("ledger", "receipt", actor).stderr, /is not leaving/);
    await plaza.federate("alice", false);
    await until("the farewell is taken", SOON, () => scene.ledger(actor).counts.accepted >= 5);
    text = scene.printed("receipt", actor);
    fs.writeFileSync(file, text);
    assert.match(verify().stdout, /holds/);
    assert.equal((await peer.tell("verify-proof", { json: JSON.parse(text) })).verified, true);
    assert.equal(await judge.holds(JSON.parse(text)), true);
    const { receipt } = JSON.parse(text);
    assert.equal(receipt.of.kind, "account");
    assert.equal(receipt.hosts.length, everyOne.length);
    assert.equal(receipt.of.deletes.accepted >= 5, true);
    assert.match(receipt.posts_say, /requests of the last 180 days to delete its posts or itself/);
    assert.match(scene.printed("receipt", actor, "--html"), /requests of the last 180 days to delete its posts or itself/);
  });
});
