/** The whole program beside a warehouse, as a process; what it prints is kept. */
import assert from "node:assert/strict";
import { assertLeaksNothing } from "../support/assertions.ts";
import type { Environment, Program } from "../support/program.ts";

/** Statements take a second or more on the stand-in, and machines are busy. */
const DEADLINE_MS = 540_000;

/** A program that runs. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it printed on standard error so far. */
  stderr(): string;
  readonly ended: Promise<{ readonly code: number; readonly stdout: string }>;
  signal(name: Deno.Signal): void;
}

/** Starts a program. Whatever it prints is searched for values when it ends. */
export function start(program: Program, args: readonly string[], env: Environment): Running {
  const child = new Deno.Command(program.file, {
    args: [...program.args, ...args],
    env: { LOG_FORMAT: "json", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isRunning = true;
  const signal = (name: Deno.Signal) => void (isRunning && child.kill(name));
  const deadline = setTimeout(() => signal("SIGKILL"), DEADLINE_MS);
  let stderr = "";
  const reading = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (stderr += text) }),
  );
  const ended = (async () => {
    const stdout = await new Response(child.stdout).text();
    const { code } = await child.status;
    isRunning = false;
    clearTimeout(deadline);
    await reading;
    assertLeaksNothing(stdout + stderr, args.join(" "));
    for (const line of stderr.split("\n")) {
      assert.ok(/^($|tokenize: |{.*}$)/.test(line), `neither a log line nor our own: ${line}`);
    }
    return { code, stdout };
  })();
  return {
    pid: child.pid,
    stderr: () => stderr,
    ended,
    signal,
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
    },
  };
}

/** Runs a program to its end, and gives what it printed as JSON, an object a line. */
export async function runJson(program: Program, args: readonly string[], env: Environment) {
  await using running = start(program, args, env);
  const { code, stdout } = await running.ended;
  assert.equal(code, 0, running.stderr());
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** Starts `tokenize serve` and waits until it listens; gives its URL. */
export async function serve(
  program: Program,
  env: Environment,
): Promise<Running & { url: string }> {
  const running = start(program, ["serve"], env);
  for (;;) {
    const url = /"url":"(http:[^"]+)"/.exec(running.stderr())?.[1];
    if (url !== undefined) return Object.assign(running, { url });
    const tick = new Promise((resolve) => setTimeout(resolve, 50, "tick"));
    const first = await Promise.race([running.ended, tick]);
    if (first !== "tick") assert.fail(`it ended: ${running.stderr()}`);
  }
}
