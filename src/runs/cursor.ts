/** Cursors of lists of runs: the place of the last run of a page, in a form that nobody is to read. */
import { ServiceError } from "../errors.ts";
import type { Run } from "./run.ts";

/** What runs are listed by, both descending. */
export type ListPosition = Pick<Run, "created_at" | "run_id">;

/** The cursor of the page that follows that run. */
export function cursorAfter({ created_at, run_id }: ListPosition): string {
  return btoa(JSON.stringify([created_at, run_id])).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The run that the page follows. Throws `invalid_request` for what is no cursor. */
export function parseCursor(cursor: string): ListPosition {
  try {
    const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const [created_at, run_id, ...more]: unknown[] = JSON.parse(text);
    const isTime = typeof created_at === "string" && !Number.isNaN(Date.parse(created_at));
    if (isTime && typeof run_id === "string" && more.length === 0) return { created_at, run_id };
  } catch {
    // it is none
  }
  throw new ServiceError(
    "invalid_request",
    'Cannot list runs: "cursor" is not one that a list ended with',
  );
}

/** Below 0 if `a` is listed before `b`. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  const [x, y] = a.created_at === b.created_at
    ? [a.run_id, b.run_id]
    : [a.created_at, b.created_at];
  return x === y ? 0 : x > y ? -1 : 1;
}
