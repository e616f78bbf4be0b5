/** A real server, a table of known values, the compiled program, and what has to be true afterwards. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { type PostgresServer, startPostgres } from "../support/postgres_server.ts";
import { compiled, type Environment, givesNothingAway } from "../support/program.ts";

export const ROWS = 20_000;
/** How often it is asked whether the server has ended a session. */
const LOOKS = 1500;
const NAME = "tokenize-action";
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,postgres.public.people,PROD)";
const TOKEN = "^tok_[A-Za-z0-9+/]*=*_poc$";

/** What is all or nothing: the run, or each batch. */
export type Mode = "atomic" | "batches";

/** How the table was found after a fault. */
export type State = "old" | "tokenized" | "partly";

/** The program while it works on the table. */
export interface Run {
  readonly pid: number;
  signal(name: Deno.Signal): void;
  /** Its exit code, once it has ended; what it printed was searched for values. */
  readonly ended: Promise<{ readonly code: number; readonly stdout: string }>;
}

/** The place of the faults. */
export class Arena implements AsyncDisposable {
  readonly server: PostgresServer;
  sql: postgres.Sql;

  private constructor(server: PostgresServer) {
    this.server = server;
    this.sql = connect(server);
  }

  static async open(): Promise<Arena> {
    const server = await startPostgres({
      durable: true, // it is stopped without warning
      // the start of each parameter is logged too, but not all of it
      settings: { log_statement: "all", log_parameter_max_length: 200, fsync: true },
    });
    const arena = new Arena(server);
    await arena.sql`CREATE TABLE source AS
      -- wide rows, so that the table is large enough for several batches and two connections
      SELECT n AS id, 'canary ' || n AS name, 'canary' || n || '@example.com' AS email,
        repeat('x', 900) AS rest
      FROM generate_series(1, ${ROWS}::int) n`;
    await arena.sql`ALTER TABLE source ADD PRIMARY KEY (id)`;
    return arena;
  }

  /** The server after it was stopped. */
  async restart(): Promise<void> {
    await this.sql.end({ timeout: 1 });
    await this.server.start();
    this.sql = connect(this.server);
  }

  /** The table with all its values again. */
  async refill(): Promise<void> {
    await this.sql`DROP TABLE IF EXISTS people`;
    await this.sql`CREATE TABLE people (LIKE source INCLUDING ALL)`;
    await this.sql`INSERT INTO people TABLE source`;
    await this.sql`ANALYZE people`;
  }

  /** Starts the program on the table; through `port`, where something stands between. */
  run(mode: Mode, port = this.server.port): Run {
    const url = new URL(this.server.url());
    url.port = String(port);
    const env: Environment = {
      PG_CONN_STR: url.href,
      PUSHDOWN: "false",
      LOG_FORMAT: "json",
      LOG_LEVEL: "debug",
    };
    const args = ["run", "--json", "--urn", URN, "--columns", "name,email", "--commit", mode];
    const child = new Deno.Command(compiled.file, {
      args,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let isRunning = true;
    const ended = (async () => {
      const { code, stdout, stderr } = await child.output();
      isRunning = false;
      const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      givesNothingAway(out! + log!, args.join(" "));
      return { code, stdout: out! };
    })();
    return { pid: child.pid, ended, signal: (name) => void (isRunning && child.kill(name)) };
  }

  /** How long the program takes for the whole table, from its start to its end, in milliseconds. */
  async measureMs(mode: Mode): Promise<number> {
    await this.refill();
    const startMs = performance.now();
    const { code } = await this.run(mode).ended;
    assert.equal(code, 0);
    return performance.now() - startMs;
  }

  /** Nothing of the program is left on the server: no session, lock, temporary table or transaction. */
  async nothingLeftBehind(): Promise<void> {
    const sessions = () =>
      this.sql`SELECT pid FROM pg_stat_activity WHERE application_name = ${NAME}`;
    for (let looks = 0; (await sessions()).length > 0; looks++) {
      assert.ok(looks < LOOKS, "a session of the run is left on the server");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
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
          OR ${decoded("email")} IS DISTINCT FROM s.email)::int AS lost
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
    await this.sql.end({ timeout: 1 });
    await this.server.remove();
  }
}

function connect(server: PostgresServer): postgres.Sql {
  return postgres(server.url(), { max: 1, onnotice: () => {} });
}
