/** A real server, a table of known values, the compiled program, and what must be true afterwards. */
import assert from "node:assert/strict";
import { openSql, type Sql } from "../../scripts/servers/postgres/sql.ts";
import {
  type PostgresOptions,
  type PostgresServer,
  type PostgresSettings,
  startPostgres,
} from "../../scripts/servers/postgres/postgres_server.ts";
import { compiled, type Running, spawnProgram } from "../support/program.ts";
import { until } from "../../scripts/servers/until.ts";

export const ROWS = 20_000;
const NAME = "tokenize-action";
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";
/** The program's own role, whose password nobody may see. */
const LOGIN = { user: "action", password: "canary-of-the-password" };
const TOKEN = "^tok_[A-Za-z0-9+/]*=*_poc$";

/** The ways that a run can work; what is all or nothing is the run, or each batch. */
export type Mode = "atomic" | "batches" | "pushdown" | "rewrite";

/** How each is asked for. In the first two the action makes the tokens, in the others the server. */
const ASKED_FOR: Readonly<Record<Mode, readonly string[]>> = {
  atomic: [],
  batches: ["--commit", "batches"],
  pushdown: [],
  rewrite: ["--strategy", "rewrite"],
};

/** Whether the server does all the work by one statement. */
export function isOneStatement(mode: Mode): boolean {
  return mode === "pushdown" || mode === "rewrite";
}

/** How the table was found after a fault. */
export type State = "old" | "tokenized" | "partly";

/** How a place for faults differs from the usual one. */
export interface ArenaOptions extends Pick<PostgresOptions, "initdb"> {
  readonly settings?: PostgresSettings;
  /** Where the tables are, as a folder of its own. */
  readonly tablespace?: string;
}

