/** Reads the JSON body of a request, within limits of size and time. */
import { deadline } from "../async.ts";
import { ServiceError } from "../errors.ts";
import type { ArrivingBody, BodyMemory } from "./body_memory.ts";
import { jsonFault } from "./json_fault.ts";

/** The most a body may hold. */
const MAX_BODY_BYTES = 1024 * 1024;
/** How much of a larger body is read and dropped: a client that is still sending sees no response. */
const MAX_DROPPED_BYTES = 16 * MAX_BODY_BYTES;
/** How long a body may take to arrive: a client that sends it bit by bit cannot hold a request open. */
const BODY_TIMEOUT_MS = 30_000;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** How a body is read. */
export interface BodyOptions {
  /** What messages call it, such as `trigger`. */
  readonly what: string;
  readonly memory: BodyMemory;
  readonly timeoutMs?: number;
}

/**
 * Reads a body and parses it. The framework's validator is not used: it responds with 500 to some
 * spellings of the content type of JSON and to an incomplete body.
 *
 * Throws `unsupported_media_type`, `body_too_large`, or `invalid_request`, which never names contents, or
 * says that the body did not arrive within `timeoutMs` milliseconds, or not before others needed its place
 * in `memory`.
 */
export async function readJsonBody(request: Request, options: BodyOptions): Promise<unknown> {
  requireJson(request.headers, options.what);
  return parseJson(await readBytes(request, options), options.what);
}

/** A body that is not as it should be. */
export function invalidBody(what: string, reason: string): ServiceError {
  return new ServiceError("invalid_request", `Cannot read the ${what}: ${reason}`);
}

function requireJson(headers: Headers, what: string): void {
  const contentType = headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)) {
    throw unsupported(what, 'its content type is not "application/json"');
  }
  if (!/^(?:identity)?$/i.test(headers.get("content-encoding") ?? "")) {
    throw unsupported(what, "its body is compressed (content-encoding), send it as it is");
  }
}

function unsupported(what: string, reason: string): ServiceError {
  return new ServiceError("unsupported_media_type", `Cannot read the ${what}: ${reason}`);
}

async function readBytes(
  request: Request,
  { what, memory, timeoutMs = BODY_TIMEOUT_MS }: BodyOptions,
): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_DROPPED_BYTES) throw tooLarge(what);
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  using body = memory.collect();
  try {
    await deadline(() => readPieces(reader, body, what), {
      limitMs: timeoutMs,
      reason: () => invalidBody(what, `its body did not arrive within ${timeoutMs / 1000} s`),
      signal: body.signal,
    });
    return body.bytes.slice();
  } catch (error) {
    if (body.signal.aborted) {
      throw invalidBody(what, "its body arrives too slowly, and others need the memory");
    }
    throw error instanceof ServiceError ? error : invalidBody(what, "its body is incomplete");
  } finally {
    reader.cancel().catch(() => {}); // nothing more is wanted
  }
}

async function readPieces(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  body: ArrivingBody,
  what: string,
): Promise<void> {
  let size = 0;
  while (size <= MAX_DROPPED_BYTES) {
    const { value, done } = await reader.read();
    if (done) break;
    size += value.length;
    if (size <= MAX_BODY_BYTES) body.append(value);
  }
  if (size > MAX_BODY_BYTES) throw tooLarge(what);
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  let body: unknown;
  try {
    text = decoder.decode(bytes);
    body = JSON.parse(text);
  } catch {
    throw invalidBody(what, "its body is not valid JSON"); // the parser's message would quote it
  }
  const fault = jsonFault(text);
  if (fault !== undefined) throw invalidBody(what, fault);
  return body;
}

function tooLarge(what: string): ServiceError {
  return new ServiceError(
    "body_too_large",
    `Cannot read the ${what}: its body is larger than ${MAX_BODY_BYTES} bytes`,
  );
}
