/**
 * A person at a terminal: an interactive bash, into which commands are typed as they stand.
 *
 *     await using shell = await openTypedShell(folder, { PATH, HOME: folder });
 *     const { codes, screen } = await shell.type("ls\nfalse\n");      // [0, 1], and what was shown
 */
import { screenOf } from "./terminal.ts";

/** What came of the commands that were typed together. */
export interface Typed {
  /** The exit code of each command, in order. */
  readonly codes: readonly number[];
  /** What the terminal showed meanwhile, without colors and prompts. */
  readonly screen: string;
}

/** A shell on a terminal of 80 columns, which ends when it is disposed of. */
export interface TypedShell extends AsyncDisposable {
  /** Types commands, and resolves once all have ended. Throws if they do not within `limitMs`. */
  type(commands: string, limitMs?: number): Promise<Typed>;
  /** Types one command, with nothing behind it that the command could read from the terminal. */
  typeOne(
    command: string,
    limitMs?: number,
  ): Promise<{ readonly code: number; readonly screen: string }>;
}

/** A prompt that tells how the command before it ended. */
const PROMPT = { PS1: "{$?} ", PS2: "" };

/** Opens one in the folder `cwd`, with these variables. */
export async function openTypedShell(
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<TypedShell> {
  const { PATH = "" } = Deno.env.toObject(); // `script` itself need not be on the shell's
  const bash = "PATH=$SHELL_PATH; exec bash --noprofile --norc --noediting -i";
  // another shell that runs no commands of a person would drop the prompt
  const variables = { TERM: "xterm", ...env, SHELL: "/bin/sh", ...PROMPT };
  const script = new Deno.Command("script", {
    args: ["--quiet", "--command", bash, "/dev/null"],
    cwd,
    env: { ...variables, PATH, SHELL_PATH: env.PATH ?? PATH },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null", // where `script` says that it was ended
  }).spawn();
  const writer = script.stdin.getWriter();
  const reader = script.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let unread = "";
  let turns = 0;

  const readTo = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(unread);
      if (found !== null) {
        const end = found.index + found[0].length;
        const read = unread.slice(0, found.index);
        unread = unread.slice(end);
        return read;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error(`the commands did not end: ${screenOf(unread)}`);
      unread += value;
    }
  };
  const type: TypedShell["type"] = async (commands, limitMs = 120_000) => {
    turns++;
    const keys = `${commands.trimEnd()}\necho end-$((${turns}))\n`; // shown otherwise than it is typed
    await writer.write(new TextEncoder().encode(keys));
    const limit = setTimeout(() => script.kill(), limitMs);
    try {
      const shown = screenOf(await readTo(new RegExp(`end-${turns}\r?\n`)));
      const [, ...codes] = [...shown.matchAll(/\{(\d+)\} /g)].map(([, code]) => Number(code));
      return { codes, screen: shown.replaceAll(/\{\d+\} /g, "") };
    } finally {
      clearTimeout(limit);
    }
  };
  const typeOne: TypedShell["typeOne"] = async (command, limitMs = 120_000) => {
    const limit = setTimeout(() => script.kill(), limitMs);
    try {
      await readTo(/\{\d+\} /);
      await writer.write(new TextEncoder().encode(`${command}\n`));
      const screen = screenOf(await readTo(/(?=\{\d+\} $)/));
      return { code: Number(/^\{(\d+)\} $/.exec(unread)?.[1]), screen };
    } finally {
      clearTimeout(limit);
    }
  };
  await type("stty cols 80 rows 24");
  return {
    type,
    typeOne,
    async [Symbol.asyncDispose]() {
      try {
        script.kill();
      } catch {
        // it has ended already
      }
      await script.status;
      await Promise.allSettled([writer.abort(), reader.cancel()]);
    },
  };
}
