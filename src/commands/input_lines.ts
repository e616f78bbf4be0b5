/** Standard input, a line at a time. */
import { aborted } from "../async.ts";
import { ServiceError } from "../errors.ts";

const MAX_BATCH_LINES = 2500;

/**
 * The lines as they arrive, some thousands at once at most, until the end of the input or until `stop` is
 * aborted. A carriage return at a line's end is dropped. Throws `invalid_request` if the input is not
 * UTF-8: a value that was altered would get another token.
 */
export async function* inputLines(stop: AbortSignal): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoderStream("utf-8", { fatal: true, ignoreBOM: true });
  const reader = Deno.stdin.readable.pipeThrough(decoder).getReader();
  void aborted(stop).then(() => reader.cancel());
  let begun = "";
  while (true) {
    const { value, done } = await reader.read().catch(notUtf8);
    if (done) break;
    const lines = (begun + value).split("\n");
    begun = lines.pop()!;
    while (lines.length > 0) yield lines.splice(0, MAX_BATCH_LINES).map(withoutReturn);
  }
  if (begun !== "" && !stop.aborted) yield [withoutReturn(begun)];
}

function notUtf8(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  throw new ServiceError("invalid_request", "Cannot read standard input: it is not UTF-8");
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
