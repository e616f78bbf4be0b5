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

/** What the terminal can show, and the person wants to see. As plain data, since the worker is sent it. */
export interface Screen {
  readonly hasColoredOutput: boolean;
  readonly hasColoredErrors: boolean;
  /** Whether a line on standard error can be drawn over the one before. */
  readonly canRedraw: boolean;
}

/**
 * What the environment says of the terminal. Without colors: `NO_COLOR`, whatever else is set. With colors,
 * even without a terminal: `FORCE_COLOR` or `CLICOLOR_FORCE`. `TERM=dumb` has none, and no codes at all.
 *
 * Sources: no-color.org; bixense.com/clicolors; `FORCE_COLOR` as Node.js reads it.
 */
export function screenOf(variable: (name: string) => string | undefined): Screen {
  const isDumb = variable("TERM") === "dumb";
  const isOn = (name: string) => !["0", "false", undefined].includes(variable(name));
  const isOff = (name: string) => ["0", "false"].includes(variable(name) ?? "");
  const isColored = (isTerminal: boolean) => {
    if (variable("NO_COLOR") !== undefined) return false;
    if (isOn("FORCE_COLOR") || isOn("CLICOLOR_FORCE")) return true;
    return isTerminal && !isDumb && !isOff("FORCE_COLOR") && !isOff("CLICOLOR");
  };
  return {
    hasColoredOutput: isColored(Deno.stdout.isTerminal()),
    hasColoredErrors: isColored(Deno.stderr.isTerminal()),
    canRedraw: Deno.stderr.isTerminal() && !isDumb,
  };
}

/** What is known in this realm; nothing at first. */
let screen: Screen = { hasColoredOutput: false, hasColoredErrors: false, canRedraw: false };

/** To be called once in each realm, before anything is written. */
export function useScreen(known: Screen): void {
  screen = known;
}

/** What `useScreen` was called with. */
export function knownScreen(): Screen {
  return screen;
}

/** Whether results are to have colors. */
export function hasColoredOutput(): boolean {
  return screen.hasColoredOutput;
}

/** Whether a line on standard error can be drawn over the one before. */
export function canRedraw(): boolean {
  return screen.canRedraw;
}

const USUAL_WIDTH = 80;

/** How many characters fit in a line of standard output: the usual number if it is no terminal. */
export function outputWidth(): number {
  return Deno.stdout.isTerminal() ? terminalWidth() : USUAL_WIDTH;
}

/** How many characters a line of a result may have: any number, unless a terminal knows its width. */
export function textWidth(): number {
  return Deno.stdout.isTerminal() ? knownWidth() ?? Infinity : Infinity;
}

/** How many characters the terminal has in a line; the usual number if it does not know. */
export function terminalWidth(): number {
  return knownWidth() ?? USUAL_WIDTH;
}

function knownWidth(): number | undefined {
  try {
    return Deno.consoleSize().columns || undefined; // a terminal may not know it
  } catch {
    return undefined;
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
