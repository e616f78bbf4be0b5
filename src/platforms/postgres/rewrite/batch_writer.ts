/** A batch of rows on its way from texts to tokens to the table. */
import type { Conversion } from "../../../tokens/conversion.ts";
import { abortable } from "../../../async.ts";
import { convertBatch, type TextColumns } from "../../convert_batch.ts";
import { arrayLiteral } from "../identifiers.ts";
import type { TargetTable } from "../table.ts";
import type { Session } from "../connection/session.ts";
import {
  findWritablePartitionsStatement,
  type WritablePartitionRow,
} from "../sql/find_writable_partitions.ts";
import type { AddressedRow } from "../sql/read_values.ts";
import { writeTokensStatement } from "../sql/write_tokens.ts";

/** A batch ready to be written. */
export interface TokenBatch {
  readonly writes: readonly Write[];
  /** Rows with a token to be written. */
  readonly rows: number;
  /** Texts that were lookalikes. */
  readonly lookalikes: number;
  /** Rows with one of them, which are selected still when all is written. */
  readonly heldRows: number;
}

/** One statement of it: all of the batch, or what goes to one partition. */
interface Write {
  readonly statement: string;
  readonly parameters: readonly string[];
}

/** Makes and writes batches of one table. */
export interface BatchWriter {
  /** Asks the SDK for the tokens. Throws the signal's reason once it is aborted, SDK or not. */
  convert(rows: readonly AddressedRow[]): Promise<TokenBatch>;
  /** Writes them. Gives how many rows the table took. */
  write(batch: TokenBatch): Promise<number>;
}

/** The writer of a table; without a session it writes nothing, and gives what it would have written. */
export async function batchWriter(
  session: Session | undefined,
  table: TargetTable,
  conversion: Conversion,
  signal: AbortSignal,
): Promise<BatchWriter> {
  const action = `tokenize ${table.displayName}`;
  const throughParent = writeTokensStatement(table);
  const direct = session === undefined ? new Map() : await directStatements(session, table);
  const writesOf = (rows: readonly AddressedRow[], tokens: TextColumns): Write[] => {
    if (direct.size === 0) return [writeOf(throughParent, rows, tokens, rows.keys())];
    const places = Map.groupBy(rows.keys(), (i) => direct.get(rows[i]![0]) ?? throughParent);
    return [...places].map(([statement, chosen]) => writeOf(statement, rows, tokens, chosen));
  };
  return {
    async convert(rows) {
      const texts = table.columns.map((_, i) => rows.map((row) => row[i + 2] as string | null));
      const { tokens, lookalikes } = await abortable(
        convertBatch(table, conversion, texts),
        signal,
      );
      const heldRows = new Set(lookalikes.map(({ row }) => row)).size;
      const left = { lookalikes: lookalikes.length, heldRows };
      if (heldRows === 0) {
        return {
          writes: rows.length === 0 ? [] : writesOf(rows, tokens),
          rows: rows.length,
          ...left,
        };
      }
      const changing = [...rows.keys()].filter((i) => tokens.some((column) => column[i] !== null));
      const own = tokens.map((column) => changing.map((i) => column[i]!));
      const writes = changing.length === 0 ? [] : writesOf(changing.map((i) => rows[i]!), own);
      return { writes, rows: changing.length, ...left };
    },
    async write({ writes, rows }) {
      if (session === undefined) return rows;
      const results = await Promise.all(
        writes.map(({ statement, parameters }) => session.query(action, statement, parameters)),
      );
      return results.reduce((sum, { count }) => sum + count, 0);
    },
  };
}

/** For each partition that can be written to by its own name, the statement that does. */
async function directStatements(
  session: Session,
  table: TargetTable,
): Promise<ReadonlyMap<number, string>> {
  // through the parent other triggers fire than by the partition's own name
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

/** The statement with the `chosen` of the rows. */
function writeOf(
  statement: string,
  rows: readonly AddressedRow[],
  tokens: TextColumns,
  chosen: Iterable<number>,
): Write {
  const indices = [...chosen];
  const parameters = [
    `{${indices.map((i) => rows[i]![0]).join(",")}}`,
    arrayLiteral(indices.map((i) => rows[i]![1])),
    ...tokens.map((column) => arrayLiteral(indices.map((i) => column[i]!))),
  ];
  return { statement, parameters };
}
