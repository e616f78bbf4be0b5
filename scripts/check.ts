/**
 * `deno task check`: what can be checked in the sources without running them. `deno task ok` and
 * `make test` begin with it.
 */
import { fileURLToPath } from "node:url";

/** What an adapter's author reads: see docs/writing-a-token-sdk.md. */
const DOCUMENTED = [
  "src/tokens/token_sdk.ts",
  "src/tokens/packed_texts.ts",
  "src/tokens/token_pattern.ts",
  "src/tokens/token_scope.ts",
  "src/errors.ts",
  "src/config_error.ts",
  "src/settings_reader.ts",
  "tests/tokens/conformance.ts",
];

/** Each check is a name, a program and its arguments. */
const CHECKS: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ["format", Deno.execPath(), "fmt", "--quiet", "--check"],
  ["lint", Deno.execPath(), "lint", "--quiet"],
  ["types", Deno.execPath(), "check", "--quiet", "src", "scripts", "tests"],
  ["API documentation", Deno.execPath(), "doc", "--quiet", "--lint", ...DOCUMENTED],
  ["shell", "bash", "scripts/check_shell.sh"],
];

/** Runs them all, also after one failed. Gives how many failed. */
export async function checkSources(): Promise<number> {
  let failed = 0;
  for (const [name, program, ...args] of CHECKS) {
    if (!await runStep(name, program, args)) failed++;
  }
  return failed;
}

/** Runs a program in the project's folder, then prints whether it succeeded, and in what time. */
export async function runStep(
  name: string,
  program: string,
  args: readonly string[],
): Promise<boolean> {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const startMs = performance.now();
  const command = new Deno.Command(program, { args: [...args], cwd, stdin: "null" });
  const { success } = await command.spawn().status;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${name} ... ${success ? "ok" : "FAILED"} (${seconds} s)`);
  return success;
}

if (import.meta.main) Deno.exit(await checkSources() > 0 ? 1 : 0);
