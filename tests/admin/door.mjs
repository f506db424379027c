// The admin API as its OpenAPI file describes it, and a way to ask it that holds every answer against that file.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { peers, root } from "../peers/lib/paths.mjs";

export const require = createRequire(path.join(peers, "validators/"));
export const openapi = require("yaml").parse(fs.readFileSync(path.join(root, "docs/admin/openapi.yaml"), "utf8"));
const ajv = new (require("ajv/dist/2020").default)({ strict: false, allErrors: true });
require("ajv-formats").default(ajv);
ajv.addSchema({ $id: "api", components: openapi.components });
const checked = (schema) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')));
const problemHolds = checked({ $ref: "#/components/schemas/Problem" });

export const operations = Object.entries(openapi.paths).flatMap(([pattern, item]) =>
  ["get", "post", "patch", "put", "delete"].filter((method) => item[method]).map((method) => ({ pattern, method, ...item[method] })),
);
/** What operator.mjs exercises; all else is api.mjs's. */
export const isOperators = ({ operationId }) => /^(domain|report|host|health|operator|name)\./.test(operationId);

export class Door {
  /** `token`: what is sent where a call names none. */
  constructor(admin, { token, account }) {
    Object.assign(this, { admin, token, account });
    this.done = new Set();
  }

  async ask(method, target, { token = this.token, body, headers = {} } = {}) {
    const answer = await fetch(`${this.admin}${target}`, {
      method: method.toUpperCase(),
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.equal(answer.headers.get("cache-control"), "no-store", target);
    return { status: answer.status, type: answer.headers.get("content-type"), json: JSON.parse(text), headers: answer.headers };
  }

  async refused(status, method, target, options) {
    const answer = await this.ask(method, target, options);
    assert.equal(answer.status, status, `${method} ${target}: ${JSON.stringify(answer.json)}`);
    assert.equal(answer.type, "application/problem+json");
    assert.ok(problemHolds(answer.json), JSON.stringify(problemHolds.errors));
    return answer;
  }

  async good(operationId, { token, body, account = this.account, query = "" } = {}) {
    const { pattern, method, responses } = operations.find((operation) => operation.operationId === operationId);
    const answer = await this.ask(method, pattern.replace("{account}", encodeURIComponent(account)) + query, { token, body });
    assert.equal(answer.status, 200, `${operationId}: ${JSON.stringify(answer.json)}`);
    const [[type, { schema }]] = Object.entries(responses["200"].content);
    assert.equal(answer.type, type, operationId);
    const holds = checked(schema);
    assert.ok(holds(answer.json), `${operationId}: ${JSON.stringify(holds.errors)} ${JSON.stringify(answer.json)}`);
    this.done.add(operationId);
    return answer.json;
  }

  /** Each of these refuses no token, a wrong token, the wrong scope, and another owner's account. */
  async refusesOthers(list, { his, somebody }) {
    for (const { method, pattern, "x-scope": scope } of list) {
      const body = method === "get" ? undefined : {};
      const target = pattern.replace("{account}", somebody);
      assert.equal((await this.refused(401, method, target, { token: null, body })).headers.get("www-authenticate"), "Bearer");
      await this.refused(401, method, target, { token: `dba_${"0".repeat(48)}`, body });
      if (scope === "operator") await this.refused(403, method, target, { token: his, body });
      else {
        const foreign = await this.refused(404, method, target, { token: his, body });
        const absent = await this.refused(404, method, pattern.replace("{account}", "aaaaaaaaaaaaa"), { token: his, body });
        assert.deepEqual(foreign.json, absent.json, "it is as if it were not there");
      }
      await new Promise((resolve) => setTimeout(resolve, 150)); // below the rate that a token may have
    }
  }
}
