// Where things are. DRAWBRIDGE_BUILD names the CMake build that is tested (default: build/debug).
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
export const build = process.env.DRAWBRIDGE_BUILD ?? path.join(root, "build/debug");
export const peers = path.join(root, "build/peers");
export const binaries = {
  drawbridge: path.join(build, "drawbridge"),
  plaza: path.join(build, "bin/plaza"),
  faultyPlaza: path.join(build, "bin/plaza_faulty"),
  snac: path.join(root, "build/snac/usr/bin/snac"),
};
/** The full size of a test (./dev test --full) instead of CI's. */
export const full = process.env.DRAWBRIDGE_FULL === "1";
