/** The history of runs in its database, if there is one. */
import type { Config } from "../config.ts";
import type { History } from "../history/history.ts";
import { toProblem } from "../http/problem.ts";
import type { Observe } from "../observations.ts";

/** Opens it, and waits for nothing; undefined if runs are kept in memory. */
export async function openHistoryOf(
  { history }: Pick<Config, "history">,
  observe: Observe,
): Promise<History | undefined> {
  if (history === undefined) return undefined;
  const { openHistory } = await import("../history/history.ts");
  return openHistory({ ...history, observe, toProblem });
}
