/** Where an unexpected failure came from, for the log. */

/** A stack's frames without its message, which may hold anything. */
export function stackFrames(thrown: unknown): string[] {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return [];
  const { stack, message } = thrown;
  const frames = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  return frames.split("\n").map((line) => line.trim()).filter((line) =>
    /^at .*(?:file|npm|node|ext|data):.*:\d+:\d+\)?$/.test(line)
  );
}
