/** The document of the API. The other tests check each response against it. */
import assert from "node:assert/strict";
import { problemResponse, PROBLEMS } from "../../src/http/problem.ts";
import { ERROR_CODES, ServiceError } from "../../src/errors.ts";
import { checkProblem, openApi } from "./action_api.ts";
import { checkDocument, checkResponse } from "./openapi_document.ts";

Deno.test("/openapi.json is a valid document of every operation", async () => {
  await using api = openApi();
  const { status, json } = await api.send("GET", "/openapi.json");
  assert.equal(status, 200);
  assert.equal(checkDocument(json), 16);
  assert.deepEqual(Object.keys(json.paths).sort(), [
    "/",
    "/datahub/approvals",
    "/datahub/events",
    "/datahub/status",
    "/healthz",
    "/metrics",
    "/plan",
    "/readyz",
    "/runs",
    "/runs/{id}",
    "/runs/{id}/cancel",
    "/runs/{id}/events",
    "/runs/{id}/receipt",
    "/trigger",
  ]);
});

Deno.test("every operation has a name for generated clients, a group and an example", async () => {
  await using api = openApi();
  const { json: document } = await api.send("GET", "/openapi.json");
  const operations = Object.values<Record<string, Operation>>(document.paths)
    .flatMap((item) => Object.values(item));
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(String(id), /^[a-z][A-Za-z]+$/);
  const groups = document.tags.map(({ name }: { name: string }) => name);
  for (const { operationId, tags, requestBody, responses } of operations) {
    assert.ok(tags?.every((tag) => groups.includes(tag)) && tags.length === 1, operationId);
    const done = Object.entries(responses).filter(([status]) => status.startsWith("2"));
    for (
      const { content } of [
        ...requestBody ? [requestBody] : [],
        ...done.map(([, each]) => each),
      ]
    ) {
      const body = content?.["application/json"];
      if (body === undefined) continue;
      assert.match(JSON.stringify(inlined(document, body)), /"examples?":/, operationId);
    }
  }
});

/** A part of the document with what it refers to in its place. */
function inlined(document: Record<string, unknown>, part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  if (Array.isArray(part)) return part.map((each) => inlined(document, each));
  if ("$ref" in part) {
    const names = String(part.$ref).split("/").slice(1);
    const found = names.reduce(
      (at: unknown, name) => (at as Record<string, unknown>)[name],
      document,
    );
    return inlined(document, found);
  }
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, inlined(document, value)]),
  );
}

/** What a request or a response holds, by its media type. */
interface Body {
  readonly content?: Readonly<Record<string, unknown>>;
}

/** As much of an operation as the tests read. */
interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: Body;
  readonly responses: Record<string, Body>;
}

Deno.test("the limits in the document are enforced", async () => {
  await using api = openApi();
  const { json } = await api.send("GET", "/openapi.json");
  const { Trigger } = json.components.schemas;
  assert.equal(Trigger.additionalProperties, false);
  assert.deepEqual(Trigger.required.toSorted(), ["columns", "dataset_urn"]);
  const { dataset_urn, columns } = Trigger.properties;
  const body = (urnLength: number, count: number) => ({
    dataset_urn: "u".repeat(urnLength),
    columns: Array.from({ length: count }, (_, i) => `c${i}`),
  });
  const most = await api.trigger(body(dataset_urn.maxLength, columns.maxItems));
  assert.equal(most.json.code, "invalid_urn", "both are at their limit, and were read");
  for (const [urnLength, count] of [[dataset_urn.maxLength + 1, 1], [9, columns.maxItems + 1]]) {
    assert.equal((await api.trigger(body(urnLength!, count!))).json.code, "invalid_request");
  }
});

Deno.test("every code becomes a problem document, and /trigger documents all that it may return", async () => {
  await using api = openApi();
  const { json: document } = await api.send("GET", "/openapi.json");
  const routers = ["not_found", "method_not_allowed"];
  const passing = ["run_in_progress", "lock_timeout", "conflict", "shutting_down"];
  for (const code of ERROR_CODES) {
    const response = problemResponse(new ServiceError(code, "Cannot do it: it is a test"), "id");
    const body = await response.json();
    checkProblem(PROBLEMS[code].status, response.headers, body);
    assert.deepEqual([body.code, body.run_id], [code, "id"]);
    const contentType = response.headers.get("content-type");
    const { status } = response;
    const answer = { method: "POST", path: "/trigger", status, contentType, body };
    if (!routers.includes(code)) checkResponse(document, answer);
    assert.equal(response.headers.has("retry-after"), passing.includes(code));
    const documented = document.paths["/trigger"].post.responses[status]?.headers ?? {};
    const names = Object.keys(documented).map((name) => name.toLowerCase());
    for (const name of ["retry-after", "www-authenticate"]) {
      if (response.headers.has(name)) assert.ok(names.includes(name), `${code}: ${name}`);
    }
  }
});

Deno.test("every code has the HTTP status that callers rely on", () => {
  const byStatus: Record<number, string[]> = {};
  for (const code of ERROR_CODES) (byStatus[PROBLEMS[code].status] ??= []).push(code);
  for (const codes of Object.values(byStatus)) codes.sort();
  assert.deepEqual(byStatus, {
    400: ["invalid_request", "invalid_urn"],
    401: ["unauthorized"],
    403: ["dataset_not_allowed", "permission_denied"],
    404: ["not_found", "table_not_found"],
    405: ["method_not_allowed"],
    409: ["conflict", "lock_timeout", "run_cancelled", "run_in_progress"],
    413: ["body_too_large"],
    415: ["unsupported_media_type"],
    422: [
      "ambiguous_name",
      "column_not_found",
      "column_not_tokenizable",
      "constraint_violation",
      "idempotency_key_reused",
      "run_not_adjustable",
      "table_not_supported",
      "unsupported_platform",
      "value_not_text",
      "value_too_long",
      "wrong_database",
    ],
    500: ["internal", "run_interrupted"],
    502: [
      "database_error",
      "database_unreachable",
      "datahub_error",
      "token_sdk_error",
      "token_sdk_unreachable",
    ],
    503: ["platform_not_configured", "shutting_down"],
    504: ["timeout"],
  });
});

Deno.test("a waiting time given by the database becomes Retry-After", () => {
  const error = new ServiceError("conflict", "Cannot: no", { retryAfterSeconds: 42 });
  assert.equal(problemResponse(error).headers.get("retry-after"), "42");
});
