/**
 * README's "Your own Postgres in a minute" and "The service", pasted as they stand into one shell,
 * against a fresh Postgres, from the folder of the repository.
 */
import assert from "node:assert/strict";
import { freePort } from "../../scripts/servers/free_port.ts";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { testUnless } from "../support/skipping.ts";
import { missingOf, ROOT, shellBlocks } from "./first_hour.ts";

const missing = missingOf(["psql", "createdb"]);
const whyNot = missing.length > 0 ? `${missing.join(" and ")} not installed` : undefined;

testUnless(
  whyNot,
  "README's own Postgres in a minute and its service do what they say, as they stand",
  async () => {
    await using server = await startPostgres();
    const folder = await openCheckout();
    const [fetched, ...blocks] = await shellBlocks("README.md", "Your own Postgres in a minute");
    assert.match(fetched!, /^git clone .*\nscripts\/deno\.sh task build /, "which is done here");
    const commands = [...blocks, ...await shellBlocks("README.md", "The service")];
    try {
      const { hostname, port } = server;
      const { code, stdout, stderr } = await paste(folder, [...commands, "kill %1", "wait"], {
        PGHOST: hostname,
        PGPORT: String(port),
        PGUSER: "postgres",
        PGPASSWORD: "postgres",
        PORT: String(freePort()),
      });
      assert.equal(code, 0, stderr);
      const reports = stdout.split("\n").filter((line) => line.startsWith('{"run_id":'))
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        reports.map(({ dry_run, updated, skipped }) => [dry_run, updated, skipped]),
        [[true, 100, 0], [false, 100, 0], [false, 0, 100], [false, 100, 0], [false, 100, 0]],
        "a dry run, the run, a second one, the restored values, and the run by the service",
      );
      const left = reports[1].residue.filter(({ state }: { state: string }) => state === "remains");
      assert.deepEqual(
        left.map(({ command }: { command: string }) => command),
        ["VACUUM (INDEX_CLEANUP ON) public.customers"],
        "what the section says is left",
      );
      assert.ok(commands.join("").includes('VACUUM (INDEX_CLEANUP ON) $schema.$table"'));
      const readBack = stdout.split("\n").filter((line) => line.startsWith('"'));
      assert.equal(readBack.length, 3);
      for (const line of readBack) assert.match(line, /^"customer\d+@example\.com"$/);
      const { mode } = await Deno.stat(`${folder}/keys.json`);
      assert.equal(mode! & 0o777, 0o600, "nobody else can read the key");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** A folder that looks like the repository's with a built binary, and that the blocks may write to. */
async function openCheckout(): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const name of ["deploy", "dist", "scripts"]) {
    await Deno.symlink(new URL(name, ROOT), `${folder}/${name}`);
  }
  return folder;
}

/** The commands in one shell, as a reader would paste them, but for stopping if one fails. */
async function paste(
  folder: string,
  commands: readonly string[],
  variables: Readonly<Record<string, string>>,
) {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", commands.join("\n")],
    cwd: folder,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH")!, HOME: folder, ...variables },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
