/**
 * Rewrites a table with tokens that only the SDK can make: reads the values, tokenizes them here, and
 * writes the tokens in as few statements as possible. While one batch is written, the next is made.
 *
 * No value is sent back to the warehouse: each is read beside its ciphertext under a key that only the
 * session has, and the batch names it by that. If the session is lost, its key is lost, and the values
 * are read again.
 *
 * A row that changes between being read and being written is left alone, and found by the next pass.
 */
import { counted } from "../../../counted.ts";
import { ServiceError } from "../../../errors.ts";
import type { Method } from "../../methods.ts";
import type { Counts, Progress } from "../../platform.ts";
import { retryFromRead } from "./retry_write.ts";
import { writeTokensStatement } from "../sql/write_tokens.ts";
import { prepareKeys } from "./batch_keys.ts";
import { countText, type RowCounts } from "./count_rows.ts";
import type { TableWriter } from "./table_writer.ts";
import { valueBatchesToWrite } from "./value_batches.ts";
import { actionOn, type Work } from "./work.ts";

const MAX_PASSES = 5;

/** Converts every row that holds something to convert. Throws a `ServiceError`. */
export async function rewriteInClient(
  work: Work,
  writer: TableWriter,
): Promise<Counts & { method: Method }> {
  let counts = await countText(work);
  let kept = { lookalikes: 0, heldRows: 0 };
  for (let pass = 1; counts.selected > kept.heldRows; pass++) {
    if (pass > MAX_PASSES) throw leftOver(work, counts);
    const { total, selected } = counts;
    const skipped = Math.max(0, total - selected - writer.updated);
    kept = await retryFromRead(
      actionOn(work.table),
      work.run,
      () => writer.updated,
      () => rewriteOnce(work, writer, { total, skipped }),
    );
    counts = await countText(work);
  }
  const { lookalikes } = kept;
  return {
    ...await writer.conclude(counts),
    ...(work.conversion.canReject && { lookalikes }),
    method: "client",
  };
}

/** Writes a token for every text that can be read now. Returns what was left as it was. */
async function rewriteOnce(
  work: Work,
  writer: TableWriter,
  rows: Pick<Progress, "total" | "skipped">,
): Promise<{ lookalikes: number; heldRows: number }> {
  const { table, conversion, run } = work;
  const keys = await prepareKeys(work);
  const { prepared } = keys;
  const areSealed = keys.seal !== undefined;
  const statement = writeTokensStatement(table, conversion.selects, { areSealed });
  const kept = { lookalikes: 0, heldRows: 0 };
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const { batch, lookalikes, heldRows } of valueBatchesToWrite(work, keys)) {
      kept.lookalikes += lookalikes;
      kept.heldRows += heldRows;
      if (batch === undefined) continue;
      await writing; // at most one batch is written while the next is made
      await run.throttle.pass({ signal: run.signal });
      const before = writer.updated;
      writing = writer.write(statement, { batch }, prepared).then(() => {
        run.throttle.wrote(writer.updated - before);
        run.progress({ updated: writer.updated, ...rows });
      });
      writing.catch(() => {}); // handled where it is awaited
    }
  } finally {
    await writing;
  }
  return kept;
}

function leftOver({ table }: Work, { selected }: RowCounts): ServiceError {
  return new ServiceError(
    "conflict",
    `Cannot ${actionOn(table)}: ${
      counted(selected, "row still holds a value", "rows still hold values")
    } after ${MAX_PASSES} passes, do other writers keep adding them?`,
  );
}
