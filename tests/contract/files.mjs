// The published files: valid by the validators of their own makers' communities, and one with the page and the checker.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Contract, contractFolder } from "../peers/lib/contract.mjs";
import { step, story } from "../peers/lib/harness.mjs";
import { binaries, peers, root } from "../peers/lib/paths.mjs";
import { run } from "./lib.mjs";

const require = createRequire(path.join(peers, "validators/"));
const page = fs.readFileSync(path.join(contractFolder, "README.md"), "utf8");

await story("The contract's files", async () => {
  await step("openapi.yaml is valid OpenAPI 3.1", async () => {
    const { Validator } = await import(pathToFileURL(require.resolve("@seriousme/openapi-schema-validator")));
    const validator = new Validator();
    const { valid, errors } = await validator.validate(new Contract().openapi);
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(validator.version, "3.1");
  });

  await step("asyncapi.yaml is valid AsyncAPI 3", async () => {
    const { Parser, fromFile } = require("@asyncapi/parser");
    const { document, diagnostics } = await fromFile(new Parser(), path.join(contractFolder, "asyncapi.yaml")).parse();
    assert.deepEqual(diagnostics.filter(({ severity }) => severity <= 1).map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`), []);
    assert.ok(document, "the parser gives a document");
    assert.match(document.version(), /^3\./);
  });

  await step("a document that is not as the files say is refused", () => {
    const contract = new Contract();
    const exchange = { method: "GET", target: "/v1/posts/p_1", status: 200, type: "application/json" };
    const post = { id: "p_1", rev: 1, author: "u_1", created: "2026-08-22T09:59:00.000Z", text: "a", visibility: "public" };
    assert.deepEqual(contract.http({ ...exchange, body: JSON.stringify(post) }), []);
    for (const wrong of [{ rev: "1" }, { visibility: "private" }, { created: "yesterday" }, { undocumented: 1 }, { id: "p 1" }])
      assert.equal(contract.http({ ...exchange, body: JSON.stringify({ ...post, ...wrong }) }).length, 1, JSON.stringify(wrong));
    assert.equal(contract.http({ ...exchange, target: "/v1/no-such-thing", body: "{}" }).length, 1);
    assert.equal(contract.http({ ...exchange, status: 418, body: "{}" }).length, 1);
    assert.equal(contract.frame(true, '{"op":"hello"}').length, 1);
    assert.equal(contract.frame(false, '{"op":"event","event":{}}').length, 1);
  });

  await step("every section that the checker names stands on the page", async () => {
    const { out, code } = await run(binaries.drawbridge, ["contract", "check", "--list"]);
    assert.equal(code, 0);
    const lines = out.trim().split("\n");
    assert.ok(lines.length > 40, `${lines.length} checks`);
    for (const line of lines) {
      const [, number] = /§([\d.]+)/.exec(line);
      assert.match(page, new RegExp(`^##+ ${number.replace(".", "\\.")}(\\.)? `, "m"), `section ${number}: ${line}`);
    }
  });

  await step("every operation, and every frame, stands on the page", () => {
    const contract = new Contract();
    for (const pattern of Object.keys(contract.openapi.paths)) {
      const words = pattern.split("/").filter((part) => part && !part.startsWith("{"));
      if (pattern.endsWith("/replies")) continue; // optional
      assert.ok(words.every((word) => page.includes(word)), pattern);
    }
    for (const op of Object.keys(contract.asyncapi.components.messages)) assert.ok(page.includes(`"op":"${op}"`), op);
  });

  await step("every member of an account, a post, its media and of what comes from other servers stands on the page", () => {
    const { schemas } = new Contract().openapi.components;
    // Not used yet, or for people rather than for programs.
    const elsewhere = ["actor_domain", "contact", "terms", "sha256", "trace", "detail", "approve_followers", "bytes", "moderation", "image_bytes", "video_bytes", "verified_at"];
    for (const name of ["Discovery", "Account", "Post", "Media", "Poll", "Span", "Event", "RemoteActor", "RemotePost", "RemoteRelation", "Applied", "Problem", "Sandbox"])
      for (const member of Object.keys(schemas[name].properties).filter((one) => !elsewhere.includes(one)))
        assert.match(page, new RegExp(`["\`{ .]${member}["\`:]`), `${name}.${member}`);
  });

  await step("every path that the gateway serves stands in the list for reverse proxies", () => {
    const [, list] = /own host these: (.*?)\n5\. /s.exec(page);
    const listed = [...list.matchAll(/`(\/[^`]+)`/g)].map(([, path]) => path);
    const served = ["routes.c", "fed/local.c"].flatMap((file) => [...fs.readFileSync(path.join(root, "gateway", file), "utf8").matchAll(/"(\/[a-z@.][^"]*)"/g)].map(([, text]) => text));
    assert.ok(served.length > 12, served.join(" "));
    const elsewhere = ["/healthz", "/readyz", "/metrics", "/.well-known/atproto-did", "/p/", "/b/", "/q/"]; // ours alone, of names of puppets, and what lies below /u/
    for (const one of served.filter((text) => !elsewhere.includes(text)))
      assert.ok(listed.some((path) => (path.endsWith("*") ? one.startsWith(path.slice(0, -1)) : path === one)), `${one} is not in: ${listed.join(" ")}`);
  });

  await step("the example has at most 400 lines and no dependency", () => {
    const text = fs.readFileSync(path.join(contractFolder, "example/pinboard.mjs"), "utf8");
    assert.ok(text.trimEnd().split("\n").length <= 400);
    for (const [, from] of text.matchAll(/^import .* from "(.*)";$/gm)) assert.match(from, /^node:/);
    assert.ok(!fs.existsSync(path.join(root, "docs/contract/example/package.json")));
  });
});
