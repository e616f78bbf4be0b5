/** What a run would do, and all that stands in its way: from a dataset to its plan. Nothing is changed. */
import {
  maySuggestFor,
  requireTableAllowed,
  requireUrnAllowed,
} from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { type ServiceError, toServiceError } from "../errors.ts";
import { stackFrames } from "../stack_frames.ts";
import type { FormCounts } from "../platforms/forms.ts";
import type { Platform, TableSession } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { tokenizing } from "../tokens/conversion.ts";
import { tokenKindsOf } from "../tokens/token_kinds.ts";
import { commonPrefix, literalPrefixes } from "../tokens/literal_prefixes.ts";
import { dryRunContext } from "./dry_run_context.ts";
import {
  type DatasetPlan,
  type Obstacle,
  type TablePart,
  tablePart,
  UNKNOWN_TABLE,
} from "./plan_document.ts";
import { withTimeLimit } from "./time_limit.ts";
import { requireCompatible } from "./require_compatible.ts";
import type { ActionDependencies, RunControl } from "./tokenize_dataset.ts";
import type { Trigger } from "./trigger.ts";

/** What to plan: the run that would be started, as a dry run. */
export interface PlanTrigger extends Trigger {
  /** Whether to read some values, so that their masked shapes can be shown. */
  readonly showShapes: boolean;
}

/**
 * Makes the plan. Whatever would refuse the run is in it, also that a database or the token SDK cannot be
 * reached. Throws the signal's reason if it is aborted.
 */
export async function planDataset(
  trigger: PlanTrigger,
  deps: ActionDependencies,
  { signal }: Pick<RunControl, "signal">,
): Promise<DatasetPlan> {
  const startedMs = performance.now();
  const { observe } = deps;
  const obstacles: ServiceError[] = [];
  const untried: string[] = [];
  let platform: Platform | undefined;
  let table: TableSession | undefined;
  let prefix: string | null = null;
  let part: TablePart = UNKNOWN_TABLE;
  try {
    const dataset = parseDatasetUrn(trigger.datasetUrn);
    const columns = parseColumns(trigger.columns, dataset);
    requireUrnAllowed(dataset, deps.allowedDatasets);
    platform = selectPlatform(dataset, deps.platforms, deps.knownPlatforms);
    requireCompatible({ ...trigger, dryRun: false });
    const chosen = platform;
    await withTimeLimit(deps.runTimeoutMs, signal, (signal) => {
      const onObstacle = (obstacle: ServiceError) => void obstacles.push(obstacle);
      const onUntried = (conditions: readonly string[]) => void untried.push(...conditions);
      const maySuggest = maySuggestFor(dataset, deps.allowedDatasets);
      const control = { observe, signal, maySuggest, onObstacle, onUntried };
      const context = dryRunContext(trigger, control);
      return chosen.withTable(dataset, columns, context, async (session) => {
        table = session;
        requireTableAllowed(dataset, deps.allowedDatasets, session);
        const sdk = await deps.tokenSdk();
        const conversion = tokenizing(sdk);
        prefix = commonPrefix(literalPrefixes(sdk.current ?? sdk.pattern));
        const { showShapes } = trigger;
        part = tablePart(
          await session.plan({ conversion, kinds: tokenKindsOf(sdk), showShapes }),
        );
      });
    });
  } catch (thrown) {
    signal.throwIfAborted();
    obstacles.push(known(thrown, deps));
  }
  return {
    dataset_urn: trigger.datasetUrn,
    asked_columns: trigger.columns,
    platform: platform?.name ?? null,
    table: table?.table ?? null,
    possible: obstacles.length === 0,
    obstacles: each(obstacles),
    ...(untried.length > 0 && { untried: [...new Set(untried)] }),
    ...part,
    token_prefix: prefix,
    elapsed_ms: Math.round(performance.now() - startedMs),
  };
}

/**
 * What a sample of each column's values looks like, by the columns' names as they were asked for. Those that
 * cannot be sampled are left out. Throws a `ServiceError`.
 */
export async function sampleColumns(
  trigger: Trigger,
  deps: ActionDependencies,
  { signal }: Pick<RunControl, "signal">,
): Promise<ReadonlyMap<string, FormCounts>> {
  const { observe, allowedDatasets } = deps;
  const dataset = parseDatasetUrn(trigger.datasetUrn);
  const columns = parseColumns(trigger.columns, dataset);
  requireUrnAllowed(dataset, allowedDatasets);
  const platform = selectPlatform(dataset, deps.platforms, deps.knownPlatforms);
  return await withTimeLimit(deps.runTimeoutMs, signal, (signal) => {
    const maySuggest = () => false; // nobody reads the message
    const context = dryRunContext(trigger, { observe, signal, maySuggest, onObstacle: () => {} });
    return platform.withTable(dataset, columns, context, async (table) => {
      requireTableAllowed(dataset, allowedDatasets, table);
      const forms = await table.forms(tokenizing(await deps.tokenSdk()));
      const found = trigger.columns.flatMap((asked, i) => {
        const { names } = columns[i]!;
        const isAsked = (name: string) =>
          names.includes(name) || names.some((each) => each.toLowerCase() === name.toLowerCase());
        const counts = forms[table.columns.findIndex(isAsked)];
        return counts === undefined ? [] : [[asked, counts] as const];
      });
      return new Map(found);
    });
  });
}

function known(thrown: unknown, { observe }: ActionDependencies): ServiceError {
  const error = toServiceError(thrown);
  if (error !== thrown) {
    const kind = error.facts.cause ?? "unknown";
    observe({ event: "unexpected_failure", kind, frames: stackFrames(thrown) });
  }
  return error;
}

/** Each once: a check of several partitions, or of a second connection, may say the same. */
function each(obstacles: readonly ServiceError[]): Obstacle[] {
  const byText = new Map(obstacles.map(({ code, message }) => [
    `${code} ${message}`,
    { code, detail: message },
  ]));
  return [...byText.values()];
}
