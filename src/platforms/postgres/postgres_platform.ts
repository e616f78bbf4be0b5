/** The platform `postgres`: one transaction a run, or one a batch. */
import type { Platform, RunContext, TableSession } from "../platform.ts";
import { MAX_RUNS, RunLimiter } from "../run_limiter.ts";
import { refusal, runInProgress } from "../refusal.ts";
import { postgresTable, postgresTableInBatches } from "./rewrite/postgres_table.ts";
import { resolveTable } from "./lookup/resolve_table.ts";
import type { AfterCommit } from "./residue/scrub.ts";
import type { Session } from "./connection/session.ts";
import { SessionPool } from "./connection/session_pool.ts";
import { withSession, withSnapshotReader } from "./connection/borrow_session.ts";
import type { PostgresSettings } from "./connection/settings.ts";
import { tryLockRunForSessionStatement, unlockRunStatement } from "./sql/try_lock_run.ts";
import { inTransaction, LostBeforeBegin } from "./connection/transaction.ts";
import type { TargetTable } from "./table.ts";

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

type Resolve = (session: Session, options: { lock: boolean }) => Promise<TargetTable>;
type Use<T> = (table: TableSession) => Promise<T>;

/** Makes the platform. Connects when first used. */
export function postgresPlatform(settings: PostgresSettings, options: PostgresOptions): Platform {
  const pool = new SessionPool(settings);
  const shared: Shared = { pushdown: false, ...options, pool };
  const runs = new RunLimiter("database");

  return {
    name: "postgres",
    async check(signal) {
      await withSession(pool, signal, (session) => session.query("ask Postgres", "SELECT 1"));
    },
    withTable(dataset, columns, run, use) {
      // a rewrite fires no triggers
      const allowTriggers = options.allowTriggers || run.strategy === "rewrite";
      const resolve: Resolve = (session, { lock }) =>
        resolveTable(session, dataset, columns, { allowTriggers, lock });
      const work = run.commit === "batches" && !run.dryRun ? manyTransactions : oneTransaction;
      return runs.run(() =>
        withLiveSession(pool, run.signal, (session) => work(shared, session, run, resolve, use))
      );
    },
    close: () => pool.close(),
  };
}

/** An idle session may turn out to be gone only when it is used: then the next one is. */
async function withLiveSession<T>(
  pool: SessionPool,
  signal: AbortSignal,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await withSession(pool, signal, use);
    } catch (error) {
      if (!(error instanceof LostBeforeBegin) || attempt > MAX_RUNS) throw error;
    }
  }
}

function oneTransaction<T>(
  shared: Shared,
  session: Session,
  run: RunContext,
  resolve: Resolve,
  use: Use<T>,
): Promise<T> {
  const look = () => resolve(session, { lock: !run.dryRun });
  return transaction(shared, session, run, look, async (table) => {
    return await use(postgresTable(session, table, run, {
      pushdown: shared.pushdown,
      checkUnaltered: async () => checkUnaltered(table, await resolve(session, { lock: false })),
      withSnapshotReader: (read) =>
        withSnapshotReader(shared.pool, run.signal, shared.lockTimeoutMs, read),
      afterCommit: afterCommit(shared, run),
    }));
  });
}

async function manyTransactions<T>(
  shared: Shared,
  session: Session,
  run: RunContext,
  resolve: Resolve,
  use: Use<T>,
): Promise<T> {
  const look = () => resolve(session, { lock: false });
  const table = await transaction(shared, session, run, look, (found) => Promise.resolve(found));
  await lockRun(session, table);
  try {
    return await use(postgresTableInBatches(table, run, {
      connections: run.connections ?? DEFAULT_CONNECTIONS,
      pushdown: shared.pushdown,
      inOwnTransaction: (work) =>
        withSession(
          shared.pool,
          run.signal,
          (own) => transaction(shared, own, run, nothing, () => work(own)),
        ),
      checkUnaltered: async (own) => checkUnaltered(table, await resolve(own, { lock: false })),
    }, afterCommit(shared, run)));
  } finally {
    const unlock = unlockRunStatement(table.oid);
    await session.query("end the run", unlock).catch(() => session.close());
  }
}

function transaction<L, T>(
  { lockTimeoutMs }: Shared,
  session: Session,
  run: RunContext,
  look: () => Promise<L>,
  work: (looked: L) => Promise<T>,
): Promise<T> {
  const kind = { isolation: "READ COMMITTED", readOnly: run.dryRun, lockTimeoutMs } as const;
  return inTransaction(session, kind, run.signal, look, work);
}

function afterCommit({ pool, lockTimeoutMs }: Shared, run: RunContext): AfterCommit {
  return { lockTimeoutMs, withSession: (use) => withSession(pool, run.signal, use) };
}

const nothing = () => Promise.resolve();

/**
 * Nothing holds the table between its look-up and the first statement on it. From then on our own
 * locks do, so a second look after it tells whether the first one still holds.
 */
function checkUnaltered(before: TargetTable, after: TargetTable): void {
  const asIs = (table: TargetTable) => JSON.stringify({ ...table, sizeBytes: 0 });
  if (asIs(before) === asIs(after)) return;
  throw refusal("conflict", before.displayName, "the table was altered meanwhile");
}

/** Locks for a run of many transactions. */
async function lockRun(session: Session, { oid, displayName }: TargetTable): Promise<void> {
  const { rows } = await session.query<[boolean]>(
    `tokenize ${displayName}`,
    tryLockRunForSessionStatement(oid),
  );
  if (!rows[0]![0]) throw runInProgress(displayName);
}
