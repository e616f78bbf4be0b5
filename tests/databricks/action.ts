/**
 * The action on a warehouse, through its own seam: `tokenizeDataset` with the real platform and the
 * real driver. It leaves out HTTP, the command line and the sandbox.
 *
 * Values that must never leave the table hold the word "canary": every failure, everything that would
 * be logged and the warehouse's query history are searched for it, and for the warehouse's token.
 */
import { planDataset } from "../../src/action/plan_dataset.ts";
import type { DatasetPlan } from "../../src/action/plan_document.ts";
import { tokenizeDataset } from "../../src/action/tokenize_dataset.ts";
import type { Report } from "../../src/action/trigger.ts";
import type { ErrorCode, ServiceError } from "../../src/errors.ts";
import type { Observation } from "../../src/observations.ts";
import type { Progress } from "../../src/platforms/platform.ts";
import type { ConnectionFacts } from "../../src/platforms/connection_facts.ts";
import type { Throttle } from "../../src/platforms/throttle.ts";
import { databricksPlatform } from "../../src/platforms/databricks/databricks_platform.ts";
import { parseDatabricksSettings } from "../../src/platforms/databricks/connection/settings.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/run_options.ts";
import { dummy } from "../../src/tokens/dummy.ts";
import type { RotationSource } from "../../src/tokens/conversion.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import type { QueryHistoryRow } from "../../scripts/servers/warehouse/control.ts";
import type { KnownKeys } from "../../src/verify/known_keys.ts";
import type { Verification } from "../../src/verify/verification.ts";
import { verifyDataset } from "../../src/verify/verify_dataset.ts";
import { assertFails, assertLeaksNothing } from "../support/assertions.ts";
import type { Place } from "./place.ts";

/** The SDK of `TOKEN_SDK_MODE=dummy`, which has an SQL expression. */
export const pushdown: TokenSdk = await dummy.create(null);

/** The same without one, so that tokens are made in the client. */
export const inClient: TokenSdk = {
  pattern: pushdown.pattern,
  tokenize: (values, context) => pushdown.tokenize(values, context),
  maxTokenLength: (valueBytes) => pushdown.maxTokenLength(valueBytes),
};

/** Both ways to the same end. */
export const BOTH_WAYS = [["pushdown", pushdown], ["client", inClient]] as const;

/** How one run is started. */
export interface RunOptions {
  readonly dryRun?: boolean;
  readonly scrub?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly rowsPerSecond?: number;
  readonly throttle?: Throttle;
}

/** The action with one warehouse. */
export interface Action {
  /** All that it would have logged. */
  readonly observations: readonly Observation[];
  tokenize(urn: string, columns: readonly string[], options?: RunOptions): Promise<Report>;
  /** A run that must fail with `code`, in a message that is well-formed and leaks nothing. */
  fails(
    code: ErrorCode,
    urn: string,
    columns: readonly string[],
    options?: RunOptions,
  ): Promise<ServiceError>;
  /** Plans a run. The plan must leak nothing. */
  plan(urn: string, columns: readonly string[], showShapes?: boolean): Promise<DatasetPlan>;
  /** Verifies the table. What is found must leak nothing. */
  verify(urn: string, columns: readonly string[], known: KnownKeys): Promise<Verification>;
  check(): Promise<void>;
  inspect(): Promise<ConnectionFacts>;
}

/** How the action is set up. */
export interface ActionOptions {
  readonly sdk?: TokenSdk;
  /** Whose tokens become those of `sdk`. */
  readonly rotateFrom?: RotationSource;
  /** Whether tokens become values. */
  readonly restores?: boolean;
  /** More properties for the JDBC URL, such as `ConnCatalog=main`; or another URL. */
  readonly properties?: readonly string[];
  readonly jdbcUrl?: string;
  readonly runTimeoutMs?: number;
  readonly allowUnprovenMasks?: boolean;
  readonly secretScope?: string;
  /** What nothing may show, besides the warehouse's token. */
  readonly secrets?: readonly string[];
}

