/**
 * pganonymize, another program that rewrites columns in place: it reads the table, makes the new values, and
 * writes them through a temporary table. Installed from exactly the pinned packages.
 */
import { fileURLToPath } from "node:url";
import { installPackages } from "../../python_packages.ts";
import { endsWithBench } from "../children.ts";
import type { Contender } from "../contender.ts";
import { watchProcess } from "../process_watch.ts";

const MAX_ROWS = 200_000;

/** What it is to do: a hash of each value. */
const SCHEMA = `tables:
  - people:
      primary_key: id
      fields:
        - name:
            provider: {name: md5}
        - email:
            provider: {name: md5}
`;

/** Replaces both columns by hashes. Says why it is left out, if it cannot be installed. */
export const PGANONYMIZE: Contender = {
  name: "pganonymize 0.13",
  maxRows: MAX_ROWS,
  async run({ url, sql }) {
    const program = await install();
    if (program === undefined) return undefined;
    const { hostname, port, username, password, pathname } = new URL(url);
    const schema = await Deno.makeTempFile({ suffix: ".yml" });
    try {
      await Deno.writeTextFile(schema, SCHEMA);
      const server = ["--host", hostname, "--port", port, "--dbname", pathname.slice(1)];
      const login = ["--user", username, "--password", decodeURIComponent(password)];
      const args = ["--schema", schema].concat(server, login);
      const startedMs = performance.now();
      const child = endsWithBench(new Deno.Command(program, {
        args,
        stdout: "null",
        stderr: "inherit",
      }).spawn());
      const watched = watchProcess(child.pid);
      const { success } = await child.status;
      const elapsedMs = performance.now() - startedMs;
      const process = await watched.end();
      if (!success) throw new Error("pganonymize failed");
      const [changed] =
        await sql`SELECT count(*)::int AS rows FROM people WHERE email ~ '^[0-9a-f]{32}$'`;
      return { rows: changed!.rows, elapsedMs, process };
    } finally {
      await Deno.remove(schema);
    }
  },
};

let installed: Promise<string | undefined> | undefined;

function install(): Promise<string | undefined> {
  return installed ??= installOnce();
}

async function installOnce(): Promise<string | undefined> {
  const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
  const environment = await installPackages({ name: "pganonymize", requirements, hashes: true })
    .catch((error: Error) => ({ missing: `${error.message}; psycopg2 needs libpq-dev and gcc` }));
  if ("folder" in environment) return `${environment.folder}/bin/pganonymize`;
  console.error(`pganonymize is left out: ${environment.missing}`);
  return undefined;
}
