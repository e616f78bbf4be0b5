/** Reads the values to tokenize, makes their tokens, and packs both into batches to be written. */
import { Buffer } from "node:buffer";
import { ServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import { toJavaScript } from "../../tokens/token_pattern.ts";
import { tokenizeBatch } from "../token_batch.ts";
import { readValuesStatement } from "./sql/read_values.ts";
import type { Row } from "./statement.ts";
import { actionOn, type Work } from "./table_writer.ts";

const FIRST_CHUNK_ROWS = 500;
const MAX_CHUNK_ROWS = 5000;
/** Values are counted in characters: what a chunk may take in memory, roughly. */
const MAX_CHUNK_CHARACTERS = 1_000_000;
/**
 * How large a batch gets. Each one rewrites most of the table's files, so few large ones are wanted;
 * Databricks takes 16 MiB of statement and parameters.
 */
const BATCH_BYTES = 8 * 1024 * 1024;
const MAX_ENTRY_BYTES = 14 * 1024 * 1024;

/**
 * The batches, as JSON arrays of values and tokens, until nothing is left to read. Throws
 * `LostAnswer` where the rest of the values is lost.
 */
export async function* valueBatches(work: Work, sdk: TokenSdk): AsyncGenerator<string, void> {
  const { session, table, pattern } = work;
  let rows = FIRST_CHUNK_ROWS;
  let entries: string[] = [];
  let bytes = 2;
  const reading = session.read(actionOn(table), readValuesStatement(table, pattern), () => rows);
  for await (const chunk of reading) {
    for (const entry of await makeEntries(work, sdk, chunk)) {
      const entryBytes = Buffer.byteLength(entry) + 1;
      if (entryBytes > MAX_ENTRY_BYTES) throw tooLarge(work);
      if (entries.length > 0 && bytes + entryBytes > BATCH_BYTES) {
        yield `[${entries.join(",")}]`;
        entries = [];
        bytes = 2;
      }
      entries.push(entry);
      bytes += entryBytes;
    }
    rows = nextChunkRows(chunk, rows);
  }
  if (entries.length > 0) yield `[${entries.join(",")}]`;
}

async function makeEntries(
  { table, pattern }: Work,
  sdk: TokenSdk,
  chunk: readonly Row[],
): Promise<string[]> {
  const isToken = toJavaScript(pattern);
  const values = table.columns.map((_, i) => chunk.map((row) => row[`s${i}`] as string | null));
  const untokenized = values.map((column) =>
    column.map((value) => value === null || isToken.test(value) ? null : value)
  );
  const tokens = await tokenizeBatch(table, sdk, untokenized);
  return chunk.map((_, row) => {
    const entry: Record<string, string | null> = {};
    table.columns.forEach((_, i) => {
      entry[`s${i}`] = values[i]![row]!;
      entry[`t${i}`] = tokens[i]![row]!;
    });
    return JSON.stringify(entry);
  });
}

function nextChunkRows(chunk: readonly Row[], rows: number): number {
  if (chunk.length === 0) return rows;
  let characters = 0;
  for (const row of chunk) {
    for (const value of Object.values(row)) characters += (value as string | null)?.length ?? 0;
  }
  const fitting = Math.floor(MAX_CHUNK_CHARACTERS * chunk.length / (characters + 1));
  return Math.max(1, Math.min(MAX_CHUNK_ROWS, fitting));
}

function tooLarge({ table }: Work): ServiceError {
  return new ServiceError(
    "value_too_long",
    `Cannot ${actionOn(table)}: a row's values are longer than the ${
      MAX_ENTRY_BYTES / 1024 / 1024
    } MiB that can be sent to the warehouse at once`,
  );
}