/** The place of the faults. */
export class Arena implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly #tablespace: string;
  sql: Sql;

  private constructor(server: PostgresServer, tablespace: string) {
    this.server = server;
    this.#tablespace = tablespace;
    this.sql = connect(server, tablespace);
  }

  static async open({ tablespace, settings, initdb }: ArenaOptions = {}): Promise<Arena> {
    const server = await startPostgres({
      durable: true, // it is stopped without warning
      // the start of each parameter is logged too, but not all of it
      settings: (version) => ({
        log_statement: "all",
        ...(version >= 13 && { log_parameter_max_length: 200 }),
        ...settings,
      }),
      ...(initdb && { initdb }),
    });
    if (tablespace !== undefined) {
      const admin = connect(server, "");
      await admin.unsafe(`CREATE TABLESPACE small LOCATION '${tablespace}'`);
      await admin.end();
    }
    const arena = new Arena(server, tablespace === undefined ? "" : "small");
    await arena.sql.unsafe(
      `CREATE ROLE ${LOGIN.user} LOGIN SUPERUSER PASSWORD '${LOGIN.password}'`,
    );
    await arena.sql`CREATE TABLE source AS
      -- wide rows, so that the table is large enough for several batches and two connections
      SELECT n AS id, 'canary ' || n AS name, 'canary' || n || '@example.com' AS email,
        repeat('x', 1850) AS rest
      FROM generate_series(1, ${ROWS}::int) n`;
    await arena.sql`ALTER TABLE source ADD PRIMARY KEY (id)`;
    return arena;
  }

  /** Waits for the server, which may be stopped or restarting. */
  async recover(): Promise<void> {
    await this.sql.end();
    await until(async () => {
      if (!await this.server.isRunning()) await this.server.start().catch(() => {});
      this.sql = connect(this.server, this.#tablespace);
      const isUp = await this.sql`SELECT 1`.then(() => true, () => false);
      if (!isUp) await this.sql.end();
      return isUp;
    }, "the server is not up");
  }

  /** The table with all its values again. */
  async refill(): Promise<void> {
    await this.sql`DROP TABLE IF EXISTS people`;
    await this.sql`CREATE TABLE people (LIKE source INCLUDING ALL)`;
    await this.sql`INSERT INTO people TABLE source`;
    await this.sql`ANALYZE people`;
  }

  /** Starts the program on the table; through `port`, where something stands between. */
  run(mode: Mode, port = this.server.port): Running {
    const url = new URL(this.server.url(undefined, LOGIN));
    url.port = String(port);
    return spawnProgram(
      compiled,
      ["run", "--json", "--urn", URN, "--columns", "name,email", ...ASKED_FOR[mode]],
      {
        PG_CONN_STR: url.href,
        PUSHDOWN: String(isOneStatement(mode)),
        LOG_FORMAT: "json",
        LOG_LEVEL: "debug",
      },
    );
  }

  /**
   * How long the program works on the whole table once it has looked it up, in milliseconds: the
   * shortest of so many times, so that what is timed by it comes before the end.
   */
  async measureMs(mode: Mode, times: number, port?: number): Promise<number> {
    let shortestMs = Infinity;
    for (let time = 0; time < times; time++) {
      await this.refill();
      await using run = this.run(mode, port);
      await run.logged("table_resolved");
      const startMs = performance.now();
      await run.logged("run_finished");
      shortestMs = Math.min(shortestMs, performance.now() - startMs);
      assert.equal((await run.ended).code, 0);
    }
    return shortestMs;
  }

  /** Whether a transaction of the program is open at this moment that has written. */
  async isWriting(): Promise<boolean> {
    const writers = await this.sql`SELECT FROM pg_stat_activity
      WHERE application_name = ${NAME} AND backend_xid IS NOT NULL`;
    return writers.length > 0;
  }

  /** Nothing of the program is left on the server: no session, lock, temporary table or transaction. */
  async nothingLeftBehind(): Promise<void> {
    await until(async () => {
      const sessions = await this
        .sql`SELECT FROM pg_stat_activity WHERE application_name = ${NAME}`;
      return sessions.length === 0;
    }, "a session of the run is still on the server");
    const [left] = await this.sql`
      SELECT (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks,
        (SELECT count(*)::int FROM pg_prepared_xacts) AS prepared,
        (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't') AS temporary`;
    assert.deepEqual({ ...left }, { locks: 0, prepared: 0, temporary: 0 });
  }

  /**
   * Reads every row, which is to be as it was or tokenized, as a whole. Lost are rows that are gone, or
   * of which a column is neither its value nor that value's token.
   */
  async inspect(): Promise<{ readonly state: State; readonly lost: number }> {
    const decoded = (column: string) =>
      `CASE WHEN p.${column} ~ '${TOKEN}' THEN
        convert_from(decode(substr(p.${column}, 5, length(p.${column}) - 8), 'base64'), 'UTF8')
       ELSE p.${column} END`;
    const [seen] = await this.sql.unsafe(`
      SELECT count(*)::int AS rows,
        count(*) FILTER (WHERE p.name ~ '${TOKEN}' AND p.email ~ '${TOKEN}')::int AS tokenized,
        count(*) FILTER (WHERE p.name !~ '${TOKEN}' AND p.email !~ '${TOKEN}')::int AS old,
        count(*) FILTER (WHERE ${decoded("name")} IS DISTINCT FROM s.name
          OR ${decoded("email")} IS DISTINCT FROM s.email
          OR p.rest IS DISTINCT FROM s.rest)::int AS lost
      FROM source s LEFT JOIN people p USING (id)`);
    const { rows, tokenized, old, lost } = seen!;
    assert.equal((await this.sql`SELECT count(*)::int AS n FROM people`)[0]!.n, ROWS);
    assert.equal(rows, ROWS);
    if (lost === 0) assert.equal(tokenized + old, ROWS, "a row is tokenized by half");
    return { state: old === ROWS ? "old" : tokenized === ROWS ? "tokenized" : "partly", lost };
  }

  /** Runs the program again: it completes the work, and then there is none left. */
  async complete(mode: Mode): Promise<void> {
    for (const isSecond of [false, true]) {
      const { code, stdout } = await this.run(mode).ended;
      assert.equal(code, 0, stdout);
      if (isSecond) assert.equal(JSON.parse(stdout).updated, 0);
    }
    assert.deepEqual(await this.inspect(), { state: "tokenized", lost: 0 });
  }

  /** How often a value stands in what the server has logged, every statement included. */
  async valuesInLog(): Promise<number> {
    const log = await this.server.log();
    return log.match(/canary ?\d/g)?.length ?? 0; // the statement that makes them has no number
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
    await this.server.remove();
  }
}

function connect(server: PostgresServer, tablespace: string): Sql {
  const parameters = { statement_timeout: "0", default_tablespace: tablespace };
  return openSql(server.url(), { parameters });
}