/** Sets the action up. */
export function openAction(place: Place, options: ActionOptions = {}): Action {
  const url = [options.jdbcUrl ?? place.jdbcUrl, ...options.properties ?? []].join(";");
  const settings = parseDatabricksSettings(url);
  const { allowUnprovenMasks = false, secretScope } = options;
  const platform = databricksPlatform(settings, { allowUnprovenMasks, secretScope });
  const observations: Observation[] = [];
  const { sdk = pushdown, rotateFrom } = options;
  const deps = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map([["databricks", "DBX_JDBC_URL"]]),
    allowedDatasets: undefined,
    runTimeoutMs: options.runTimeoutMs ?? 3_600_000,
    tokenSdk: () => Promise.resolve(sdk),
    ...(options.restores && { restores: true }),
    ...(rotateFrom && { rotateFrom: () => Promise.resolve(rotateFrom) }),
    observe: (observation: Observation) => void observations.push(observation),
  };
  const { secrets: others = [] } = options;
  const secrets = [...secretsOf(settings.authentication), ...others];

  const tokenize: Action["tokenize"] = async (datasetUrn, columns, run = {}) => {
    const { signal = new AbortController().signal, onProgress, throttle, ...options } = run;
    const trigger = { ...DEFAULT_RUN_OPTIONS, ...options, datasetUrn, columns };
    const started = { runId: crypto.randomUUID(), signal, onProgress, throttle };
    try {
      return await tokenizeDataset(trigger, deps, started);
    } finally {
      assertLeaksNothing(observations, "the log", secrets);
      if (place.queryHistory !== undefined) {
        assertHistoryLeaksNothing(await place.queryHistory(), sdk, others);
      }
    }
  };
  return {
    observations,
    tokenize,
    async fails(code, urn, columns, run) {
      return await assertFails(code, tokenize(urn, columns, run), secrets);
    },
    async plan(datasetUrn, columns, showShapes = false) {
      const trigger = { ...DEFAULT_RUN_OPTIONS, datasetUrn, columns, showShapes };
      const plan = await planDataset(trigger, deps, new AbortController());
      assertLeaksNothing(plan, "the plan", secrets);
      assertLeaksNothing(observations, "the log", secrets);
      if (place.queryHistory !== undefined) {
        assertHistoryLeaksNothing(await place.queryHistory(), sdk, others);
      }
      return plan;
    },
    inspect: () => {
      const { observe } = deps;
      return platform.inspect({ runId: "r", signal: AbortSignal.timeout(60_000), observe });
    },
    async verify(datasetUrn, columns, known) {
      const { signal } = new AbortController();
      const request = { datasetUrn, columns };
      const found = await verifyDataset(request, { ...deps, known }, { signal });
      assertLeaksNothing([found, observations], "the verification", secrets);
      if (place.queryHistory !== undefined) {
        assertHistoryLeaksNothing(await place.queryHistory(), sdk, others);
      }
      return found;
    },
    check: () => platform.check(AbortSignal.timeout(5000)),
  };
}

function secretsOf(authentication: ReturnType<typeof parseDatabricksSettings>["authentication"]) {
  return authentication.kind === "token" ? [authentication.token] : [authentication.clientSecret];
}

/**
 * Searches the statements' texts and parameters. Ciphertexts are decoded first: in the Base64 of many
 * of them any short word occurs by chance. Of tokens that anybody can read back, those that were
 * written may be there.
 */
function assertHistoryLeaksNothing(
  history: readonly QueryHistoryRow[],
  sdk: TokenSdk,
  secrets: readonly string[],
): void {
  const written = sdk.pattern === pushdown.pattern ? /"t\d+":"tok_[^"]*_poc"/g : /$^/g;
  const bytes = (ciphertext: string) =>
    Array.from(Uint8Array.fromBase64(ciphertext), (byte) => String.fromCharCode(byte)).join("");
  for (const { statement_text, query_parameters } of history) {
    const values = Object.values(query_parameters?.named_parameters ?? {});
    for (const shown of [statement_text, ...values, ...query_parameters?.pos_parameters ?? []]) {
      const plain = shown?.replaceAll(written, "")
        .replaceAll(/"e\d+":"([^"]*)"/g, (_, ciphertext) => bytes(ciphertext));
      assertLeaksNothing(plain ?? "", "the query history", secrets);
    }
  }
}
