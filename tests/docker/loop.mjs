// The whole loop through Caddy, over https; runs inside the network of the containers (docker.mjs starts it there).
import { get, webfingerUrl } from "../peers/lib/http.mjs";
import { atEnd, story } from "../peers/lib/harness.mjs";
import { Fedify } from "../peers/lib/fedify.mjs";
import { Plaza } from "../peers/lib/plaza.mjs";
import { Folder } from "../peers/lib/processes.mjs";
import { until } from "../peers/lib/wait.mjs";
import { walk } from "../peers/lib/walk.mjs";

const host = "social.pinboard.net";
const gateway = {
  host,
  origin: `https://${host}`,
  async actorOf(name) {
    const { status, json } = await get(webfingerUrl(this.origin, `acct:${name}@${host}`));
    if (status !== 200) throw new Error(`webfinger for ${name}: ${status}`);
    return json.links.find(({ rel }) => rel === "self").href;
  },
};

await story("The whole loop in containers, through Caddy over https", async () => {
  const folder = new Folder();
  atEnd(() => folder.close());
  const plaza = new Plaza(folder, { port: 8081, fediverseHost: host });
  await until("Caddy reaches the gateway", 60, async () => (await get(`${gateway.origin}/readyz`)).status === 200);
  await until("Caddy reaches Plaza", 60, async () => (await get("https://plaza.pinboard.net/.well-known/drawbridge")).status === 200);
  const peer = await Fedify.start(folder, { port: 8101, origin: "https://peer.pinboard.net" });
  await walk({ plaza, gateway, peer });
});
