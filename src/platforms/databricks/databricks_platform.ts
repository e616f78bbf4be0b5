/**
 * The platform `databricks`: tables on a SQL warehouse. Every statement is a transaction of its own:
 * there are no longer ones.
 */
import type { ColumnRef } from "../../datahub/schema_field.ts";
import { ServiceError } from "../../errors.ts";
import { toAuthority } from "../../host_name.ts";
import {
  ANY_NAME,
  bestFit,
  type ConnectionScope,
  scopeInWords,
  withinScope,
} from "../connection_scope.ts";
import { orUnchanged } from "../ended_run.ts";
import type { Platform, RunContext, TableSession } from "../platform.ts";
import { runInProgress } from "../refusal.ts";
import type { WaitingRun } from "./connection/await_warehouse.ts";
import { authorize } from "./connection/authorization.ts";
import { checkGenerated } from "./lookup/check_generated.ts";
import { checkPolicies } from "./lookup/check_policies.ts";
import { checkTable } from "./lookup/check_table.ts";
import { databricksTable } from "./rewrite/databricks_table.ts";
import { findTable, type FoundTable, namesOn, readName } from "./lookup/find_table.ts";
import { similarTable } from "./lookup/similar_table.ts";
import { inspectWarehouse } from "./lookup/inspect_warehouse.ts";
import { openTable } from "./inspect/inspect_table.ts";
import { Session, type Warehouse } from "./connection/session.ts";
import type { DatabricksSettings } from "./connection/settings.ts";
import { checkWarehouse } from "./connection/check_warehouse.ts";

/** What the configuration says of runs on Databricks. */
export interface DatabricksOptions {
  /** Whether to go on although policies may mask what is read; false by default. */
  readonly allowUnprovenMasks?: boolean;
  /** Whether the warehouse may make the tokens if it can; true by default. */
  readonly pushdown?: boolean;
  /** The datasets that the warehouse is used for; all by default. */
  readonly scope?: ConnectionScope;
  /** The secret scope with the token SDK's key; undefined if the warehouse has no key. */
  readonly secretScope?: string | undefined;
}

/**
 * The tables that runs of this process write to, by workspace and name: several warehouses may reach the
 * same. Databricks has no locks. Of two processes that write to a table, Delta lets one win, and the guard
 * leaves nothing for the other to do; within this process, a second run on a table is refused.
 */
const tablesUnderWay = new Set<string>();

/** Makes the platform. Loads the driver and connects when first used. */
export function databricksPlatform(
  settings: DatabricksSettings,
  options: DatabricksOptions = {},
): Platform {
  const { allowUnprovenMasks = false, pushdown = true, scope = ANY_NAME, secretScope } = options;
  const warehouse = { settings, authorization: authorize(settings.authentication) };
  return {
    name: "databricks",
    reach: scopeInWords(scope, "catalog"),
    address: `${toAuthority(settings.host, settings.port)}${settings.httpPath}`,
    fit: (dataset) =>
      scope.platformInstance === undefined && scope.databases === undefined
        ? "exact"
        : bestFit(namesOn(dataset, settings), scope),
    check: (signal) => checkWarehouse(warehouse, signal),
    inspect: (run) => inSession(warehouse, run, inspectWarehouse),
    async withTable(dataset, columns, run, use) {
      if (run.strategy === "rewrite") throw noRewrite();
      const candidates = withinScope(readName(dataset, settings), scope);
      // each run has a session of its own
      const done = inSession(warehouse, run, async (session) => {
        const found = await findTable(session, dataset, candidates, run.maySuggest);
        return await onTable(session, found, columns, run, use);
      });
      return await orUnchanged(run.signal, done);
    },
    withStoredTable(dataset, columns, context, use) {
      const candidates = withinScope(readName(dataset, settings), scope);
      const open = (session: Session) => {
        const findSimilar = () => similarTable(session, candidates, context.maySuggest);
        return openTable(session, { dataset, columns, candidates, findSimilar });
      };
      return inSession(warehouse, context, async (session) => use(await open(session)));
    },
    close: () => Promise.resolve(), // runs close their own sessions
  };

  async function onTable<T>(
    session: Session,
    found: FoundTable,
    columns: readonly ColumnRef[],
    run: RunContext,
    use: (table: TableSession) => Promise<T>,
  ): Promise<T> {
    const table = await checkTable(session, found, columns, run.onObstacle);
    if (!allowUnprovenMasks) await checkPolicies(session, table, run.onObstacle);
    await checkGenerated(session, table, run.onObstacle);
    const key = `${settings.host}/${table.displayName}`.toLowerCase();
    const tableSession = databricksTable(session, table, found.instance, run, {
      pushdown,
      secretScope,
    });
    if (run.dryRun) return await use(tableSession);
    if (tablesUnderWay.has(key)) throw runInProgress(table.displayName);
    tablesUnderWay.add(key);
    try {
      return await use(tableSession);
    } finally {
      tablesUnderWay.delete(key);
    }
  }
}

/** Opens a session for `use`, and closes it. */
async function inSession<T>(
  warehouse: Warehouse,
  run: WaitingRun,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  run.signal.throwIfAborted();
  const session = await Session.open(warehouse, run);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** There is no use for it: an UPDATE of a Delta table rewrites whole files already. */
function noRewrite(): ServiceError {
  return new ServiceError(
    "invalid_request",
    'Cannot start the run: the strategy "rewrite" is for Postgres, Databricks has only "update"',
  );
}
