/** The platform `postgres`: one transaction a run, or one a batch. */
import { ServiceError } from "../../errors.ts";
import type { Platform, RunContext, TableSession } from "../platform.ts";
import { refusal } from "../resolve_columns.ts";
import { postgresTable, postgresTableInBatches } from "./postgres_table.ts";
import { type ResolvedTable, resolveTable } from "./resolve_table.ts";
import type { Session } from "./session.ts";
import { SessionPool } from "./session_pool.ts";
import { withSession, withSnapshotReader } from "./sessions_of_a_run.ts";
import type { PostgresSettings } from "./settings.ts";
import {
  tryLockRunForSessionStatement,
  tryLockRunStatement,
  unlockRunStatement,
} from "./sql/try_lock_run.ts";
import { inTransaction } from "./transaction.ts";

/** How many runs may use the database at once. */
const MAX_RUNS = 8;
const RETRY_AFTER_SECONDS = 5;

/** Connections that write at once in batches. Postgres does not tell its cores; these are ours. */
const DEFAULT_CONNECTIONS = Math.min(4, Math.max(2, navigator.hardwareConcurrency));

/** What the configuration says of runs on Postgres. */
export interface PostgresOptions {
  readonly lockTimeoutMs: number;
  readonly allowTriggers: boolean;
  /** Whether the database may make the tokens, where the SDK has an SQL expression; false if left out. */
  readonly pushdown?: boolean;
}

/** What all runs of the platform share. */
interface Shared extends Required<PostgresOptions> {
  readonly pool: SessionPool;
}

type Resolve = (session: Session) => Promise<ResolvedTable>;
type Use<T> = (table: TableSession) => Promise<T>;

/** Makes the platform. Connects when first used. */
export function postgresPlatform(settings: PostgresSettings, options: PostgresOptions): Platform {
  const pool = new SessionPool(settings);
  const shared: Shared = { pushdown: false, ...options, pool };
  let runs = 0;

  return {
    name: "postgres",
    async check(signal) {
      await withSession(pool, signal, (session) => session.query("ask Postgres", "SELECT 1"));
    },
    async withTable(dataset, columns, run, use) {
      if (runs >= MAX_RUNS) throw tooManyRuns();
      runs++;
      // a rewrite fires no triggers
      const allowTriggers = options.allowTriggers || run.strategy === "rewrite";
      const resolve: Resolve = (session) => resolveTable(session, dataset, columns, allowTriggers);
      const work = run.commit === "batches" && !run.dryRun ? manyTransactions : oneTransaction;
      try {
        return await withSession(
          pool,
          run.signal,
          (session) => work(shared, session, run, resolve, use),
        );
      } finally {
        runs--;
      }
    },
    close: () => pool.close(),
  };
}

function oneTransaction<T>(
  shared: Shared,
  session: Session,
  run: RunContext,
  resolve: Resolve,
  use: Use<T>,
): Promise<T> {
  return transaction(shared, session, run, async () => {
    const table = await resolve(session);
    if (!run.dryRun) await lockRun(session, table, tryLockRunStatement(table.oid));
    const result = await use(postgresTable(session, table, run, {
      pushdown: shared.pushdown,
      withSnapshotReader: (read) =>
        withSnapshotReader(shared.pool, run.signal, shared.lockTimeoutMs, read),
    }));
    if (!run.dryRun) checkUnaltered(table, await resolve(session));
    return result;
  });
}

async function manyTransactions<T>(
  shared: Shared,
  session: Session,
  run: RunContext,
  resolve: Resolve,
  use: Use<T>,
): Promise<T> {
  const table = await transaction(shared, session, run, () => resolve(session));
  await lockRun(session, table, tryLockRunForSessionStatement(table.oid));
  try {
    return await use(postgresTableInBatches(table, run, {
      connections: run.connections ?? DEFAULT_CONNECTIONS,
      pushdown: shared.pushdown,
      inOwnTransaction: (work) =>
        withSession(
          shared.pool,
          run.signal,
          (own) => transaction(shared, own, run, () => work(own)),
        ),
    }));
  } finally {
    const unlock = unlockRunStatement(table.oid);
    await session.query("end the run", unlock).catch(() => session.close());
  }
}

function transaction<T>(
  { lockTimeoutMs }: Shared,
  session: Session,
  run: RunContext,
  work: () => Promise<T>,
): Promise<T> {
  const kind = { isolation: "READ COMMITTED", readOnly: run.dryRun, lockTimeoutMs } as const;
  return inTransaction(session, kind, run.signal, work);
}

/**
 * Nothing holds the table between its look-up and the first statement on it. From then on our own
 * locks do, so a second look at the end tells whether the first one still holds.
 */
function checkUnaltered(before: ResolvedTable, after: ResolvedTable): void {
  const asIs = (table: ResolvedTable) => JSON.stringify({ ...table, sizeBytes: 0 });
  if (asIs(before) === asIs(after)) return;
  throw refusal("conflict", before.displayName, "the table was altered meanwhile");
}

async function lockRun(session: Session, { displayName }: ResolvedTable, statement: string) {
  const { rows } = await session.query<[boolean]>(`tokenize ${displayName}`, statement);
  if (rows[0]![0]) return;
  throw new ServiceError(
    "run_in_progress",
    `Cannot tokenize ${displayName}: another run on it is under way`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

function tooManyRuns(): ServiceError {
  return new ServiceError(
    "run_in_progress",
    `Cannot start the run: ${MAX_RUNS} other runs are under way on this database`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
