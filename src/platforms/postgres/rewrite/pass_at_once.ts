/**
 * A pass of the client path that changes all rows by one statement. A foreign key from the table to
 * itself is checked when a statement ends, and batch by batch it would not hold.
 *
 * Until then row addresses and tokens, and never a value, are in a temporary table.
 */
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import {
  createStageStatement,
  stageTokensStatement,
  writeStagedStatement,
} from "../sql/write_tokens.ts";
import type { TargetTable } from "../table.ts";
import { bulkPass, type PassResult } from "./bulk_pass.ts";
import { watchUpdate } from "./watch_update.ts";
import { actionOn, type Work } from "./work.ts";

/** Makes the pass, which locks rows as it reads them. Throws what `checkTemporary` and `bulkPass` throw. */
export async function passAtOnce(session: Session, work: Work): Promise<PassResult> {
  const { table } = work;
  checkTemporary(table);
  const action = actionOn(table);
  const collectBy = stageTokensStatement(table);
  await session.query(action, createStageStatement(table));
  const collected = await bulkPass({ reader: session, writer: session }, work, { collectBy });
  const { count: updated } = await work.run.context.clock.time(
    "write",
    () => watchUpdate(work, session.query(action, writeStagedStatement(table))),
  );
  return { ...collected, updated, missed: collected.updated - updated };
}

/** Throws `permission_denied` if the role may not make the temporary table. */
export function checkTemporary({ canMakeTemporary, selfKeys, displayName }: TargetTable): void {
  if (canMakeTemporary || selfKeys.length === 0) return;
  const list = selfKeys.map((name) => `"${name}"`).join(", ");
  throw refusal(
    "permission_denied",
    displayName,
    `its rows refer to each other (${list}) and have to be changed by one statement, for which the ` +
      "role needs a temporary table: grant TEMPORARY on the database",
  );
}
