// The contract's own files (docs/contract) as a judge: does a message have the shape that they publish? Members that the
// files do not list are permitted to others and are a fault here: what crosses must be documented.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { peers, root } from "./paths.mjs";

export const contractFolder = path.join(root, "docs/contract");
const require = createRequire(path.join(peers, "validators/"));

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Closes every object schema that lists its properties. Conditions and `not` stay as they are. */
function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const out = {};
  for (const [name, value] of Object.entries(schema))
    out[name] = ["if", "then", "not", "const", "enum", "examples"].includes(name)
      ? value
      : name === "properties"
        ? Object.fromEntries(Object.entries(value).map(([member, one]) => [member, closed(one)]))
        : closed(value);
  if (out.properties && out.additionalProperties === undefined) out.additionalProperties = false;
  return out;
}

export class Contract {
  constructor() {
    const YAML = require("yaml");
    const Ajv = require("ajv/dist/2020").default;
    const formats = require("ajv-formats").default;
    const read = (name) => YAML.parse(fs.readFileSync(path.join(contractFolder, name), "utf8"));
    this.openapi = read("openapi.yaml");
    this.asyncapi = read("asyncapi.yaml");
    this.ajv = new Ajv({ strict: false, allErrors: true });
    formats(this.ajv);
    this.ajv.addSchema({ $id: "https://contract/openapi.yaml", components: { schemas: closed(this.openapi.components.schemas) } });
    this.ajv.addSchema({ $id: "https://contract/asyncapi.yaml", components: closed(this.asyncapi.components) });
    this.compiled = new Map();
    this.seen = new Map(); // what was judged → how often
  }

  compile(schema, base) {
    const key = base + JSON.stringify(schema);
    if (!this.compiled.has(key)) this.compiled.set(key, this.ajv.compile({ $id: `https://contract/${base}/${this.compiled.size}`, ...relocate(closed(schema), base) }));
    return this.compiled.get(key);
  }

  judge(what, schema, text, base) {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      return [`${what}: no JSON: ${text.slice(0, 200)}`];
    }
    const validate = this.compile(schema, base);
    if (validate(value)) return [];
    const errors = validate.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
    return [`${what}: ${errors.slice(0, 4).join("; ")}: ${text.slice(0, 300)}`];
  }

  /** The operation of the OpenAPI file for a request below the API; undefined when there is none. */
  operation(method, target) {
    const pathname = target.split("?")[0].replace(/^\/v1(?=\/)/, "");
    for (const [pattern, item] of Object.entries(this.openapi.paths)) {
      const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`);
      if (expression.test(pathname) && item[method.toLowerCase()]) return item[method.toLowerCase()];
    }
    return undefined;
  }

  resolve(value) {
    return value?.$ref ? value.$ref.slice(2).split("/").reduce((at, name) => at[name.replaceAll("~1", "/")], this.openapi) : value;
  }

  /** Problems of one HTTP exchange: {method, target, requestHeaders, requestBody, status, type, body}. */
  http(exchange) {
    const operation = this.operation(exchange.method, exchange.target);
    return operation ? this.exchange(operation, exchange) : [`${exchange.method} ${exchange.target} is no operation of openapi.yaml`];
  }

  /** Problems of a webhook that the service POSTed to the gateway. */
  hook(exchange) {
    const address = /^\/hooks\/contract\/[a-z0-9_-]+$/;
    if (exchange.method !== "POST" || !address.test(exchange.target)) return [`${exchange.method} ${exchange.target} is no webhook`];
    return this.exchange(this.openapi.webhooks.events.post, exchange);
  }

  /** Problems of the websocket's request. */
  upgrade(target) {
    const { bindings, address } = this.asyncapi.channels.stream;
    const { pathname, searchParams } = new URL(target, "http://service");
    const query = JSON.stringify(Object.fromEntries(searchParams));
    return [...(pathname === address ? [] : [`the upgrade asks for ${pathname}`]), ...this.judge("upgrade", bindings.ws.query, query, "asyncapi.yaml")];
  }

  /** Parameters are texts on the wire; where a number is meant, what reads as one is one. */
  parameters(operation, { target, requestHeaders = {} }) {
    const problems = [];
    const query = new URL(target, "http://service").searchParams;
    const known = (operation.parameters ?? []).map((one) => this.resolve(one));
    for (const [name, text] of query) {
      const parameter = known.find((one) => one.in === "query" && one.name === name);
      if (!parameter) problems.push(`${operation.operationId}: openapi.yaml knows no parameter ${name}`);
      else problems.push(...this.value(operation, parameter, text));
    }
    for (const parameter of known.filter((one) => one.in === "header")) {
      const text = requestHeaders[parameter.name];
      if (text !== undefined) problems.push(...this.value(operation, parameter, text));
      else if (parameter.required) problems.push(`${operation.operationId}: the header ${parameter.name} is missing`);
    }
    return problems;
  }

  value(operation, { name, schema }, text) {
    const validate = this.compile(schema, "openapi.yaml");
    const isGood = validate(text) || (/^\d+$/.test(text) && validate(Number(text)));
    return isGood ? [] : [`${operation.operationId}: ${name}=${text} is not as openapi.yaml says`];
  }

  exchange(operation, { method, target, requestHeaders, requestBody, status, type, body }) {
    const name = operation.operationId;
    const problems = this.parameters(operation, { target, requestHeaders });
    const wanted = this.resolve(operation.requestBody)?.content["application/json"]?.schema;
    if (wanted) problems.push(...this.judge(`${name} request`, wanted, requestBody ?? "", "openapi.yaml"));
    else if (requestBody) problems.push(`${name}: ${method} ${target} has a body: ${requestBody.slice(0, 100)}`);
    const response = this.resolve(operation.responses[status] ?? (status >= 400 ? operation.responses.default : undefined));
    if (!response) return [...problems, `${name}: openapi.yaml knows no answer ${status}`];
    const media = (type ?? "").split(";")[0];
    if (!response.content) {
      this.seen.set(`${name} ${status}`, (this.seen.get(`${name} ${status}`) ?? 0) + 1);
      return body ? [...problems, `${name} ${status}: must have no body, has ${body.slice(0, 100)}`] : problems;
    }
    if (!response.content[media]) return [...problems, `${name} ${status}: Content-Type ${type} is not in openapi.yaml`];
    return [...problems, ...this.judge(`${name} ${status}`, response.content[media].schema, body, "openapi.yaml")];
  }

  /** Problems of one text frame; `fromService` or from the gateway. */
  frame(fromService, text) {
    let op;
    try {
      ({ op } = JSON.parse(text));
    } catch {}
    const names = fromService ? ["hello", "event", "mark"] : ["watch", "ack"];
    if (!names.includes(op)) return [`a frame ${fromService ? "from the service" : "from the gateway"} with op ${op}: ${text.slice(0, 200)}`];
    return this.judge(`frame ${op}`, this.asyncapi.components.messages[op].payload, text, "asyncapi.yaml");
  }
}

/** References of a part that was taken out of its file point back into it. */
function relocate(schema, base) {
  if (Array.isArray(schema)) return schema.map((one) => relocate(one, base));
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === "$ref" && value.startsWith("#") ? `https://contract/${base}${value}` : name === "$ref" ? `https://contract/${value}` : relocate(value, base)]),
  );
}
