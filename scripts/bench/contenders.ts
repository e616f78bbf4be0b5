/** What is compared: each turns the same table into tokens, in its own way. */
import { encodeBase64 } from "../../src/tokens/base64.ts";
import { openSql, type Sql } from "../servers/postgres/sql.ts";
import { PROGRAM } from "./bench_database.ts";
import { endsWithBench } from "./children.ts";
import type { Arena, Contender, Outcome } from "./contender.ts";
import { PGANONYMIZE } from "./pganonymize/contender.ts";
import { type ProcessUsage, watchProcess } from "./process_watch.ts";

const COLUMNS = ["name", "email"];
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.people,PROD)";
const TOKEN = String
  .raw`'tok_' || replace(encode(convert_to($, 'UTF8'), 'base64'), E'\n', '') || '_poc'`;

/** A hash without a key, in the form of a token of `hmac-sha256`. */
const HASH = String
  .raw`'tk1_hmac_g_h1_' || rtrim(translate(encode(sha256(convert_to($, 'UTF8')), 'base64'), '+/', '-_'), '=')`;

/** A guard that tells values from tokens about as fast as the real one. */
const GUARD = COLUMNS.map((column) =>
  `${column} COLLATE "C" !~ '^tok_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?_poc$'`
).join(" OR ");

/** The limit: what the server needs to rewrite the rows itself. */
export const LIMIT: Contender = {
  name: "limit: one UPDATE in SQL",
  run: (arena) => timed(arena, async (sql) => (await sql.unsafe(updateInSql())).count),
};

/** The same as one writes it at first: translate() is slow, and nothing tells that it is. */
const WITH_TRANSLATE: Contender = {
  name: "the same, with translate()",
  run: (arena) =>
    timed(arena, async (sql) => {
      const token = TOKEN.replace("replace(", "translate(");
      return (await sql.unsafe(updateInSql(token))).count;
    }),
};

/** The same with tokens as long as those of `hmac-sha256`, and as random: an index on them costs more. */
export const LIMIT_WITH_HASHES: Contender = {
  name: "limit with hashes: one UPDATE in SQL",
  run: (arena) => timed(arena, async (sql) => (await sql.unsafe(updateInSql(HASH))).count),
};

function updateInSql(token = TOKEN): string {
  const set = COLUMNS.map((column) => `${column} = ${token.replace("$", () => column)}`);
  return `UPDATE people SET ${set.join(", ")} WHERE ${GUARD}`;
}

/** The same, and the statistics of the columns made again, as an action must that leaves no value there. */
const LIMIT_WITH_STATISTICS: Contender = {
  name: "limit, and ANALYZE",
  run: (arena) =>
    timed(arena, async (sql) => {
      const { count } = await sql.begin(async (tx) => {
        const updated = await tx.unsafe(updateInSql());
        await tx.unsafe(`ANALYZE people (${COLUMNS.join(", ")})`);
        return updated;
      });
      return count;
    }),
};

/** One look that finds nothing, to set a run that finds nothing beside. */
export const COUNT: Contender = {
  name: "one count with the guard",
  run: (arena) =>
    timed(arena, async (sql) => {
      await sql.unsafe(`SELECT count(*) FROM people WHERE ${GUARD}`);
      return 0;
    }),
};

/** The client path, in one transaction. */
export const CLIENT = ours("client", { PUSHDOWN: "false" });

/** The plain way. */
export const ROW_BY_ROW = rowByRow("one UPDATE a row", 5_000, 1);

/** All that rewrite the whole table, the limit first. */
export const REWRITES: readonly Contender[] = [
  LIMIT,
  LIMIT_WITH_STATISTICS,
  WITH_TRANSLATE,
  CLIENT,
  ours("pushdown", {}),
  ours("client, in batches", { PUSHDOWN: "false" }, "--commit", "batches"),
  ours("pushdown, in batches", {}, "--commit", "batches"),
  ours("rewrite", {}, "--strategy", "rewrite"),
  ROW_BY_ROW,
  rowByRow("one UPDATE a row, pipelined", 20_000, 100),
  PGANONYMIZE,
];

/** The program once more, with nothing left to do. */
export const SECOND_RUN: Contender = ours("second run", { PUSHDOWN: "false" });

function ours(name: string, environment: Record<string, string>, ...options: string[]): Contender {
  return {
    name: `ours: ${name}`,
    async run({ url }) {
      const args = ["run", "--urn", URN, "--columns", COLUMNS.join(","), ...options];
      const { report, process } = await runProgram(args, { PG_CONN_STR: url, ...environment });
      return { rows: report.updated, elapsedMs: report.elapsed_ms, process };
    },
  };
}

/** Runs the program to its end; gives its report, and what it took. */
export async function runProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ report: { updated: number; elapsed_ms: number }; process: ProcessUsage }> {
  const child = endsWithBench(new Deno.Command(PROGRAM, {
    args: [...args, "--json"],
    env: { LOG_LEVEL: "error", ...environment },
    stdout: "piped",
    stderr: "inherit",
  }).spawn());
  const watched = watchProcess(child.pid);
  const { success, stdout } = await child.output();
  const process = await watched.end();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`the program failed: ${text}`);
  return { report: JSON.parse(text), process };
}

/** The plain way: each row by its key, `inFlight` of them on their way at once. */
function rowByRow(name: string, maxRows: number, inFlight: number): Contender {
  return {
    name,
    maxRows,
    run: (arena) =>
      timed(arena, async (sql) => {
        const rows = await sql<{ id: number; name: string; email: string }[]>`
          SELECT id, name, email FROM people`;
        await sql.begin(async (tx) => {
          for (let i = 0; i < rows.length; i += inFlight) {
            await Promise.all(
              rows.slice(i, i + inFlight).map((row) =>
                tx`UPDATE people SET name = ${token(row.name)}, email = ${
                  token(row.email)
                } WHERE id = ${row.id}`
              ),
            );
          }
        });
        return rows.length;
      }),
  };
}

function token(value: string): string {
  return `tok_${encodeBase64(value)}_poc`;
}

async function timed(
  { url }: Arena,
  work: (sql: Sql) => Promise<number>,
): Promise<Outcome> {
  const sql = openSql(url);
  await sql`SELECT 1`;
  const startedMs = performance.now();
  const rows = await work(sql);
  const elapsedMs = performance.now() - startedMs;
  await sql.end();
  return { rows, elapsedMs };
}
