/** `tokenize history migrate`: brings the tables of the history to this program's version, as their owner. */
import type { HistoryMigrateCommand } from "../command.ts";
import type { Config } from "../config.ts";
import { ServiceError, toServiceError } from "../errors.ts";
import { printFailure, printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";

/** Migrates, and prints from which version to which. Returns the exit code. */
export async function migrateHistory(
  { json }: HistoryMigrateCommand,
  { history }: Config,
  shutDown: AbortSignal,
): Promise<number> {
  const { migrate } = await import("../history/migrate.ts");
  try {
    const { from, to } = await migrate(history!.database, shutDown);
    printIfPossible(() => {
      if (json) printJson({ from, to });
      else printText([from === to ? `at version ${to} already` : `from version ${from} to ${to}`]);
    });
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ServiceError)) throw thrown;
    const { message: detail, code } = toServiceError(thrown);
    printFailure({ detail, code }, json);
    return 1;
  }
}
