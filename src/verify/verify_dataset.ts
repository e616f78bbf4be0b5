/**
 * Verifies one dataset: that every value of its columns is a token, that what is read is what is stored,
 * and that no old value is left elsewhere. It only reads, and shares nothing with what makes tokens and
 * writes them but their specification.
 */
import {
  maySuggestFor,
  requireTableAllowed,
  requireUrnAllowed,
} from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { ServiceError, toServiceError } from "../errors.ts";
import type { Observe } from "../observations.ts";
import type { Finding, InspectedTable, TextBatch } from "../platforms/inspection.ts";
import type { Platform } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { ColumnJudge } from "./judge.ts";
import type { KnownKeys } from "./known_keys.ts";
import { Tally, valuesFinding } from "./tally.ts";
import { type ColumnCounts, type Verification, worst } from "./verification.ts";

/** What a verification works with. */
export interface VerifyDependencies {
  /** The connections, by name. */
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Every platform this build knows, with the variable that turns it on. */
  readonly knownPlatforms: ReadonlyMap<string, string>;
  readonly allowedDatasets: readonly string[] | undefined;
  readonly known: KnownKeys;
  readonly observe: Observe;
}

/** What to verify. */
export interface VerifyRequest {
  readonly datasetUrn: string;
  /** Names, schemaField paths or schemaField URNs. */
  readonly columns: readonly string[];
}

/** How a verification is ended and followed. */
export interface VerifyControl {
  /** A new one by default. */
  readonly runId?: string;
  /** To be aborted, with a `ServiceError` as the reason. */
  readonly signal: AbortSignal;
  /** Called after each batch; `total` is an estimate, and undefined if there is none. */
  readonly onProgress?: (read: number, total: number | undefined) => void;
}

/** Verifies. Throws a `ServiceError` if there is no such table, or the database or Vault fails. */
export async function verifyDataset(
  request: VerifyRequest,
  deps: VerifyDependencies,
  control: VerifyControl,
): Promise<Verification> {
  const startedMs = performance.now();
  const { runId = crypto.randomUUID() } = control;
  const { datasetUrn } = request;
  deps.observe({ event: "verification_started", runId, datasetUrn, columns: request.columns });
  try {
    const found = await verify(request, deps, { ...control, runId });
    const elapsedMs = Math.round(performance.now() - startedMs);
    const { table, verdict, rows } = found;
    deps.observe({
      event: "verification_finished",
      runId,
      datasetUrn,
      table,
      verdict,
      rows: rows ?? undefined,
      elapsedMs,
    });
    return { ...found, elapsed_ms: elapsedMs };
  } catch (thrown) {
    const { code, message: said, facts } = toServiceError(thrown);
    const message = said.replace(/^Cannot finish the run/, "Cannot finish the verification");
    deps.observe({ event: "verification_failed", runId, datasetUrn, code, reason: message, facts });
    throw new ServiceError(code, message, facts);
  }
}

async function verify(
  { datasetUrn, columns: asked }: VerifyRequest,
  { platforms, knownPlatforms, allowedDatasets, known, observe }: VerifyDependencies,
  { runId, signal, onProgress }: VerifyControl & { readonly runId: string },
): Promise<Omit<Verification, "elapsed_ms">> {
  const dataset = parseDatasetUrn(datasetUrn);
  const columns = parseColumns(asked, dataset);
  requireUrnAllowed(dataset, allowedDatasets);
  const platform = selectPlatform(dataset, platforms, knownPlatforms);
  const maySuggest = maySuggestFor(dataset, allowedDatasets);
  const context = { runId, signal, observe, maySuggest };
  return await platform.withStoredTable(dataset, columns, context, async (table) => {
    requireTableAllowed(dataset, allowedDatasets, table);
    const verifiedAt = new Date().toISOString();
    const judges = new Map(table.columns.map((column) => {
      const place = { platform: platform.name, path: table.path, column };
      return [column, new ColumnJudge(place, known)];
    }));
    const counts = table.isReadable ? await countAll(table, judges, { signal, onProgress }) : [];
    const elsewhere = table.isReadable ? await lookElsewhere(table, judges) : [];
    const checks = [
      ...visible(table),
      ...counts.length > 0 ? [valuesFinding(counts)] : [],
      ...elsewhere,
    ];
    return {
      verification_id: runId,
      dataset_urn: dataset.urn,
      platform: platform.name,
      table: table.table,
      verdict: worst(checks),
      verified_at: verifiedAt,
      snapshot: table.snapshot,
      rows: counts.length === 0 ? null : rowsOf(counts[0]!),
      columns: counts,
      checks,
      not_covered: table.notCovered,
    };
  });
}

function visible({ doubts }: InspectedTable): readonly Finding[] {
  return doubts.length > 0 ? doubts : [{ check: "visible", state: "clean" }];
}

async function countAll(
  table: InspectedTable,
  judges: ReadonlyMap<string, ColumnJudge>,
  { signal, onProgress }: VerifyControl,
): Promise<ColumnCounts[]> {
  const tallies = table.columns.map((column) => new Tally(column));
  let read = 0;
  for await (const batch of table.read()) {
    signal.throwIfAborted();
    await Promise.all(
      table.columns.map((column, i) => countColumn(batch, i, judges.get(column)!, tallies[i]!)),
    );
    read += batch.rows;
    onProgress?.(read, table.estimatedRows);
  }
  const counts = tallies.map((tally) => tally.counts);
  if (counts.every((each) => rowsOf(each) === read)) return counts;
  throw new TypeError("Cannot verify: rows were read that are in no count");
}

async function countColumn(
  { columns, rows }: TextBatch,
  column: number,
  judge: ColumnJudge,
  tally: Tally,
): Promise<void> {
  const texts = columns[column]!.filter((text) => text !== null);
  tally.addNulls(rows - texts.length);
  for (const judgement of await judge.judge(texts)) tally.add(judgement);
}

function rowsOf({ nulls, tokens, foreign, lookalikes, plain }: ColumnCounts): number {
  const sum = [...tokens, ...foreign].reduce((total, { count }) => total + count, 0);
  return nulls + sum + lookalikes + plain;
}

function lookElsewhere(
  table: InspectedTable,
  judges: ReadonlyMap<string, ColumnJudge>,
): Promise<Finding[]> {
  return table.lookElsewhere(async (column, texts) => {
    const judged = await judges.get(column)!.judge(texts);
    return judged.every((judgement) => judgement?.standing === "token");
  });
}
