/** The platform `postgres`: one transaction a run, or one a batch. */
import { toAuthority } from "../../host_name.ts";
import { orUnchanged } from "../ended_run.ts";
import { bestFit, scopeInWords } from "../connection_scope.ts";
import type { Platform, TableSession } from "../platform.ts";
import { possibleNames } from "../table_name_candidates.ts";
import { RunSessions } from "./connection/run_sessions.ts";
import type { Session } from "./connection/session.ts";
import { withLiveSession, withSession } from "./connection/session_lease.ts";
import { SessionPool } from "./connection/session_pool.ts";
import type { PostgresSettings } from "./connection/settings.ts";
import { inTransaction } from "./connection/transaction.ts";
import type { FindSimilar } from "./inspect/find_relation.ts";
import { openTable } from "./inspect/inspect_table.ts";
import type { PostgresOptions } from "./connection/postgres_options.ts";
import { NotConfirmed } from "./lookup/confirm_table.ts";
import { KnownTables } from "./lookup/known_tables.ts";
import { PostgresRun } from "./postgres_run.ts";
import { listColumns } from "./lookup/list_columns.ts";
import { inspectServer } from "./lookup/inspect_server.ts";
import { similarTable } from "./lookup/similar_names.ts";
import { KnownWork } from "./rewrite/known_table.ts";
import { namingInvalidTexts } from "./rewrite/name_invalid_texts.ts";
import { postgresTable, postgresTableInBatches } from "./rewrite/postgres_table.ts";

type Use<T> = (table: TableSession) => Promise<T>;

/** Makes the platform. It connects when it is first used. */
export function postgresPlatform(settings: PostgresSettings, options: PostgresOptions): Platform {
  const pool = new SessionPool(settings);
  const intricate = new Set<string>();
  const tables = new KnownTables();
  const { platformInstance } = options;
  const scope = { platformInstance, databases: [settings.database] };
  return {
    name: "postgres",
    reach: scopeInWords(scope, "database"),
    address: addressOf(settings),
    fit(dataset) {
      // the only connection is used for any name: the database says that it is another one's
      return platformInstance === undefined ? "exact" : bestFit(possibleNames(dataset), scope);
    },
    async check(signal) {
      await withSession(pool, signal, (session) => session.query("query Postgres", "SELECT 1"));
    },
    inspect: ({ signal }) => withSession(pool, signal, inspectServer),
    withTable(dataset, columns, context, use) {
      const request = { dataset, columns, intricate };
      const run = new PostgresRun(new RunSessions(pool), options, context, request, tables);
      const isInBatches = context.commit === "batches" && !context.dryRun;
      const work = isInBatches ? inManyTransactions : inOneTransaction;
      const done = run.withLiveSession((session) => work(run, session, use));
      return orUnchanged(context.signal, done);
    },
    listColumns(dataset, { signal, maySuggest }) {
      const { lockTimeoutMs, statementTimeoutMs } = options;
      const kind = { isolation: "READ COMMITTED", readOnly: true } as const;
      const transaction = { ...kind, lockTimeoutMs, statementTimeoutMs };
      return withSession(pool, signal, (session) => {
        const list = () => listColumns(session, dataset, { platformInstance, maySuggest });
        return inTransaction(session, transaction, signal, () => Promise.resolve(), list);
      });
    },
    connections: () => ({ inUse: pool.inUse, idle: pool.idle }),
    withStoredTable(dataset, columns, { signal, maySuggest }, use) {
      const request = { dataset, columns, platformInstance };
      const { lockTimeoutMs, statementTimeoutMs } = options;
      const kind = { isolation: "READ COMMITTED", readOnly: true } as const;
      const transaction = { ...kind, lockTimeoutMs, statementTimeoutMs };
      const work = (session: Session) =>
        inTransaction(
          session,
          transaction,
          signal,
          () => Promise.resolve(),
          async () => {
            const findSimilar: FindSimilar = (database, candidates) =>
              similarTable(session, database, candidates, maySuggest);
            return use(await openTable(session, { ...request, findSimilar }));
          },
        );
      return withLiveSession(new RunSessions(pool), signal, work);
    },
    close: () => pool.close(),
  };
}

function addressOf({ servers, database, user }: PostgresSettings): string {
  const hosts = servers.map(({ host, port }) => toAuthority(host, port)).join(" or ");
  return `${hosts}, database "${database}", user "${user}"`;
}

/**
 * Look-up, work and COMMIT in one transaction, which holds the lock of the run. A table that was looked up before
 * is taken for what it was, and if it is not, all begins again.
 */
async function inOneTransaction<T>(run: PostgresRun, session: Session, use: Use<T>): Promise<T> {
  const known = run.memory.recall(session);
  if (known !== undefined) {
    const work = new KnownWork(session, run, known);
    const useIt = () => use(postgresTable(session, run, work.table, work));
    try {
      return await namingInvalidTexts(
        run,
        () => run.inKnownTransaction(session, useIt, () => work.isOpen),
      );
    } catch (error) {
      if (!(error instanceof NotConfirmed)) throw error;
      run.memory.forget();
    }
  }
  const work = () =>
    run.inTransaction(
      session,
      () => run.resolve(session, { lock: !run.context.dryRun }),
      (table) => use(postgresTable(session, run, table)),
    );
  return await namingInvalidTexts(run, work);
}

/** Each batch in a transaction of its own, while one on `session` holds the lock of the run. */
function inManyTransactions<T>(run: PostgresRun, session: Session, use: Use<T>): Promise<T> {
  return run.whileLocked(session, (table) => use(postgresTableInBatches(run, table)));
}
