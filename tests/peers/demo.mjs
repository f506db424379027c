// The demo of ./dev run: Plaza, the gateway and a snac server on loopback, to play with until Ctrl-C. With --check it
// walks the whole loop by itself instead.
import assert from "node:assert/strict";
import { atEnd, step, story } from "./lib/harness.mjs";
import { binaries } from "./lib/paths.mjs";
import { freePort } from "./lib/ports.mjs";
import { run } from "./lib/processes.mjs";
import { until } from "./lib/wait.mjs";
import { walk } from "./lib/walk.mjs";
import { World } from "./lib/world.mjs";

const check = process.argv.includes("--check");
const ports = { gateway: 8080, plaza: 8081, peer: 8082 };
const pagesPort = 8083;

/** A link that lets in to the pages, once. */
const link = async (gateway, ...whose) => JSON.parse(await run(binaries.drawbridge, [...whose, "--json", "-c", gateway.configuration])).link;

const told = ({ plaza, gateway, peer }, operatorLink) => `
Open these two, side by side:

  ${plaza.origin}/        Plaza, a small centralized platform. Sign in as alice.
  ${peer.actor}/admin     snac, another fediverse server. User ${peer.user}, password ${peer.password}

What to try:

  1. On Plaza, as alice, switch the fediverse on under Settings. From then on ${gateway.origin}/@alice exists; before, it does not.
     "Fediverse settings" on the same page then leads to her own pages: her followers, where her posts are, pause, leave.
  2. On snac, under "Operations", follow  alice@${gateway.host}
  3. Post on Plaza. A few seconds later the post stands in snac's timeline.
  4. Answer it there. The answer appears on Plaza, under the post, from ${peer.handle}.
  5. Edit the post, or delete it: snac follows. Like or boost it there: Plaza counts.
  6. Switch the fediverse off again: everything of alice's is gone from ${gateway.origin}.

The operator's pages, by this link, once: ${operatorLink}

The gateway's command line works here too, for instance:

  build/release/drawbridge account link alice@${gateway.host} -c ${gateway.folder.path}/drawbridge.ini
  build/release/drawbridge ledger alice@${gateway.host} -c ${gateway.folder.path}/drawbridge.ini
  build/release/drawbridge preview plaza:p_1 -c ${gateway.folder.path}/drawbridge.ini

snac looks for new messages every three seconds. Everything lives in ${gateway.folder.path}
and is removed at the end. Ctrl-C stops it all.
`;

const start = async (more) => World.start({ peer: "snac", proxied: false, ownerPages: true, settings: `[admin]\nlisten = 127.0.0.1:${await freePort(pagesPort)}\n`, ...more });

if (check) {
  await story("The whole loop, with snac as the other server", async () => {
    const world = await step("Redis, Plaza, the gateway and snac run", () => start({}));
    await walk(world);
    await step("Plaza's settings lead to the owner's own pages", async () => {
      await world.plaza.federate("bob", true);
      await until("bob is on", 20, () => world.gateway.actorOf("bob"));
      const answer = await world.plaza.visit("bob", "/settings/fediverse");
      assert.equal(answer.status, 303);
      assert.match(answer.headers.get("location"), /\/in\/[0-9a-f]{48}$/);
    });
  });
} else {
  const stopped = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => resolve(signal));
  });
  await story("The demo", async () => {
    const world = await step("Redis, Plaza, the gateway and snac run", () => start({ ports, testApi: false }));
    console.log(told(world, await link(world.gateway, "operator", "link")));
    const servers = [world.plaza, world.gateway, world.peer].map(({ process }) => process);
    const ended = servers.map((server) => server.ended.then(() => server));
    const first = await Promise.race([stopped, ...ended]);
    if (first.name) throw new Error(`${first.name} has ended: ${first.tail(5)}`);
    atEnd(() => console.log("\nStopping."));
  });
}
