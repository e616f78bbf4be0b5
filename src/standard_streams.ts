/** Standard output and standard error: both may be full, or closed by their readers. */

/** What standard output reports when nobody can write to it. */
export class UnwritableOutput extends Error {
  override readonly name = "UnwritableOutput";
  /** Whether the reader went away, which is its right. */
  readonly isClosed: boolean;

  constructor(cause: unknown) {
    const isClosed = cause instanceof Deno.errors.BrokenPipe;
    super(isClosed ? "its reader closed it" : reasonOf(cause));
    this.isClosed = isClosed;
  }
}

/** Writes a text to standard output. Throws `UnwritableOutput`. */
export function writeOutput(text: string): void {
  try {
    write(Deno.stdout, text);
  } catch (error) {
    throw new UnwritableOutput(error);
  }
}

const USUAL_WIDTH = 80;

/** How many characters fit in a line of standard output: the usual number if it is no terminal. */
export function outputWidth(): number {
  return Deno.stdout.isTerminal() ? terminalWidth() : USUAL_WIDTH;
}

/** How many characters the terminal has in a line; the usual number if it does not know. */
export function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || USUAL_WIDTH; // a terminal may not know it
  } catch {
    return USUAL_WIDTH;
  }
}

/** All of standard input, as text. */
export function readInput(): string {
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(64 * 1024);
  let text = "";
  for (let length; (length = Deno.stdin.readSync(bytes)) !== null;) {
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
  }
  return text + decoder.decode();
}

/** Writes a text to standard error. Never throws: there is nobody left to report to. */
export function writeError(text: string): void {
  try {
    write(Deno.stderr, `${erasedStatus()}${text}${statusLine}`);
  } catch {
    // a message that cannot be shown must not end the work
  }
}

/** What the terminal of standard error shows below everything else. */
let statusLine = "";

/**
 * Shows a line on the terminal of standard error, until it is replaced, by the empty one in the end. Whatever
 * is written meanwhile comes above it. It must be shorter than the terminal is wide.
 */
export function showStatus(line: string): void {
  const erased = erasedStatus();
  statusLine = line;
  try {
    write(Deno.stderr, erased + line);
  } catch {
    // as above
  }
}

/** Erases the line; terminals that became narrower show it on several. */
function erasedStatus(): string {
  if (statusLine === "") return "";
  const above = Math.floor((statusLine.length - 1) / terminalWidth());
  return `${above > 0 ? `\x1b[${above}A` : ""}\r\x1b[J`;
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
}

function reasonOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === "ENOSPC") return "the disk is full";
  return typeof code === "string" ? `the system reports ${code}` : "it does not accept writes";
}
