/** The runs of a command: where they are kept, as the settings say. */
import type { RunRegistry } from "../action/run_registry.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { Config } from "../config.ts";
import { tokenSourceOf } from "../datahub/loop/token_source.ts";
import type { History } from "../history/history.ts";
import { toProblem } from "../http/problem.ts";
import { makeSigner, type Signer } from "../receipts/signer.ts";
import { MemoryRunStore } from "../runs/memory_run_store.ts";
import { Receipts } from "../runs/receipts.ts";
import { RunService } from "../runs/run_service.ts";
import type { RunStore } from "../runs/run_store.ts";
import { COMMIT, VERSION } from "../version.ts";
import { openHistoryOf } from "./open_history.ts";

/** What it takes from the settings. */
export type RunSettings =
  & Pick<Config, "maxQueuedRuns" | "history">
  & Partial<Pick<Config, "receiptKey" | "programSha256" | "tokenSdk">>;

/** Makes what starts runs, and keeps them in `history`; by default it opens that of the settings. */
export async function openRuns(
  settings: RunSettings,
  action: ActionDependencies,
  registry: RunRegistry,
  opened?: History,
): Promise<RunService> {
  const history = opened ?? await openHistoryOf(settings, action.observe);
  const store = history?.runs ?? new MemoryRunStore();
  return new RunService({
    store,
    receipts: receiptsOf(settings, action, store),
    owner: history?.owner,
    action,
    registry,
    toProblem,
    maxQueuedRuns: settings.maxQueuedRuns,
  });
}

/** What makes the receipts: signed, if the settings have a key; none without the settings of the SDK. */
function receiptsOf(
  { receiptKey, programSha256, tokenSdk: settings }: RunSettings,
  action: ActionDependencies,
  store: RunStore,
): Receipts | undefined {
  if (settings === undefined) return undefined;
  const tokenSource = tokenSourceOf(action, settings.mode);
  let signer: Promise<Signer> | undefined;
  return new Receipts({
    store,
    program: {
      name: "tokenize-action",
      version: VERSION,
      commit: COMMIT,
      sha256: programSha256 ?? null,
    },
    signer: async () => receiptKey && await (signer ??= makeSigner(receiptKey)),
    tokenMaker: async () => {
      const { sdk, keyId = null } = await tokenSource();
      return { sdk, key_id: keyId };
    },
  });
}
