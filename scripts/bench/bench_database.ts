/** A disposable Postgres with fixed settings, and a database on it. */
import { fileURLToPath } from "node:url";
import { openSql, type Sql } from "../servers/postgres/sql.ts";
import { type PostgresServer, startPostgres } from "../servers/postgres/postgres_server.ts";

/** Fixed, so that runs can be compared: nothing here favours one contender. */
const SETTINGS = {
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  checkpoint_timeout: "30min",
  autovacuum: false,
  fsync: true,
  synchronous_commit: true,
  wal_compression: false,
};

/** The built program. */
export const PROGRAM = fileURLToPath(new URL("../../dist/tokenize", import.meta.url));

/** A database to measure on. */
export interface BenchDatabase extends AsyncDisposable {
  readonly server: PostgresServer;
  /** The server's version and settings, for the report. */
  readonly description: string;
  /** Its connection string. */
  readonly url: string;
  /** One connection to it. */
  readonly sql: Sql;
}

/** Starts a server, and makes a database. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const server = await startPostgres({ durable: true, settings: SETTINGS });
  const settings = Object.entries(SETTINGS).map(([name, value]) => `\`${name}=${value}\``);
  const admin = openSql(server.url());
  await admin`CREATE DATABASE bench`;
  await admin.end();
  const url = server.url("bench");
  const sql = openSql(url);
  return {
    server,
    description: `PostgreSQL ${server.version} with ${settings.join(", ")}.`,
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.end();
      await server[Symbol.asyncDispose]();
    },
  };
}
