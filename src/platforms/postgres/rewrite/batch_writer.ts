/** A batch of rows on its way from texts to tokens to the table. */
import { abortable } from "../../../async.ts";
import { convertBatch, type TextColumns } from "../../convert_batch.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import {
  findWritablePartitionsStatement,
  type WritablePartitionRow,
} from "../sql/find_writable_partitions.ts";
import { writeTokensStatement } from "../sql/write_tokens.ts";
import type { TargetTable } from "../table.ts";
import type { TextRow } from "./cursor_batches.ts";
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
  readonly parameters: readonly string[];
}

/** Makes and writes batches of one table. */
export interface BatchWriter {
  /** Asks the SDK for the tokens. Throws the signal's reason as soon as it is aborted. */
  convert(rows: readonly TextRow[]): Promise<TokenBatch>;
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
  collectBy?: string,
): Promise<BatchWriter> {
  const throughParent = collectBy ?? writeTokensStatement(table);
  const isDirect = session !== undefined && collectBy === undefined;
  const direct = isDirect ? await partitionStatements(session, table) : new Map();

  const writesOf = (rows: readonly TextRow[], tokens: TextColumns, chosen: number[]): Write[] => {
    if (chosen.length === 0) return [];
    if (direct.size === 0) return [writeOf(throughParent, rows, tokens, chosen)];
    const byStatement = Map.groupBy(
      chosen,
      (i) => direct.get(rows[i]!.tableOid) ?? throughParent,
    );
    return [...byStatement].map(([statement, own]) => writeOf(statement, rows, tokens, own));
  };
  return {
    async convert(rows) {
      const texts = table.columns.map((_, i) => rows.map((row) => row.texts[i]!));
      const converting = convertBatch(table, conversion, texts);
      const { tokens, lookalikes } = await abortable(converting, run.context.signal);
      const rejected = new Set(lookalikes.map(({ row }) => row));
      const hasToken = (i: number) => tokens.some((column) => column[i] !== null);
      const chosen = [...rows.keys()].filter((i) => !rejected.has(i) || hasToken(i));
      return {
        writes: writesOf(rows, tokens, chosen),
        rows: chosen.length,
        lookalikes: lookalikes.length,
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

/** The statement for each partition that can be written to by its own name. */
async function partitionStatements(
  session: Session,
  table: TargetTable,
): Promise<ReadonlyMap<number, string>> {
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

/** The statement with its parameters, for the `chosen` of the rows. */
function writeOf(
  statement: string,
  rows: readonly TextRow[],
  tokens: TextColumns,
  chosen: readonly number[],
): Write {
  const parameters = [
    `{${chosen.map((i) => rows[i]!.tableOid).join(",")}}`,
    arrayLiteral(chosen.map((i) => rows[i]!.ctid)),
    ...tokens.map((column) => arrayLiteral(chosen.map((i) => column[i]!))),
  ];
  return { statement, parameters };
}
