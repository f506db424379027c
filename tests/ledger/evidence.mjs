// What the ledger says of a Delete, with servers that behave in every way: each state is reached as it should and only
// then; what is printed, signed and told to the owner follows from it.
import assert from "node:assert/strict";
import fs from "node:fs";
import { spawnSync } from "node:child_process";
import { Clock } from "../faults/lib/clock.mjs";
import { atEnd, step, story } from "../peers/lib/harness.mjs";
import { get } from "../peers/lib/http.mjs";
import { binaries } from "../peers/lib/paths.mjs";
import { Snac } from "../peers/lib/snac.mjs";
import { Stranger } from "../peers/lib/stranger.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

const SOON = 30;
const DAY = 86400;
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0";

await story("The truth about a Delete", async () => {
  const world = await step("Plaza, the gateway, Fedify and snac run", () =>
    World.start({ peer: "fedify", clock: Clock, settings: "[ledger]\nlook_at_copies = on\nnotice_days = 7\n" }),
  );
  const { folder, plaza, gateway, peer, clock } = world;
  const snac = await Snac.start(folder);
  const drawbridge = (...words) => {
    const { status, stdout, stderr } = spawnSync(binaries.drawbridge, [...words, "-c", gateway.configuration], { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const printed = (...words) => {
    const { status, stdout, stderr } = drawbridge("ledger", ...words);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const ledger = (what, ...more) => JSON.parse(printed(what, "--json", ...more));

  // ---- servers by a script: what each answers to a Delete, and what it says that it runs
  const strangers = {};
  const hostOf = ({ origin }) => new URL(origin).host;
  const add = async (name, onDelete, software) => {
    const stranger = (strangers[name] = await Stranger.start(name));
    atEnd(() => stranger.close());
    const info = { version: "2.0", software: { name: software, version: "4.2" }, metadata: { maintainer: { email: `admin@${name}.example` } } };
    stranger.script = (request, activity) => {
      if (request.url === "/.well-known/nodeinfo" && software)
        return { status: 200, type: "application/json", body: JSON.stringify({ links: [{ rel: NODEINFO, href: `${stranger.origin}/nodeinfo/2.0` }] }) };
      if (request.url === "/nodeinfo/2.0") return { status: 200, type: "application/json", body: JSON.stringify(info) };
      if (request.url.startsWith("/activities/")) return stranger.page;
      if (activity) return { status: activity.type === "Delete" ? onDelete : 202 };
    };
  };
  await add("takes", 202, "mastodon");
  await add("refuses", 404, "misskey");
  await add("busy", 503, undefined);
  await add("leaves", 202, "lemmy");
  await add("looks", 202, "nodebb");
  await add("shows", 202, "mastodon");
  await add("clears", 202, "pleroma");
  await add("hides", 202, "mastodon");

  await plaza.federate("alice", true);
  const actor = await until("webfinger answers", SOON, () => gateway.actorOf("alice"));
  const handle = `@alice@${gateway.host}`;
  await step("all of them follow", async () => {
    await peer.follow(handle);
    await snac.follow(handle);
    for (const stranger of Object.values(strangers))
      assert.equal((await stranger.post(`${actor}/inbox`, stranger.activity("Follow", actor))).status, 202);
    const everybody = Object.keys(strangers).length + 2;
    await until("all follow", SOON, async () => (await get(`${actor}/followers`)).json.totalItems === everybody);
  });

  let note;
  const post = await plaza.post("alice", "Where will I be tomorrow?");
  const of = (document, origin) => document.hosts.find(({ host }) => host === new URL(origin).host);
  const stateOf = (name) => of(ledger(note), strangers[name].origin)?.state;

  await step("before a Delete: exposed, with the reasons", async () => {
    const everyOne = Object.values(strangers);
    await until("the post at each", SOON, () => everyOne.every(({ arrivals }) => arrivals.some(({ type }) => type === "Create")));
    note = strangers.takes.arrivals.find(({ type }) => type === "Create").object.id;
    await until("the post at Fedify and snac", SOON, async () => (await peer.note(note)) && (await snac.note(note)));
    for (const name of ["shows", "clears", "hides"]) {
      const boost = (strangers[name].boost = strangers[name].activity("Announce", note, { to: [PUBLIC] }));
      strangers[name].page = { status: 200, body: JSON.stringify(boost) };
      assert.equal((await strangers[name].post(`${actor}/inbox`, boost)).status, 202);
    }
    await until("the boosts", SOON, () => of(ledger(note), strangers.hides.origin).why.includes("boosted"));
    const document = ledger(note);
    assert.equal(document.state, "live");
    assert.deepEqual(document.counts, { exposed: everyOne.length + 2 });
    assert.ok(document.hosts.every(({ delete: asked }) => asked === undefined));
    assert.deepEqual(of(document, strangers.takes.origin).why, ["delivered"]);
    assert.deepEqual(of(document, strangers.shows.origin).why, ["boosted"]);
    assert.match(drawbridge("ledger", "receipt", note).stderr, /is not deleted/);
  });

  await step("after it: accepted, refused, waiting and unreachable, each with its time and reason", async () => {
    await until("nothing is owed", SOON, async () => (await gateway.redis("ZCARD", "ready")).trim() === "0");
    strangers.leaves.close();
    strangers.shows.page.status = 200;
    strangers.clears.page = { status: 404 };
    strangers.hides.page = { status: 403 };
    await plaza.remove(post);
    await until("the states", SOON, () => {
      const { counts } = ledger(note);
      return counts.accepted === 7 && counts.refused === 1 && counts.queued === 1 && counts.unreachable === 1;
    });
    const document = ledger(note);
    assert.equal(document.state, "deleted");
    const taken = of(document, strangers.takes.origin);
    assert.equal(taken.code, 202);
    assert.ok(taken.queued <= taken.accepted && taken.accepted === taken.time);
    const refused = of(document, strangers.refuses.origin);
    assert.deepEqual([refused.delete, refused.code], ["refused", 404]);
    const busy = of(document, strangers.busy.origin);
    assert.deepEqual([busy.delete, busy.failures, busy.failure_code], ["queued", 1, 503]);
    const away = of(document, strangers.leaves.origin);
    assert.deepEqual([away.delete, away.state, away.failure], ["queued", "unreachable", "connect"]);
    assert.ok(away.unreachable_since <= Date.now());
    for (const origin of [peer.origin, snac.origin]) assert.equal(of(document, origin).state, "accepted");
  });

  await step("observed: only once a server was given our 410 on a signature that holds", async () => {
    assert.equal((await get(note)).status, 410); // unsigned: nobody
    assert.equal(await strangers.looks.fetchSigned(note, { key: Stranger.otherKey() }), 410); // forged
    await strangers.takes.fetchSigned(actor); // signed, but of something else
    assert.equal(stateOf("looks"), "accepted");
    assert.equal(await strangers.looks.fetchSigned(note), 410);
    await until("observed", SOON, () => stateOf("looks") === "observed");
    const looks = of(ledger(note), strangers.looks.origin);
    assert.ok(looks.accepted <= looks.observed, "what was before is kept");
    assert.equal(stateOf("takes"), "accepted");
  });

  await step("what each server runs is asked once, and summed up", async () => {
    await until("all software is known", SOON, () => {
      const { hosts } = ledger(note);
      return hosts.filter(({ software }) => software).length === hosts.length - 2; // one is away, one does not say
    });
    const document = ledger(note);
    assert.equal(of(document, strangers.takes.origin).software, "mastodon");
    assert.equal(of(document, strangers.takes.origin).version, "4.2");
    assert.equal(of(document, peer.origin).software, "fedify-peer");
    assert.equal(of(document, snac.origin).software, "snac");
    for (const { fetches } of [strangers.takes, strangers.looks])
      assert.equal(fetches.filter((url) => url === "/nodeinfo/2.0").length, 1);
    const { software, hosts } = ledger(note, "--summary");
    assert.equal(hosts, undefined);
    assert.deepEqual(software[0], { software: "mastodon", hosts: 3, counts: { accepted: 3 } });
    assert.match(printed(note, "--summary"), /mastodon +3 +3 accepted/);
  });

  await step("filters and CSV", () => {
    assert.deepEqual(ledger(note, "--state", "refused").hosts.map(({ host }) => host), [hostOf(strangers.refuses)]);
    assert.equal(ledger(note, "--software", "mastodon", "--why", "boosted").hosts.length, 2);
    assert.deepEqual(ledger(note, "--host", hostOf(strangers.busy)).counts, { queued: 1 });
    const lines = printed(note, "--csv").trimEnd().split("\r\n");
    assert.equal(lines.length, 11);
    assert.match(lines[0], /^host,software,version,why,state,code,time,/);
    assert.ok(lines.some((line) => line.startsWith(`${hostOf(strangers.refuses)},misskey,4.2,delivered,refused,404,20`)));
    for (const words of [["--state", "everywhere"], ["--why", "because"], ["--json", "--csv"]])
      assert.equal(drawbridge("ledger", note, ...words).status, 2, words.join(" "));
  });

  await step("public pages that servers told us are looked at, anonymously and twice at most", async () => {
    const due = () => gateway.redis("EVAL", "for _, m in ipairs(redis.call('ZRANGE', 'copy_checks', 0, -1)) do redis.call('ZADD', 'copy_checks', 1, m) redis.call('DEL', 'copy_host:' .. m:match('%d+$')) end return redis.call('ZCARD', 'copy_checks')", "0");
    const looksAt = (name) => strangers[name].fetches.filter((url) => url === new URL(strangers[name].boost.id).pathname).length;
    assert.equal(looksAt("shows"), 0, "not before its time");
    assert.equal((await due()).trim(), "3");
    await until("three looks", SOON, () => ["shows", "clears", "hides"].every((name) => of(ledger(note), strangers[name].origin).copy));
    const seen = Object.fromEntries(["shows", "clears", "hides"].map((name) => [name, of(ledger(note), strangers[name].origin).copy]));
    assert.deepEqual(seen, { shows: "still there", clears: "gone", hides: "cannot tell" });
    assert.equal((await due()).trim(), "2");
    await until("two more", SOON, () => looksAt("shows") === 2 && looksAt("hides") === 2);
    await until("no more are planned", SOON, async () => (await due()).trim() === "0");
    assert.equal(looksAt("clears"), 1);
    assert.equal(of(ledger(note), strangers.shows.origin).state, "accepted", "a look changes no state");
  });

  const file = folder.join("receipt.json");
  await step("the receipt holds for us and for Fedify, and no more when a byte is changed", async () => {
    const text = printed("receipt", note);
    fs.writeFileSync(file, text);
    const receipt = JSON.parse(text);
    assert.equal(receipt.attributedTo, `${gateway.origin}/actor`);
    assert.equal(receipt.receipt.of.id, note);
    assert.equal(receipt.receipt.hosts.length, 10);
    assert.match(printed("verify", file), /holds: .*\/actor signed it/);
    const holds = async (json) => (await peer.tell("verify-proof", { json }).catch(() => ({}))).verified === true;
    assert.equal(await holds(receipt), true);
    const bytes = Buffer.from(text.trimEnd());
    for (let i = 0; i < 40; i++) {
      const at = Math.floor(((i + 0.5) * bytes.length) / 40);
      const changed = Buffer.from(bytes);
      changed[at] ^= 1;
      fs.writeFileSync(file, changed);
      const { status, stderr } = drawbridge("ledger", "verify", file);
      assert.equal(status, 1, `byte ${at} was changed: ${changed.subarray(at - 10, at + 10)}`);
      assert.match(stderr, /receipt\.json: it|receipt\.json: the/);
      let json;
      try {
        json = JSON.parse(changed);
      } catch {
        continue;
      }
      assert.equal(await holds(json), false, `Fedify takes a change of byte ${at}`);
    }
    const { fetches } = strangers.takes;
    const forged = { ...receipt, attributedTo: strangers.takes.actor };
    fs.writeFileSync(file, JSON.stringify(forged));
    assert.equal(drawbridge("ledger", "verify", file).status, 1);
    assert.equal(await holds(forged), false);
    assert.ok(fetches.every((url) => !url.includes("receipt")));
  });

  await step("the page of the receipt says each state in words, and nothing that is not known", () => {
    const page = printed("receipt", note, "--html");
    for (const pattern of [
      /10 servers are known that may hold a copy: 6 answered that they took the request to delete, 1 was seen to learn of it, 1 did not take the request, 1 has not answered yet, 1 cannot be reached\./,
      /not what became of the copy/,
      /Mastodon gives this answer before it checks the request/,
      /did not take the request to delete .* \(HTTP 404\)/,
      /has taken nothing from us since .* \(connect\)/,
      /still showed it on/,
      /What cannot be known/,
    ])
      assert.match(page, pattern);
    assert.doesNotMatch(page, /everywhere|has been deleted|was removed|has removed|erased|<script/i);
  });

  await step("metrics tell the count of each state and the oldest that is unanswered, to this machine only", async () => {
    const { status, text } = await get(`${gateway.origin}/metrics`);
    assert.equal(status, 200);
    const figures = Object.fromEntries([...text.matchAll(/^drawbridge_(\S+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
    assert.equal(figures['deletes{state="accepted"}'], 6);
    assert.equal(figures['deletes{state="observed"}'], 1);
    assert.equal(figures['deletes{state="refused"}'], 1);
    assert.equal(figures['deletes{state="queued"}'], 2);
    assert.equal(figures.deletes_owed, 1);
    assert.ok(figures.oldest_unanswered_delete_seconds < 600);
    for (const headers of [{ "x-forwarded-for": "203.0.113.9" }, { forwarded: "for=203.0.113.9" }])
      assert.equal((await get(`${gateway.origin}/metrics`, { headers })).status, 404);
  });

  await step("eight days later the owner is told who has not answered, why, and what can be done", async () => {
    assert.match(printed("notices", actor), /no Delete has been unanswered/);
    clock.advance(8 * DAY);
    const [notice] = await until("a notice", 60, () => {
      const notices = JSON.parse(printed("notices", actor, "--json"));
      return notices.length > 0 && notices;
    });
    assert.deepEqual(notice.of, [note]);
    assert.deepEqual(notice.hosts.map(({ host }) => host).sort(), [hostOf(strangers.busy), hostOf(strangers.leaves)].sort());
    assert.ok(notice.advice.some((text) => text.includes(hostOf(strangers.busy))));
    assert.ok(notice.advice.some((text) => /Block/.test(text)));
    assert.match(printed("notices", handle), /unanswered for more than 7 days/);
    assert.ok(Number(/oldest_unanswered_delete_seconds (\d+)/.exec((await get(`${gateway.origin}/metrics`)).text)[1]) > 7 * DAY);
  });

  await step("an account that leaves gets its receipt too", async () => {
    assert.match(drawbridge("ledger", "receipt", actor).stderr, /is not leaving/);
    await plaza.federate("alice", false);
    await until("the farewell is taken", SOON, () => ledger(actor).counts.accepted >= 5);
    const text = printed("receipt", actor);
    fs.writeFileSync(file, text);
    assert.match(printed("verify", file), /holds/);
    const { receipt } = JSON.parse(text);
    assert.equal(receipt.of.kind, "account");
    assert.equal(receipt.hosts.length, 10);
    assert.equal(receipt.of.deletes.accepted >= 5, true);
  });
});
