/** The body of a trigger: what is asked of it, and what is said of one that is not as it should be. */
import type { z } from "@hono/zod-openapi";
import type { Trigger } from "../action/trigger.ts";
import { deadline } from "../async.ts";
import { ServiceError } from "../errors.ts";
import type { ArrivingBody, BodyMemory } from "./body_memory.ts";
import { triggerSchema } from "./schemas.ts";

/** The most a body may hold. */
const MAX_BODY_BYTES = 1024 * 1024;
/** How much of a larger body is read and dropped: who is still sending would not see the answer. */
const MAX_DROPPED_BYTES = 16 * MAX_BODY_BYTES;
/** How long a body may take to arrive: nobody may hold a request open by sending it bit by bit. */
const BODY_TIMEOUT_MS = 30_000;
/** The most that a problem's detail names of what is wrong. */
const MAX_FAULTS = 5;
const MAX_NAME_LENGTH = 60;

/**
 * Reads and validates a trigger. It is done here and not by the framework's validator, which would
 * answer 500 to some spellings of JSON's content type and to a body that breaks off.
 *
 * Throws `unsupported_media_type`, `body_too_large`, or `invalid_request` naming each field that is
 * wrong, never with what was in it; also if the body does not arrive within `timeoutMs`, or before
 * others need its place in `memory`.
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
    if (body.signal.aborted) throw invalid("its body arrives too slowly while others do, too");
    throw error instanceof ServiceError ? error : invalid("its body breaks off");
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
