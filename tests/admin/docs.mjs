// The pages for owners and operators: every command on them is run as it stands there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries, root } from "../peers/lib/paths.mjs";
import { freePort } from "../peers/lib/ports.mjs";
import { until } from "../peers/lib/wait.mjs";
import { World } from "../peers/lib/world.mjs";

await story("The pages for owners and operators", async () => {
  const port = await freePort();
  const { plaza, gateway } = await step("Plaza and the gateway run", () => World.start({ settings: `[admin]\nlisten = 127.0.0.1:${port}\n` }));
  await plaza.federate("alice", true);
  await until("webfinger answers", 20, () => gateway.actorOf("alice"));
  const pages = ["owners.md", "operators.md"].map((name) => fs.readFileSync(path.join(root, "docs", name), "utf8")).join("\n");
  await step("every picture is on one of the pages", () => {
    for (const picture of fs.readdirSync(path.join(root, "docs/pictures"))) assert.ok(pages.includes(`](pictures/${picture})`), picture);
  });
  for (const name of ["owners.md", "operators.md"]) {
    const text = fs.readFileSync(path.join(root, "docs", name), "utf8");
    await step(`${name}: every picture and page that it points at is there`, () => {
      for (const [, target] of text.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(fs.existsSync(path.join(root, "docs", target)), target);
    });
    const commands = [...text.matchAll(/^ *```sh\n(.*?)^ *```/gms)].flatMap(([, block]) => block.trim().split("\n").map((line) => line.trim()));
    assert.ok(commands.length >= 8, name);
    for (const command of commands)
      await step(command, () => {
        const line = command.replaceAll("alice@pinboard.social.example", `alice@${gateway.host}`).replace("drawbridge.ini", gateway.configuration);
        const { status, stderr } = spawnSync("bash", ["-c", line.replace(/^drawbridge /, `${binaries.drawbridge} `)], { encoding: "utf8", timeout: 30_000 });
        assert.equal(status, 0, stderr);
      });
  }
});
