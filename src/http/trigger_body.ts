/** The body of a trigger: reads and validates it, and names what is wrong with it. */
import type { z } from "@hono/zod-openapi";
import type { Trigger } from "../action/trigger.ts";
import { deadline } from "../async.ts";
import { ServiceError } from "../errors.ts";
import type { ArrivingBody, BodyMemory } from "./body_memory.ts";
import { triggerSchema } from "./schemas.ts";

/** The most a body may hold. */
const MAX_BODY_BYTES = 1024 * 1024;
/** How much of a larger body is read and dropped: a client that is still sending sees no response. */
const MAX_DROPPED_BYTES = 16 * MAX_BODY_BYTES;
/** How long a body may take to arrive: a client that sends it bit by bit cannot hold a request open. */
const BODY_TIMEOUT_MS = 30_000;
/** How many faults the detail of a problem names. */
const MAX_FAULTS = 5;
const MAX_NAME_LENGTH = 60;

/**
 * Reads and validates a trigger. The framework's validator is not used: it responds with 500 to some
 * spellings of the content type of JSON and to an incomplete body.
 *
 * Throws `unsupported_media_type`, `body_too_large`, or `invalid_request`, which names each wrong field
 * but never its contents, or says that the body did not arrive within `timeoutMs` milliseconds, or not
 * before others needed its place in `memory`.
 */
export async function readTrigger(
  request: Request,
  memory: BodyMemory,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Trigger> {
  requireJson(request.headers.get("content-type") ?? "");
  const result = triggerSchema.safeParse(parseJson(await readBytes(request, memory, timeoutMs)));
  if (result.success) {
    const { dataset_urn: datasetUrn, dry_run: dryRun, ...others } = result.data;
    return { datasetUrn, dryRun, ...others };
  }
  throw invalid(listed(result.error.issues.map(faultOf), "; "));
}

function requireJson(contentType: string): void {
  if (/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)) return;
  throw new ServiceError(
    "unsupported_media_type",
    'Cannot read the trigger: its content type is not "application/json"',
  );
}

async function readBytes(
  request: Request,
  memory: BodyMemory,
  timeoutMs: number,
): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_DROPPED_BYTES) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  using body = memory.collect();
  try {
    await deadline(() => readPieces(reader, body), {
      limitMs: timeoutMs,
      reason: () => invalid(`its body did not arrive within ${timeoutMs / 1000} s`),
      signal: body.signal,
    });
    return body.bytes.slice();
  } catch (error) {
    if (body.signal.aborted) {
      throw invalid("its body arrives too slowly, and others need the memory");
    }
    throw error instanceof ServiceError ? error : invalid("its body is incomplete");
  } finally {
    reader.cancel().catch(() => {}); // nothing more is wanted
  }
}

async function readPieces(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  body: ArrivingBody,
): Promise<void> {
  let size = 0;
  while (size <= MAX_DROPPED_BYTES) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size <= MAX_BODY_BYTES) body.append(value);
  }
  if (size > MAX_BODY_BYTES) throw tooLarge();
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("its body is not valid JSON"); // the parser's message would quote it
  }
}

function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => `"${shortened(key)}"`);
    return `unknown field${names.length === 1 ? "" : "s"} ${listed(names, ", ")}`;
  }
  const { path, message } = issue;
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

function listed(items: readonly string[], separator: string): string {
  const shown = items.slice(0, MAX_FAULTS).join(separator);
  const others = items.length - MAX_FAULTS;
  return others > 0 ? `${shown} and ${others} more` : shown;
}

function shortened(name: string): string {
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
}

function invalid(reason: string): ServiceError {
  return new ServiceError("invalid_request", `Cannot read the trigger: ${reason}`);
}

function tooLarge(): ServiceError {
  return new ServiceError(
    "body_too_large",
    `Cannot read the trigger: its body is larger than ${MAX_BODY_BYTES} bytes`,
  );
}
