/** A batch of rows on its way from values to tokens to the table. */
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import { type TokenColumns, tokenizeBatch } from "../token_batch.ts";
import { arrayLiteral } from "./identifiers.ts";
import { orAborted } from "./or_aborted.ts";
import type { ResolvedTable } from "./resolve_table.ts";
import type { Session } from "./session.ts";
import { type DirectTableRow, findDirectTablesStatement } from "./sql/find_direct_tables.ts";
import type { AddressedRow } from "./sql/read_values.ts";
import { writeTokensStatement } from "./sql/write_tokens.ts";

/** A batch ready to be written. */
export interface TokenBatch {
  readonly writes: readonly Write[];
}

/** One statement of it: all of the batch, or what goes to one partition. */
interface Write {
  readonly statement: string;
  readonly parameters: readonly string[];
}

/** Makes and writes batches of one table. */
export interface BatchWriter {
  /** Asks the SDK for the tokens. Throws the signal's reason once it is aborted, SDK or not. */
  tokenize(rows: readonly AddressedRow[]): Promise<TokenBatch>;
  /** Writes them. Gives how many rows the table took. */
  write(batch: TokenBatch): Promise<number>;
}

/** The writer of a table. */
export async function batchWriter(
  session: Session,
  table: ResolvedTable,
  sdk: TokenSdk,
  signal: AbortSignal,
): Promise<BatchWriter> {
  const action = `tokenize ${table.displayName}`;
  const throughParent = writeTokensStatement(table);
  const direct = await directStatements(session, table);
  return {
    async tokenize(rows) {
      if (rows.length === 0) return { writes: [] };
      const values = table.columns.map((_, i) => rows.map((row) => row[i + 2] as string | null));
      const tokens = await orAborted(tokenizeBatch(table, sdk, values), signal);
      if (direct.size === 0) {
        return { writes: [{ statement: throughParent, parameters: parametersOf(rows, tokens) }] };
      }
      const places = Map.groupBy(rows.keys(), (i) => direct.get(rows[i]![0]) ?? throughParent);
      const writes = [...places].map(([statement, chosen]) => {
        const own = tokens.map((column) => chosen.map((i) => column[i]!));
        return { statement, parameters: parametersOf(chosen.map((i) => rows[i]!), own) };
      });
      return { writes };
    },
    async write({ writes }) {
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
  table: ResolvedTable,
): Promise<ReadonlyMap<number, string>> {
  // through the parent other triggers fire than by the partition's own name
  if (!table.hasMembers || table.triggers.length > 0) return new Map();
  const { rows } = await session.query<DirectTableRow>(
    `look up the partitions of ${table.displayName}`,
    findDirectTablesStatement(),
    [String(table.oid), arrayLiteral(table.columns.map(({ name }) => name))],
  );
  return new Map(rows.map(([oid, schema, name]) => [
    Number(oid),
    writeTokensStatement(table, { schema, name }),
  ]));
}

function parametersOf(rows: readonly AddressedRow[], tokens: TokenColumns): string[] {
  return [
    `{${rows.map(([tableOid]) => tableOid).join(",")}}`,
    arrayLiteral(rows.map(([, rowAddress]) => rowAddress)),
    ...tokens.map((column) => arrayLiteral(column)),
  ];
}
