/** A batch of rows on its way from texts to tokens to the table. */
import { abortable } from "../../../async.ts";
import type { Encoding } from "../../../bytes.ts";
import type { PackedResults } from "../../../tokens/packed_texts.ts";
import { pickTexts, selectTexts } from "../../../tokens/select_texts.ts";
import type { Selection } from "../../../tokens/selection.ts";
import { findInvalidTexts } from "../../../tokens/utf8.ts";
import { convertColumn } from "../../convert_batch.ts";
import { notText } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import {
  findWritablePartitionsStatement,
  type WritablePartitionRow,
} from "../sql/find_writable_partitions.ts";
import { type BatchStatement, writeTokensStatement } from "../sql/write_tokens.ts";
import type { TargetTable } from "../table.ts";
import { ctidArray, oidArray, textArray } from "./binary_arrays.ts";
import { countOf, type PackedColumn, type PackedRows } from "./row_batch.ts";
import { byAddress } from "./row_order.ts";
import { actionOn, type Work } from "./work.ts";

/** A batch ready to be written. */
export interface TokenBatch {
  readonly writes: readonly Write[];
  /** Rows with a token to be written. */
  readonly rows: number;
  /** Texts that were lookalikes. */
  readonly lookalikes: number;
  /** Rows with lookalikes, which are selected still when the batch is written. */
  readonly rejectedRows: number;
}

/** One statement of a batch: it writes all of it, or what belongs to one partition. */
interface Write {
  readonly statement: string;
  readonly parameters: readonly Encoding[];
}

/** Makes and writes batches of one table. */
export interface BatchWriter {
  /**
   * Asks the SDK for the tokens. Throws the signal's reason as soon as it is aborted; `value_not_text` if a
   * text is not UTF-8.
   */
  convert(rows: PackedRows): Promise<TokenBatch>;
  /** Writes a batch. Gives the number of rows that the table accepted. */
  write(batch: TokenBatch): Promise<number>;
}

/**
 * The writer of a table. Without a session it writes nothing, and gives the number of rows that it would
 * have written. `collectBy` is the statement that takes a batch instead of the table.
 */
export async function openBatchWriter(
  session: Session | undefined,
  { run, table, conversion }: Work,
  collectBy?: BatchStatement,
): Promise<BatchWriter> {
  const throughParent = collectBy ?? writeTokensStatement(table);
  const isDirect = session !== undefined && collectBy === undefined;
  const direct: ReadonlyMap<number, BatchStatement> = isDirect
    ? await partitionStatements(session, table)
    : new Map();

  const writesOf = (rows: PackedRows, tokens: readonly RowTokens[], chosen: Uint32Array) => {
    if (chosen.length === 0) return [];
    if (direct.size === 0) return [writeOf(throughParent, rows, tokens, chosen)];
    const byStatement = Map.groupBy(
      chosen,
      (i) => direct.get(rows.tableOids[i]!) ?? throughParent,
    );
    return [...byStatement].map(([statement, own]) =>
      writeOf(statement, rows, tokens, Uint32Array.from(own))
    );
  };
  return {
    async convert(read) {
      const rows = onlySelected(read, conversion.selects);
      const converting = convertColumns(rows, { table, conversion });
      const tokens = await abortable(converting, run.context.signal);
      const rejected = new Set(tokens.flatMap(({ rejected }) => rejected));
      const hasToken = (i: number) => tokens.some(({ placeOf }) => placeOf[i]! >= 0);
      const all = rows.tableOids.map((_, i) => i);
      const isWhole = rejected.size === 0 && rows === read;
      const chosen = isWhole ? all : all.filter(hasToken);
      return {
        writes: writesOf(rows, tokens, byAddress(rows.ctids, chosen)),
        rows: chosen.length,
        lookalikes: tokens.reduce((sum, { rejected }) => sum + rejected.length, 0),
        rejectedRows: rejected.size,
      };
    },
    async write({ writes, rows }) {
      if (session === undefined) return rows;
      const results = await Promise.all(
        writes.map(({ statement, parameters }) =>
          session.query(actionOn(table), statement, parameters)
        ),
      );
      return results.reduce((sum, { count }) => sum + count, 0);
    },
  };
}

/** The rows with their selected texts only: the server compares the beginnings of some patterns alone. */
function onlySelected(rows: PackedRows, selects: Selection): PackedRows {
  if (selects.include === undefined) return rows;
  const columns = rows.columns.map((column) => {
    const numbers = selectTexts(column.texts, selects);
    if (numbers === undefined) return column;
    return { texts: pickTexts(column.texts, numbers), rows: numbers.map((i) => column.rows[i]!) };
  });
  return columns.every((column, i) => column === rows.columns[i]) ? rows : { ...rows, columns };
}

/** The statement for each partition that can be written to by its own name. */
async function partitionStatements(
  session: Session,
  table: TargetTable,
): Promise<ReadonlyMap<number, BatchStatement>> {
  // an UPDATE through the parent fires other triggers than one by the partition's own name
  if (!table.hasDescendants || table.triggers.length > 0) return new Map();
  const { rows } = await session.query<WritablePartitionRow>(
    `look up the partitions of ${table.displayName}`,
    findWritablePartitionsStatement(),
    [String(table.oid), arrayLiteral(table.columns.map(({ name }) => name))],
  );
  return new Map(rows.map(([oid, schema, name]) => [
    Number(oid),
    writeTokensStatement(table, { schema, name }),
  ]));
}

/** The tokens of a column. */
interface RowTokens {
  readonly tokens: PackedResults;
  /** The number of each row's token; -1 if it has none. */
  readonly placeOf: Int32Array;
  /** The rows whose texts are lookalikes. */
  readonly rejected: readonly number[];
}

/** The tokens of each column. Throws what `convertColumn` throws, and `value_not_text`. */
function convertColumns(
  rows: PackedRows,
  { table, conversion }: Pick<Work, "table" | "conversion">,
): Promise<RowTokens[]> {
  checkTexts(rows, table);
  return Promise.all(rows.columns.map(async (column, i) => {
    const tokens = await convertColumn(table, conversion, table.columns[i]!, column.texts);
    return rowTokens(countOf(rows), column, tokens);
  }));
}

/**
 * Throws `value_not_text` if a text is not UTF-8. The server passes on what it stores if that is its own
 * encoding, and fails itself if it has to convert.
 */
function checkTexts({ columns }: PackedRows, table: TargetTable): void {
  const invalid = columns.map(({ texts }, i) => ({
    column: table.columns[i]!.name,
    values: findInvalidTexts(texts).length,
  })).filter(({ values }) => values > 0);
  if (invalid.length > 0) throw notText(table.displayName, invalid);
}

function rowTokens(rows: number, column: PackedColumn, tokens: PackedResults): RowTokens {
  const placeOf = new Int32Array(rows).fill(-1);
  for (let place = 0; place < column.rows.length; place++) placeOf[column.rows[place]!] = place;
  const rejected = tokens.nulls.map((place) => column.rows[place]!);
  for (const row of rejected) placeOf[row] = -1;
  return { tokens, placeOf, rejected };
}

/** The statement with its parameters, for the `chosen` of the rows. */
function writeOf(
  { text, needsOids }: BatchStatement,
  rows: PackedRows,
  tokens: readonly RowTokens[],
  chosen: Uint32Array,
): Write {
  const parameters = [
    ctidArray(rows.ctids, chosen),
    ...tokens.map((column) => textArray(column.tokens, column.placeOf, chosen)),
    ...(needsOids ? [oidArray(rows.tableOids, chosen)] : []),
  ];
  return { statement: text, parameters };
}
