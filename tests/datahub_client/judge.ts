/** DataHub's own Python packages, asked what they do: see judge.py. */
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("judge.py", import.meta.url));

/** A function of judge.py, and its arguments. */
export type Question = { readonly ask: string } & Readonly<Record<string, unknown>>;

/** The folder of the Python environment, as run.ts installed it. */
export function clientFolder(): string {
  const folder = Deno.env.get("TEST_DATAHUB_CLIENT");
  if (folder !== undefined) return folder;
  throw new Error("Cannot run this alone: use deno task test-datahub");
}

/** The answers, in the order of the questions. Throws with what the packages printed if one fails. */
export async function judge(questions: readonly Question[]): Promise<unknown[]> {
  const home = await Deno.makeTempDir({ prefix: "tokenize-datahub-" });
  try {
    const child = new Deno.Command(`${clientFolder()}/bin/python`, {
      args: [program],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: home,
        DATAHUB_TELEMETRY_ENABLED: "false",
        PYTHONDONTWRITEBYTECODE: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(questions)));
    await writer.close();
    const { success, stdout, stderr } = await child.output();
    if (!success) throw new Error(`judge.py failed: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
