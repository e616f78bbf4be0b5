/** Runs Deno's tests and counts them; every suite of this project closes with the same line. */

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Which tests to run, with what. */
export interface TestRun {
  /** Files and folders with tests. */
  readonly paths: readonly string[];
  /** Files and folders in those that are left out. */
  readonly ignored?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Further arguments of `deno test`. */
  readonly options?: readonly string[];
  /** Other tests run at the same time: the output is shown at the end, below this. */
  readonly heading?: string;
}

/**
 * Runs tests with all permissions, shows their output, and counts them. A run that fails
 * in any other way than by a failed test counts as one failed test.
 */
export async function runDenoTests(run: TestRun): Promise<Counts> {
  const { paths, ignored = [], environment = {}, options = [], heading } = run;
  const args = ["test", "--allow-all", ...options];
  if (ignored.length > 0) args.push(`--ignore=${ignored.join(",")}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, ...paths],
    env: { ...environment, [Deno.stdout.isTerminal() ? "FORCE_COLOR" : "NO_COLOR"]: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: heading === undefined ? "inherit" : "null",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    if (heading === undefined) Deno.stdout.writeSync(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  if (heading !== undefined) console.log(`\n${heading}\n\n${output}`);
  const counts = readSummary(output) ?? { passed: 0, failed: 0, skipped: 0 };
  return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/**
 * The counts of the last line that `deno test` writes, such as
 * `FAILED | 5 passed (2 steps) | 1 failed | 2 ignored (3s)`. Tests may have written anything before.
 */
export function readSummary(output: string): Counts | undefined {
  // deno-lint-ignore no-control-regex
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const lines = plain.split("\n").filter((line) => /^(ok|FAILED) \| \d+ passed\b/.test(line));
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const number = (word: string) => Number(new RegExp(`\\| (\\d+) ${word}\\b`).exec(last)?.[1] ?? 0);
  return { passed: number("passed"), failed: number("failed"), skipped: number("ignored") };
}

/** Adds counts up. */
export function addCounts(all: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    passed: sum((each) => each.passed),
    failed: sum((each) => each.failed),
    skipped: sum((each) => each.skipped),
  };
}

/** The last line of every suite: `12 passed, 0 failed` or `12 passed, 0 failed, 1 skipped`. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Prints the closing line and ends: with 0 if tests were run and none failed. */
export function closeSuite(counts: Counts): never {
  console.log(`\n${closingLine(counts)}`);
  Deno.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
}
