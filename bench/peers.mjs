// Fedify and snac on the same machine in the same run: CPU time per GET of an actor, per signed Create that comes in, and
// per delivery of a post to followers on as many hosts, for each server with all of its processes (the gateway: its worker
// and Redis). nginx serves the actor as a file beside them.
import fs from "node:fs";
import { Fedify } from "../tests/peers/lib/fedify.mjs";
import { story } from "../tests/peers/lib/harness.mjs";
import { Snac } from "../tests/peers/lib/snac.mjs";
import { Crowd, createOf } from "./lib/crowd.mjs";
import { cpuOfAll, figure, load, measured, startLab, startNginx, until, untilRest, wrk } from "./lib/lab.mjs";

const ACTIVITY = "application/activity+json";
const LOAD = { seconds: 3, connections: 8 };
const PEOPLE = 20;
const HOSTS = 200;
const CONNECTIONS = 16;

/** Microseconds of CPU per operation of `action`, which answers how many there were. */
async function cost(pids, action) {
  await untilRest(pids);
  const before = cpuOfAll(pids);
  const count = await action();
  await untilRest(pids);
  return ((cpuOfAll(pids) - before) / count) * 1e6;
}

async function contenders(lab) {
  const { folder, gateway, plaza, actor, worker, redis } = lab;
  const fedify = await Fedify.start(folder);
  const snac = await Snac.start(folder, { records: false });
  return [
    { name: "drawbridge", actor, pids: [worker, redis], inboxes: 4000, posts: 5, post: (text) => plaza.post("alice", text), origin: gateway.origin },
    { name: "fedify", actor: fedify.actor, pids: [fedify.process.pid], inboxes: 150, posts: 1, post: (text) => fedify.tell("post", { text }) },
    { name: "snac", actor: snac.actor, pids: [snac.process.pid], inboxes: 600, posts: 2, closes: true, post: (text) => snac.command("note", snac.base, snac.user, text) },
  ];
}

const text = "The drawbridge is down, and the owl calls: come over before it is dark! ".repeat(14).slice(0, 990);

await story("Beside Fedify and snac", async () => {
  const lab = await startLab();
  const { folder } = lab;
  const crowd = await Crowd.start();
  const keyFile = folder.join("crowd-key");
  fs.writeFileSync(keyFile, crowd.privatePem, { mode: 0o600 });
  const servers = await contenders(lab);
  for (const server of servers) {
    const document = await (await fetch(server.actor, { headers: { accept: ACTIVITY } })).json();
    server.inbox = document.inbox;
    server.bytes = Buffer.from(JSON.stringify(document));
  }
  const nginx = await startNginx(folder, { actor: servers[0].bytes });
  const costs = Object.fromEntries(servers.map(({ name }) => [name, {}]));

  const served = await measured({ nginx: nginx.worker }, () => wrk(`${nginx.origin}/actor`, LOAD));
  figure("get_nginx", (served.nginx / served.value) * 1e6, "us");
  for (const { name, actor, pids, closes } of servers) costs[name].get = await cost(pids, () => wrk(actor, { ...LOAD, closes }));

  const id = `http://127.9.1.1:${crowd.port}/users/p%04u`;
  const bodyFile = folder.join("inbox-body");
  for (const { name, inbox, pids, inboxes } of servers) {
    const { port, pathname } = new URL(inbox);
    const send = async (count, mark) => {
      fs.writeFileSync(bodyFile, createOf(id, mark));
      const words = [port, pathname, count, CONNECTIONS, bodyFile, keyFile, `${id}#main-key`, PEOPLE];
      const { other, sent } = await load(words, (generator, go) => go());
      if (other) throw new Error(`${name} took ${sent - other} of ${sent} activities`);
      return count;
    };
    await send(2 * PEOPLE, "first"); // every server has all the keys now
    costs[name].inbox = await cost(pids, () => send(inboxes, "more"));
  }

  for (const [index, { name, actor, inbox, pids, posts, post }] of servers.entries()) {
    await crowd.follow(actor, inbox, 20 + index, HOSTS);
    await untilRest(pids);
    // As many as there are, should a Follow have been lost: until no more come.
    const deliver = async (count) => {
      const before = crowd.creates;
      for (let i = 0; i < count; i++) await post(`${text} ${i}`);
      let [last, since] = [before, performance.now()];
      await until(`${name} delivers`, 120, () => {
        if (crowd.creates > last) [last, since] = [crowd.creates, performance.now()];
        const all = last - before >= count * HOSTS;
        return all || (last > before && performance.now() - since > 5000);
      });
      return last - before;
    };
    await deliver(1); // the connections are open now, where they stay open
    costs[name].delivery = await cost(pids, () => deliver(posts));
    for (const [what, us] of Object.entries(costs[name])) figure(`${what}_${name}`, us, "us");
  }

  for (const what of ["get", "inbox", "delivery"])
    for (const name of ["fedify", "snac"]) figure(`${what}_times_${name}.ratio`, costs[name][what] / costs.drawbridge[what]);
});
