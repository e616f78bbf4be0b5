/** Reads the texts to convert, makes their tokens, and packs both into batches to be written. */
import { Buffer } from "node:buffer";
import { ServiceError } from "../../../errors.ts";
import { toPredicate } from "../../../tokens/selection.ts";
import { convertBatch, type TextColumns } from "../../convert_batch.ts";
import {
  readValuesStatement,
  readValuesToWriteStatement,
  type ValuesRow,
} from "../sql/read_values.ts";
import type { BatchKeys, Seal } from "./batch_keys.ts";
import { actionOn, type Work } from "./work.ts";

const FIRST_CHUNK_ROWS = 500;
const MAX_CHUNK_ROWS = 5000;
/** Characters in a chunk, roughly: limits what it takes in memory. */
const MAX_CHUNK_CHARACTERS = 1_000_000;
/**
 * The size of a batch. Each one rewrites most of the table's files, so few large ones are best.
 * Databricks accepts 16 MiB of statement and parameters.
 */
const BATCH_BYTES = 8 * 1024 * 1024;
const MAX_ENTRY_BYTES = 14 * 1024 * 1024;

/** A batch to write, and what was read for it. */
export interface ValueBatch {
  /** A JSON array of ciphertexts and tokens; undefined if all were lookalikes. */
  readonly batch: string | undefined;
  /** Rows that had one of the texts when they were read, and get a token. */
  readonly rows: number;
  readonly lookalikes: number;
  /** Rows with a lookalike, which are still selected when everything is written. */
  readonly heldRows: number;
}

/** The rows that have one combination of texts. */
interface Entry {
  readonly json: string | undefined;
  readonly rows: number;
  readonly lookalikes: number;
}

/** Batches that are only counted, until nothing is left to read. Throws as `Session.read` does. */
export function valueBatches(work: Work): AsyncGenerator<ValueBatch, void> {
  return batches(work, readValuesStatement(work.table, work.conversion.selects));
}

/** Batches for `writeTokensStatement`, with texts encrypted by the keys of a session. */
export function valueBatchesToWrite(
  work: Work,
  keys: BatchKeys,
): AsyncGenerator<ValueBatch, void> {
  return batches(work, readValuesToWriteStatement(work.table, work.conversion.selects), keys);
}

async function* batches(
  work: Work,
  statement: string,
  { prepared, seal }: Partial<BatchKeys> = {},
): AsyncGenerator<ValueBatch, void> {
  const { session, table, run } = work;
  let rows = FIRST_CHUNK_ROWS;
  let entries: Entry[] = [];
  let bytes = 2;
  const chunks = session.read<ValuesRow>(actionOn(table), statement, () => rows, prepared);
  for await (const chunk of run.clock.each("read", chunks)) {
    for (const entry of await makeEntries(work, chunk, seal)) {
      const entryBytes = Buffer.byteLength(entry.json ?? "") + 1;
      if (entryBytes > MAX_ENTRY_BYTES) throw tooLarge(work);
      if (entries.length > 0 && bytes + entryBytes > BATCH_BYTES) {
        yield batchOf(entries);
        entries = [];
        bytes = 2;
      }
      entries.push(entry);
      bytes += entryBytes;
    }
    rows = nextChunkRows(chunk, rows);
  }
  if (entries.length > 0) yield batchOf(entries);
}

function batchOf(entries: readonly Entry[]): ValueBatch {
  const written = entries.flatMap(({ json }) => json === undefined ? [] : [json]);
  const sum = (read: (entry: Entry) => number) =>
    entries.reduce((total, entry) => total + read(entry), 0);
  return {
    batch: written.length === 0 ? undefined : `[${written.join(",")}]`,
    rows: sum(({ json, rows }) => json === undefined ? 0 : rows),
    lookalikes: sum(({ lookalikes, rows }) => lookalikes * rows),
    heldRows: sum(({ lookalikes, rows }) => lookalikes > 0 ? rows : 0),
  };
}

async function makeEntries(
  { table, conversion }: Work,
  chunk: readonly ValuesRow[],
  seal: Seal | undefined,
): Promise<Entry[]> {
  const isSelected = toPredicate(conversion.selects);
  const texts = table.columns.map((_, i) => chunk.map((row) => row[`s${i}`] ?? null));
  const selected = texts.map((column) =>
    column.map((text) => text !== null && isSelected(text) ? text : null)
  );
  const { tokens: made, lookalikes } = await convertBatch(table, conversion, selected);
  const tokens = seal === undefined ? made : await sealAll(made, seal);
  const lookalikesIn = Map.groupBy(lookalikes, ({ row }) => row);
  return chunk.map(({ n }, row) => {
    const entry: Record<string, string | null> = {};
    table.columns.forEach((_, i) => {
      // Spark 3.3 to 4.0 break the lines of Base64 (SPARK-47307)
      entry[`e${i}`] = chunk[row]![`e${i}`]?.replaceAll("\r\n", "") ?? null;
      entry[`t${i}`] = tokens[i]![row]!;
    });
    const changes = tokens.some((column) => column[row] !== null);
    return {
      json: changes ? JSON.stringify(entry) : undefined,
      rows: n,
      lookalikes: lookalikesIn.get(row)?.length ?? 0,
    };
  });
}

function sealAll(columns: TextColumns, seal: Seal): Promise<TextColumns> {
  return Promise.all(
    columns.map((texts) => Promise.all(texts.map((text) => text === null ? null : seal(text)))),
  );
}

function nextChunkRows(chunk: readonly ValuesRow[], rows: number): number {
  if (chunk.length === 0) return rows;
  let characters = 0;
  for (const row of chunk) {
    for (const value of Object.values(row)) {
      if (typeof value === "string") characters += value.length;
    }
  }
  const fitting = Math.floor(MAX_CHUNK_CHARACTERS * chunk.length / (characters + 1));
  return Math.max(1, Math.min(MAX_CHUNK_ROWS, fitting));
}

function tooLarge({ table }: Work): ServiceError {
  return new ServiceError(
    "value_too_long",
    `Cannot ${actionOn(table)}: a row's values and tokens are longer than the ${
      MAX_ENTRY_BYTES / 1024 / 1024
    } MiB that can be sent to the warehouse at once`,
  );
}
