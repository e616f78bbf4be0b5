/** A program on its own terminal, made by `script` of util-linux. */
import { assertLeaksNothing } from "./assertions.ts";
import type { Environment, Program } from "./program.ts";

/** Why no terminal is available on this machine; undefined if one is. */
export const whyNoTerminal: string | undefined = await (async () => {
  const command = new Deno.Command("script", { args: ["--version"], stderr: "null" });
  const output = await command.output().catch(() => undefined);
  const text = new TextDecoder().decode(output?.stdout ?? new Uint8Array());
  return text.includes("util-linux") ? undefined : "the script command of util-linux is not here";
})();

/** What a program showed on its terminal. */
export interface Shown {
  readonly code: number;
  /** Standard output and standard error as they came, with control sequences. */
  readonly raw: string;
  /** What is left on the screen: without colors, and without what was overwritten in its line. */
  readonly screen: string;
}

/** What a person types, as soon as the program has shown something. */
export interface Typing {
  readonly after: RegExp;
  /** Such as `CTRL_C`. */
  readonly keys: string;
}

/** What a person types at certain moments, if the program is there yet or still. */
export interface TimedTyping {
  readonly strokes: readonly { readonly afterMs: number; readonly keys: string }[];
}

/** What the key sends to the terminal. */
export const CTRL_C = "\x03";

/** How long a program may take: one that asks something would wait for ever. */
const LIMIT_MS = 120_000;
/** What follows the program's own output. */
const END = "\u0003 the program has ended \u0003";

/** How large the terminal is, if it knows. */
export interface Size {
  readonly columns?: number;
}

/** Runs a program to its end on a terminal. */
export async function runOnTerminal(
  program: Program,
  args: readonly string[],
  env: Environment = {},
  typing?: Typing | TimedTyping,
  { columns }: Size = {},
): Promise<Shown> {
  const words = [program.file, ...program.args, ...args];
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  // `script` leaves behind what it has not read soon after its child's end. So the child stays until
  // everything before the mark was seen here.
  // And it must outlive a Ctrl-C, which goes to everything on the terminal.
  // With Ctrl-C a terminal also drops what it has not shown yet, which would hide what is looked for.
  const sized = columns === undefined ? "" : `stty cols ${columns}; `;
  const held =
    `${sized}stty noflsh; trap : INT; ${line}; code=$?; printf '%s' '${END}'; read -r _; exit $code`;
  const { HOME = "", PATH = "", DENO_DIR } = Deno.env.toObject();
  const cache: Environment = DENO_DIR === undefined ? {} : { DENO_DIR };
  await using script = new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", held, "/dev/null"],
    env: { HOME, PATH, ...cache, SHELL: "/bin/sh", TERM: "xterm", ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const limit = setTimeout(() => script.kill(), LIMIT_MS);
  let all = "";
  let isWhole = false;
  const type = async (keys: string) => {
    const writer = script.stdin.getWriter();
    await writer.write(new TextEncoder().encode(keys));
    writer.releaseLock();
  };
  const timers = typing !== undefined && "strokes" in typing
    ? typing.strokes.map(({ afterMs, keys }) =>
      setTimeout(() => isWhole || void type(keys).catch(() => {}), afterMs)
    )
    : [];
  let isTyped = false;
  for await (const text of script.stdout.pipeThrough(new TextDecoderStream())) {
    all += text;
    if (typing !== undefined && "after" in typing && !isTyped && typing.after.test(all)) {
      isTyped = true;
      await type(typing.keys);
    }
    if (isWhole || !all.includes(END)) continue;
    isWhole = true;
    for (const timer of timers) clearTimeout(timer);
    await new Response("\n").body!.pipeTo(script.stdin);
  }
  const { code } = await script.status;
  clearTimeout(limit);
  for (const timer of timers) clearTimeout(timer);
  if (!isWhole) throw new Error(`${args.join(" ")} did not end: ${JSON.stringify(all)}`);
  const raw = all.slice(0, all.indexOf(END));
  assertLeaksNothing(raw, args.join(" "));
  return { code, raw, screen: screenOf(raw) };
}

/** Applies what programs use of a terminal: colors, back to the line's start, clear to its end. */
export function screenOf(raw: string): string {
  // deno-lint-ignore no-control-regex
  const plain = raw.replaceAll("\r\n", "\n").replaceAll(/\x1b\[[0-9;]*m/g, "");
  // deno-lint-ignore no-control-regex
  return plain.split("\n").map((line) => line.split(/\r\x1b\[[JK]/).at(-1)).join("\n");
}
