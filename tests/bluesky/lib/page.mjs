// docs/bluesky.md as a test reads it: its configuration and its commands, in their order. A section that needs a server of
// one's own is read by itself.
import fs from "node:fs";
import path from "node:path";
import { root } from "../../peers/lib/paths.mjs";

const APART = "accounts of their own";

/** `section`: the one with that in its heading; else all but those that stand apart. */
export function readPage(section) {
  const sections = fs.readFileSync(path.join(root, "docs/bluesky.md"), "utf8").split(/^(?=## )/m);
  const named = (text, what) => text.split("\n", 1)[0].includes(what);
  const text = sections.filter((one) => (section ? named(one, section) : !named(one, APART))).join("");
  const blocks = (language) => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block);
  return { configuration: blocks("ini"), commands: blocks("sh").flatMap((block) => block.trim().split("\n")) };
}
