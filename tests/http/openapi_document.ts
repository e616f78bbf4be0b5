/**
 * Checks an OpenAPI 3.1 document's structure, and whether an answer is one that the document
 * describes. It knows the parts of both standards that this API uses, and refuses any other.
 */
import assert from "node:assert/strict";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

const METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);

/** Throws unless the document is valid, as far as it goes. Gives how many operations it has. */
export function checkDocument(document: unknown): number {
  const root = asObject(document, "document");
  assert.match(String(root.openapi), /^3\.1\.\d+$/);
  const info = asObject(root.info, "info");
  for (const field of ["title", "version"]) assert.equal(typeof info[field], "string", field);
  const components = asObject(root.components, "components");
  for (const schema of Object.values(asObject(components.schemas, "schemas"))) {
    checkSchema(root, schema, "components");
  }
  let operations = 0;
  for (const [path, item] of Object.entries(asObject(root.paths, "paths"))) {
    assert.match(path, /^\//);
    for (const [method, operation] of Object.entries(asObject(item, path))) {
      assert.ok(METHODS.has(method), `${path}: ${method}`);
      checkOperation(root, asObject(operation, `${method} ${path}`), `${method} ${path}`);
      operations++;
    }
  }
  return operations;
}

function checkOperation(root: JsonObject, operation: JsonObject, where: string): void {
  if (operation.requestBody !== undefined) {
    checkContent(root, asObject(operation.requestBody, where), where);
  }
  const responses = Object.entries(asObject(operation.responses, where));
  assert.ok(responses.length > 0, `${where} has no responses`);
  for (const [status, response] of responses) {
    assert.match(status, /^[1-5]\d\d$/, where);
    const described = asObject(response, `${where} ${status}`);
    assert.equal(typeof described.description, "string", `${where} ${status}: description`);
    checkContent(root, described, `${where} ${status}`);
    for (const header of Object.values(asObject(described.headers ?? {}, where))) {
      checkSchema(root, asObject(header, where).schema ?? null, where);
    }
  }
  const schemes = asObject(
    asObject(root.components, "components").securitySchemes ?? {},
    "schemes",
  );
  for (const requirement of (operation.security ?? []) as Json[]) {
    for (const name of Object.keys(asObject(requirement, where))) {
      assert.ok(name in schemes, `${where}: security scheme ${name}`);
    }
  }
}

function checkContent(root: JsonObject, holder: JsonObject, where: string): void {
  for (const [type, media] of Object.entries(asObject(holder.content ?? {}, where))) {
    assert.match(type, /^(application\/(problem\+)?json|text\/(plain|html|event-stream))$/, where);
    checkSchema(root, asObject(media, where).schema ?? null, where);
  }
}

/** The keywords of JSON Schema that `faultsOf` knows how to apply, and those that only annotate. */
const APPLIED = new Set([
  "$ref",
  "type",
  "enum",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "anyOf",
]);
const ANNOTATIONS = new Set(["description", "example", "examples", "default", "title", "format"]);

function checkSchema(root: JsonObject, schema: Json, where: string): void {
  const object = asObject(schema, `schema in ${where}`);
  for (const keyword of Object.keys(object)) {
    assert.ok(APPLIED.has(keyword) || ANNOTATIONS.has(keyword), `${where}: keyword "${keyword}"`);
  }
  if (object.$ref !== undefined) return void resolve(root, object);
  if (object.anyOf !== undefined) {
    for (const each of object.anyOf as Json[]) checkSchema(root, each, where);
    return;
  }
  const types = typesOf(object);
  const known = types.every((type) => typeof type === "string");
  assert.ok(types.length > 0 && known, `${where}: a schema without a type`);
  const properties = asObject(object.properties ?? {}, where);
  for (const [name, property] of Object.entries(properties)) {
    checkSchema(root, property, `${where}.${name}`);
  }
  for (const name of (object.required ?? []) as string[]) assert.ok(name in properties, where);
  if (object.items !== undefined) checkSchema(root, object.items, where);
  const more = object.additionalProperties ?? false;
  if (typeof more === "object" && Object.keys(asObject(more, where)).length > 0) {
    checkSchema(root, more, where);
  }
}

/** The types that a schema allows. */
function typesOf({ type }: JsonObject): Json[] {
  return type === undefined ? [] : [type].flat();
}

function resolve(root: JsonObject, schema: JsonObject): JsonObject {
  if (schema.$ref === undefined) return schema;
  let found: Json = root;
  const path = /^#\/(.+)$/.exec(String(schema.$ref))?.[1] ?? assert.fail(String(schema.$ref));
  for (const step of path.split("/")) {
    found = asObject(found, path)[step] ?? assert.fail(`${schema.$ref} leads nowhere`);
  }
  return resolve(root, asObject(found, path));
}

/** An answer as it came. */
export interface ApiResponse {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: unknown;
}

/** Whether the document has the operation at all; what isn't one is refused with 404 or 405. */
export function hasOperation(document: unknown, method: string, path: string): boolean {
  return method.toLowerCase() in pathItem(asObject(document, "document"), path);
}

/** The operations of a path, whose parameters may be of any value; none if there is no such path. */
function pathItem(root: JsonObject, path: string): JsonObject {
  const paths = asObject(root.paths, "paths");
  const template = Object.keys(paths).find((each) =>
    new RegExp(`^${each.replaceAll(".", "\\.").replace(/\{\w+\}/, "[^/]+")}$`).test(
      path.split("?", 1)[0]!,
    )
  );
  return asObject(paths[template ?? ""] ?? {}, path);
}

/** Throws unless the document describes such an answer. */
export function checkResponse(document: unknown, answer: ApiResponse): void {
  const root = asObject(document, "document");
  const { method, path, status, contentType, body } = answer;
  const item = pathItem(root, path);
  const operation = asObject(item[method.toLowerCase()] ?? null, `${method} ${path}`);
  const response = asObject(operation.responses, "responses")[String(status)];
  assert.ok(response !== undefined, `${method} ${path} is not documented to give ${status}`);
  const content = asObject(asObject(response, "response").content, "content");
  const media = asObject(content[contentType ?? ""] ?? null, `content type ${contentType}`);
  assert.deepEqual(faultsOf(root, media.schema ?? null, body as Json, "$"), []);
}

/** What is wrong with `value` by `schema`; undocumented properties are a fault too. */
function faultsOf(root: JsonObject, given: Json, value: Json, at: string): string[] {
  const schema = resolve(root, asObject(given, at));
  if (schema.anyOf !== undefined) {
    const each = (schema.anyOf as Json[]).map((one) => faultsOf(root, one, value, at));
    return each.find((faults) => faults.length === 0) ?? each.flat();
  }
  const faults: string[] = [];
  const check = (ok: boolean, what: string) => void (ok || faults.push(`${at}: ${what}`));
  const types = typesOf(schema);
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const matches = types.some((type) =>
    type === "integer" ? Number.isInteger(value) : kind === type
  );
  if (!matches) return [`${at}: ${kind} instead of ${types}`];
  if (schema.enum !== undefined) check((schema.enum as Json[]).includes(value), "not in the enum");
  if (typeof value === "number") {
    check(value >= Number(schema.minimum ?? -Infinity), "too small");
    check(value <= Number(schema.maximum ?? Infinity), "too large");
  }
  if (typeof value === "string") {
    check(value.length >= Number(schema.minLength ?? 0), "too short");
    check(value.length <= Number(schema.maxLength ?? Infinity), "too long");
  }
  if (Array.isArray(value)) {
    check(value.length >= Number(schema.minItems ?? 0), "too few");
    check(value.length <= Number(schema.maxItems ?? Infinity), "too many");
    const { items } = schema;
    if (items === undefined) return faults;
    return [...faults, ...value.flatMap((each, i) => faultsOf(root, items, each, `${at}[${i}]`))];
  }
  if (kind !== "object") return faults;
  const properties = asObject(schema.properties ?? {}, at);
  const object = asObject(value, at);
  for (const name of (schema.required ?? []) as string[]) check(name in object, `no ${name}`);
  for (const [name, each] of Object.entries(object)) {
    const own = properties[name] ?? schema.additionalProperties;
    if (typeof own !== "object") check(false, `${name} is not documented`);
    else faults.push(...faultsOf(root, own, each, `${at}.${name}`));
  }
  return faults;
}

function asObject(value: unknown, where: string): JsonObject {
  assert.ok(
    typeof value === "object" && value !== null && !Array.isArray(value),
    `${where} is not an object`,
  );
  return value as JsonObject;
}
