// docs/bluesky.md as a test reads it: its configuration and its commands, in their order.
import fs from "node:fs";
import path from "node:path";
import { root } from "../../peers/lib/paths.mjs";

export function readPage() {
  const text = fs.readFileSync(path.join(root, "docs/bluesky.md"), "utf8");
  const blocks = (language) => [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block);
  return { configuration: blocks("ini"), commands: blocks("sh").flatMap((block) => block.trim().split("\n")) };
}
