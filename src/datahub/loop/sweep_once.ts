/** One sweep from beginning to end, for commands: every tagged dataset is dealt with once. */
import { backoffMs, delay, pool } from "../../async.ts";
import { MAX_RUNS } from "../../runs/run_queue.ts";
import { GmsError } from "../gms/gms_error.ts";
import { findTaggedDatasets } from "../gms/search.ts";
import type { DatahubSettings } from "../settings.ts";
import type { Obstacle } from "../../action/plan_document.ts";
import type { BringAboutDependencies } from "./bring_about.ts";
import { type Copies, findCopies } from "./copies.ts";
import { findObstacles } from "./find_obstacles.ts";
import { findTermsIn } from "./find_terms.ts";
import type { Reconciled } from "./outcome.ts";
import { reconcile } from "./reconcile.ts";

/** What a sweep works with. */
export interface SweepOnceDependencies extends Omit<BringAboutDependencies, "rules"> {
  readonly settings: DatahubSettings;
  /** Whether everything is looked for that stands in the way of a dataset that is refused. */
  readonly findsObstacles: boolean;
}

/** What is known of a dataset after its turn. */
export type Swept =
  | Reconciled & {
    readonly copies: Copies | undefined;
    /** What stands in the way, if that was looked for. */
    readonly obstacles: readonly Obstacle[];
  }
  | { readonly datasetUrn: string; readonly unread: GmsError };

const CONCURRENCY = MAX_RUNS / 2;
const ATTEMPTS = 3;
const BACKOFF = { firstMs: 1000, maxMs: 10_000 };

/**
 * Deals with each tagged dataset, and calls `onSwept` with what came of it. Datasets that stand for tables
 * (dbt) are followed. Throws `GmsError` if the tagged datasets cannot be found.
 */
export async function sweepOnce(
  deps: SweepOnceDependencies,
  onSwept: (swept: Swept) => void,
  signal: AbortSignal,
): Promise<void> {
  const { gms, settings } = deps;
  const { tags, termGroups, approvalTag } = settings;
  const terms = [...settings.terms, ...await findTermsIn(gms, termGroups, signal)];
  const rules = () => ({ wanted: new Set([...tags, ...terms]), approvalTag });
  const tables = new Set<string>();
  const sweep = (urn: string) =>
    sweepDataset(urn, { ...deps, rules }, signal).then((swept) => {
      onSwept(swept);
      if (!("outcome" in swept) || swept.outcome.kind !== "stands_for") return;
      for (const table of swept.outcome.tables) tables.add(table);
    });
  const found = new Set(await Array.fromAsync(findTaggedDatasets(gms, { tags, terms }, signal)));
  await pool(CONCURRENCY, found, sweep);
  await pool(CONCURRENCY, tables.difference(found), sweep);
}

async function sweepDataset(
  datasetUrn: string,
  deps: BringAboutDependencies & Pick<SweepOnceDependencies, "findsObstacles">,
  signal: AbortSignal,
): Promise<Swept> {
  for (let attempt = 1;; attempt++) {
    signal.throwIfAborted();
    try {
      await deps.journal.load();
      const reconciled = await reconcile(datasetUrn, [], deps);
      const names = reconciled.tagged.map(({ name }) => name);
      const copies = names.length === 0
        ? undefined
        : await findCopies(deps.gms, datasetUrn, names, deps.rules());
      const obstacles = deps.findsObstacles ? await findObstacles(reconciled, deps.runs) : [];
      return { ...reconciled, copies, obstacles };
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      if (!error.isTransient || attempt === ATTEMPTS) return { datasetUrn, unread: error };
      await delay(backoffMs(attempt, BACKOFF), signal);
    }
  }
}
