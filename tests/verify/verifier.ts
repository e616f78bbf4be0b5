/** Verification on a real database, through its own seam, with keys made for tests. */
import { machineSource, testKeyBytes } from "../../scripts/servers/test_keys.ts";
import type { Observation } from "../../src/observations.ts";
import type { Finding } from "../../src/platforms/inspection.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { postgresPlatform } from "../../src/platforms/postgres/postgres_platform.ts";
import { settingsReader } from "../../src/settings_reader.ts";
import type { KnownKeys } from "../../src/verify/known_keys.ts";
import type { Verification } from "../../src/verify/verification.ts";
import { verifyDataset } from "../../src/verify/verify_dataset.ts";
import { urnOf } from "../support/action_fixture.ts";
import { assertLeaksNothing } from "../support/assertions.ts";

/** How a verifier is set up. */
export interface VerifierOptions {
  readonly known?: KnownKeys;
  readonly lockTimeoutMs?: number;
  readonly allowedDatasets?: readonly string[];
}

/** A verifier of one database. */
export interface Verifier extends AsyncDisposable {
  readonly observations: readonly Observation[];
  /** Verifies `schema.table`; what is found must not hold a value. */
  verify(table: string, columns: readonly string[], signal?: AbortSignal): Promise<Verification>;
}

/** Only the dummy's tokens are known. */
export const DUMMY_KNOWN: KnownKeys = { sdk: "dummy", scope: "global", keys: [] };

/** Keys with these ids for both SDKs, as `openKeyed` uses them for the same ids. */
export async function keyedKnown(
  sdk: "aes-siv" | "hmac-sha256",
  ids: Readonly<Partial<Record<"aes-siv" | "hmac-sha256", readonly string[]>>>,
): Promise<KnownKeys> {
  const siv = await Promise.all((ids["aes-siv"] ?? []).map(async (id) => {
    return { sdk: "aes-siv" as const, id, bytes: await testKeyBytes(id, 64) };
  }));
  const hmac = await Promise.all((ids["hmac-sha256"] ?? []).map(async (id) => {
    return { sdk: "hmac-sha256" as const, id, bytes: await testKeyBytes(id, 32) };
  }));
  return { sdk, scope: "global", keys: [...siv, ...hmac] };
}

/** Sets a verifier up on the database of that connection string. */
export function openVerifier(url: string, options: VerifierOptions = {}): Verifier {
  const { known = DUMMY_KNOWN, lockTimeoutMs = 5000, allowedDatasets } = options;
  const settings = parsePostgresSettings(url, settingsReader(machineSource({})));
  const limits = { lockTimeoutMs, statementTimeoutMs: 3_600_000 };
  const platform = postgresPlatform(settings, { ...limits, allowTriggers: false });
  const observations: Observation[] = [];
  const deps = {
    platforms: new Map([[platform.name, platform]]),
    knownPlatforms: new Map([["postgres", "PG_CONN_STR"]]),
    allowedDatasets,
    known,
    observe: (observation: Observation) => void observations.push(observation),
  };
  return {
    observations,
    async verify(table, columns, signal = new AbortController().signal) {
      const datasetUrn = urnOf(`${settings.database}.${table}`);
      const found = await verifyDataset({ datasetUrn, columns }, deps, { signal });
      assertLeaksNothing([found, observations], "the verification");
      return found;
    },
    [Symbol.asyncDispose]: () => platform.close(),
  };
}

/** The findings that are not clean, by check. */
export function unclean({ checks }: Verification): Readonly<Record<string, string>> {
  const found = checks.filter(({ state }) => state !== "clean");
  return Object.fromEntries(found.map(({ check, state }) => [check, state]));
}

/** The finding of that check; the first, if there are several. */
export function findingOf({ checks }: Verification, check: string): Finding {
  const found = checks.find((each) => each.check === check);
  if (found === undefined) throw new Error(`there is no check "${check}"`);
  return found;
}
