/** `tokenize verify`: whether columns hold nothing but tokens, found by reading only. */
import { RunRegistry } from "../action/run_registry.ts";
import { withTimeLimit } from "../action/time_limit.ts";
import { aborted } from "../async.ts";
import type { DatasetArguments, VerifyCommand } from "../command.ts";
import type { Config } from "../config.ts";
import { toServiceError } from "../errors.ts";
import { problemExitCode, USAGE_EXIT_CODE } from "../exit_codes.ts";
import { toProblem } from "../http/problem.ts";
import type { CommandLog } from "../observations.ts";
import { makeSigner, type Signer } from "../receipts/signer.ts";
import { sealStatement, statementOn } from "../receipts/statement.ts";
import { ProgressMeter } from "../runs/progress_meter.ts";
import { failureExitCode, signalExitCode } from "../stop_signals.ts";
import type { Scope, TokenSdkName } from "../verify/token_form.ts";
import { type Verification, VERIFICATION_TYPE } from "../verify/verification.ts";
import { verifyDataset, type VerifyDependencies } from "../verify/verify_dataset.ts";
import { COMMIT, VERSION } from "../version.ts";
import { printError, printFailure, printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";
import { displayProgress } from "./progress_bar.ts";
import { verificationLines } from "./verification_lines.ts";

/** The SDKs that docs/token-format.md specifies, by their modes. */
const SPECIFIED: ReadonlySet<string> = new Set<TokenSdkName>([
  "dummy",
  "hmac-sha256",
  "aes-siv",
  "vault-transit",
]);

/** What the command works with. */
export interface VerifyCommandDependencies
  extends Omit<VerifyDependencies, "known">, Pick<CommandLog, "hasSaidFailure"> {
  /** Where a receipt goes. */
  readonly keepReceipt: (receipt: string) => void;
}

/** Verifies one dataset after the other. Returns the exit code: 0 if all of them are clean. */
export async function verify(
  command: VerifyCommand,
  config: Config,
  deps: VerifyCommandDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const { mode } = config.tokenSdk;
  if (!SPECIFIED.has(mode)) {
    printError(
      `TOKEN_SDK_MODE: nothing specifies the tokens of "${mode}", so they cannot be verified`,
    );
    return USAGE_EXIT_CODE;
  }
  if (command.receipt !== undefined && config.receiptKey === undefined) {
    printError("--receipt: without RECEIPT_KEY_FILE the receipt is not signed");
  }
  try {
    const datasets = command.tagged
      ? await taggedDatasets(config, deps, shutDown)
      : command.datasets;
    if (typeof datasets === "number") return datasets;
    const signer = config.receiptKey && await makeSigner(config.receiptKey);
    const { known, close } = await knownKeys(config);
    try {
      return await verifyAll(datasets, command, config, { ...deps, known, signer }, shutDown);
    } finally {
      close();
    }
  } finally {
    await Promise.all([...deps.platforms.values()].map((platform) => platform.close()));
  }
}

type EachDependencies = VerifyCommandDependencies & VerifyDependencies & {
  readonly signer: Signer | undefined;
};

async function verifyAll(
  datasets: readonly DatasetArguments[],
  command: VerifyCommand,
  config: Config,
  deps: EachDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const exitCodes: number[] = [];
  for (const [i, dataset] of datasets.entries()) {
    // reports on a terminal are set apart from each other
    if (i > 0 && !command.json) printIfPossible(() => printText([""]));
    exitCodes.push(await verifyOne(dataset, command, config, deps, shutDown));
    if (shutDown.aborted) return failureExitCode(shutDown);
  }
  // 1 if any failed other than by wrong usage; nothing at all shows nothing
  const failures = exitCodes.filter((exitCode) => exitCode !== 0);
  return exitCodes.length === 0 ? 1 : failures.length === 0 ? 0 : Math.min(...failures);
}

async function verifyOne(
  { urn: datasetUrn, columns }: DatasetArguments,
  { json, quiet, receipt }: VerifyCommand,
  { runTimeoutMs, tokenSdk, log }: Config,
  deps: EachDependencies,
  shutDown: AbortSignal,
): Promise<number> {
  const runs = new RunRegistry();
  const runId = crypto.randomUUID();
  const { observe } = deps;
  const bar = displayProgress("verifying", {
    isDrawn: !quiet,
    log: { runId, format: log.format, observe },
  });
  const meter = new ProgressMeter(performance.now());
  void aborted(shutDown).then(() => runs.drain(0, `${shutDown.reason} was received`));
  try {
    const onProgress = (read: number, total: number | undefined) => {
      if (total === undefined) return;
      const progress = { updated: read, total: Math.max(read, total) };
      bar.show(meter.measure(progress, performance.now()));
    };
    const verification = await runs.start((signal) =>
      withTimeLimit(
        runTimeoutMs,
        signal,
        (limited) =>
          verifyDataset({ datasetUrn, columns }, deps, { runId, signal: limited, onProgress }),
      )
    );
    bar.clear();
    if (receipt !== undefined) deps.keepReceipt(await receiptOf(verification, deps.signer));
    const isTrying = tokenSdk.mode === "dummy";
    printIfPossible(() =>
      json ? printJson(verification) : printText(verificationLines(verification, isTrying))
    );
    return verification.verdict === "clean" ? 0 : 1;
  } catch (error) {
    bar.clear();
    const failure = toServiceError(error);
    const { run_id: _, ...problem } = toProblem(failure, "");
    const isLogged = deps.hasSaidFailure(datasetUrn);
    printFailure(problem, json, { facts: failure.facts, isLogged });
    return problemExitCode(problem.code, shutDown);
  }
}

/** One line: what was found, by which program, in a signed envelope. */
async function receiptOf(
  verification: Verification,
  signer: Signer | undefined,
): Promise<string> {
  const verifier = { name: "tokenize-action", version: VERSION, commit: COMMIT };
  const predicate = { verifier, ...verification };
  const statement = statementOn(verification.dataset_urn, VERIFICATION_TYPE, predicate);
  return (await sealStatement(statement, signer)).document;
}

/** The keys whose tokens count; Vault is asked about its own. */
async function knownKeys({ tokenSdk: { mode, settings }, allKeys = [] }: Config) {
  const { scope = "global" } = (settings ?? {}) as { readonly scope?: Scope };
  const known = { sdk: mode as TokenSdkName, scope, keys: allKeys };
  if (mode !== "vault-transit") return { known, close: () => {} };
  const { openWitness } = await import("../verify/ask_vault.ts");
  const witness = openWitness(settings as Parameters<typeof openWitness>[0]);
  return { known: { ...known, askVault: witness.ask }, close: witness.close };
}

/** The tagged tables of DataHub, or the exit code if it cannot be asked. */
async function taggedDatasets(
  config: Config,
  { knownPlatforms }: VerifyCommandDependencies,
  shutDown: AbortSignal,
): Promise<readonly DatasetArguments[] | number> {
  const { openGms } = await import("../datahub/gms/gms.ts");
  const { GmsError } = await import("../datahub/gms/gms_error.ts");
  const { findTaggedTables } = await import("../datahub/loop/tagged_datasets.ts");
  const settings = config.datahub!;
  try {
    const options = { settings, knownPlatforms };
    const tables = await findTaggedTables(openGms(settings.gms), options, shutDown);
    for (const { datasetUrn, unconfirmed } of tables) {
      if (unconfirmed.length === 0) continue;
      printError(
        `${datasetUrn}: left out, since only a program tagged them: ${unconfirmed.join(", ")}`,
      );
    }
    const tagged = tables.filter(({ columns }) => columns.length > 0);
    if (tagged.length === 0) printError("no column is tagged in DataHub, so nothing was verified");
    return tagged.map(({ datasetUrn: urn, columns }) => ({ urn, columns }));
  } catch (error) {
    if (shutDown.aborted) return signalExitCode(shutDown.reason);
    if (!(error instanceof GmsError)) throw error;
    printError(error.message);
    return 1;
  }
}
