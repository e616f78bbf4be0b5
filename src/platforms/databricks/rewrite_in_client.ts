/**
 * The long path, for tokens that only the SDK can make: read the values, tokenize them here, write
 * them back in as few statements as possible. While one batch is written, the next is made.
 *
 * A row that changes between being read and being written is left alone, and found by the next pass.
 */
import { ServiceError } from "../../errors.ts";
import type { TokenSdk } from "../../tokens/token_sdk.ts";
import type { Counts, Method } from "../platform.ts";
import { persevere } from "./perseverance.ts";
import type { CountRow } from "./sql/count_rows.ts";
import { writeTokensStatement } from "./sql/write_tokens.ts";
import { actionOn, countRows, type TableWriter, type Work } from "./table_writer.ts";
import { valueBatches } from "./value_batches.ts";

const MAX_PASSES = 5;

/** Rewrites every row that holds a value to tokenize. Throws a `ServiceError`. */
export async function rewriteInClient(
  work: Work,
  writer: TableWriter,
  sdk: TokenSdk,
): Promise<Counts & { method: Method }> {
  let look = await countRows(work);
  for (let pass = 1; look.untokenized > 0; pass++) {
    if (pass > MAX_PASSES) throw leftOver(work, look);
    const { total } = look;
    await persevere(
      actionOn(work.table),
      work.run,
      () => writer.updated,
      () => rewriteOnce(work, writer, sdk, total),
    );
    look = await countRows(work);
  }
  return { ...await writer.conclude(look), method: "client" };
}

/** Writes a token for every value that is there to be read now. */
async function rewriteOnce(
  work: Work,
  writer: TableWriter,
  sdk: TokenSdk,
  total: number,
): Promise<void> {
  const statement = writeTokensStatement(work.table, work.pattern);
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const batch of valueBatches(work, sdk)) {
      await writing; // at most one batch is being written while the next is made
      writing = writer.write(statement, { batch }).then(() =>
        work.run.progress({ updated: writer.updated, total })
      );
      writing.catch(() => {}); // it is looked at when it is waited for
    }
  } finally {
    await writing;
  }
}

function leftOver({ table }: Work, { untokenized }: CountRow): ServiceError {
  return new ServiceError(
    "conflict",
    `Cannot ${
      actionOn(table)
    }: ${untokenized} rows still hold values after ${MAX_PASSES} passes, ` +
      "do other writers keep adding them?",
  );
}
