/** From a `ServiceError` to a problem document (RFC 9457). The only file that knows error statuses. */
import type { ErrorCode, ServiceError, TURNED_AWAY } from "../errors.ts";
import type { Problem } from "../runs/run.ts";

interface Meaning {
  readonly status: number;
  readonly title: string;
}

/** Each code's status and title. The title is always the same; `detail` is about the one failure. */
export const PROBLEMS: Readonly<Record<ErrorCode, Meaning>> = {
  invalid_request: { status: 400, title: "The request is invalid" },
  invalid_urn: { status: 400, title: "The dataset URN is invalid" },
  unauthorized: { status: 401, title: "A valid bearer token is required" },
  dataset_not_allowed: { status: 403, title: "The dataset may not be tokenized" },
  permission_denied: { status: 403, title: "Permission denied" },
  not_found: { status: 404, title: "There is nothing at this path" },
  table_not_found: { status: 404, title: "The table does not exist" },
  method_not_allowed: { status: 405, title: "The method is not allowed at this path" },
  run_in_progress: { status: 409, title: "Another run is in progress" },
  lock_timeout: { status: 409, title: "Could not obtain a lock in time" },
  conflict: { status: 409, title: "Concurrent changes got in the way" },
  run_cancelled: { status: 409, title: "The run was cancelled" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body must be JSON" },
  run_not_adjustable: { status: 422, title: "The run cannot be changed in this way" },
  idempotency_key_reused: { status: 422, title: "The idempotency key is another request's" },
  unsupported_platform: { status: 422, title: "The platform is not supported" },
  ambiguous_name: { status: 422, title: "The name is ambiguous" },
  wrong_database: { status: 422, title: "The dataset is in another database" },
  column_not_found: { status: 422, title: "A column does not exist" },
  column_not_tokenizable: { status: 422, title: "A column cannot be tokenized" },
  value_too_long: { status: 422, title: "A token does not fit into its column" },
  constraint_violation: { status: 422, title: "A constraint rejects the tokens" },
  value_not_text: { status: 422, title: "A value is not valid text" },
  table_not_supported: { status: 422, title: "The table cannot be tokenized" },
  internal: { status: 500, title: "An unexpected error occurred" },
  run_interrupted: { status: 500, title: "The process that executed the run is gone" },
  database_unreachable: { status: 502, title: "The database cannot be reached" },
  database_error: { status: 502, title: "The database reported an error" },
  token_sdk_unreachable: { status: 502, title: "The token SDK's server cannot be reached" },
  token_sdk_error: { status: 502, title: "The token SDK reported an error" },
  datahub_error: { status: 502, title: "DataHub cannot be asked" },
  platform_not_configured: { status: 503, title: "The platform is not configured" },
  shutting_down: { status: 503, title: "The action is shutting down" },
  timeout: { status: 504, title: "The operation timed out" },
};

/** When a caller that was turned away should try again. */
const DEFAULT_RETRY_AFTER_SECONDS: Readonly<Record<(typeof TURNED_AWAY)[number], number>> = {
  run_in_progress: 5,
  lock_timeout: 5,
  conflict: 5,
  shutting_down: 10,
};

/** The document for `error`, with the id of the run that failed, if there was one. */
export function toProblem(error: ServiceError, runId?: string): Problem {
  const { status, title } = PROBLEMS[error.code];
  return {
    status,
    title,
    detail: error.message,
    code: error.code,
    ...(runId === undefined ? {} : { run_id: runId }),
  };
}

/** The response that carries the document, with the headers that belong to it. */
export function problemResponse(error: ServiceError, runId?: string): Response {
  const problem = toProblem(error, runId);
  const headers = new Headers({ "content-type": "application/problem+json" });
  const retryAfter = error.facts.retryAfterSeconds ??
    (DEFAULT_RETRY_AFTER_SECONDS as Partial<Record<ErrorCode, number>>)[error.code];
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  if (problem.status === 401) headers.set("www-authenticate", 'Bearer realm="tokenize-action"');
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
