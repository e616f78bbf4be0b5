/** What stands in the way of a run: a run stops at the first such thing, a plan wants to know them all. */
import { type ErrorCode, ServiceError } from "../errors.ts";

/** Takes something that would refuse a run. That of a run throws it; that of a plan returns. */
export type Refuse = (obstacle: ServiceError) => void;

/** For runs. */
export const throwObstacle: Refuse = (obstacle) => {
  throw obstacle;
};

/** Failures of the search itself, after which nothing more can be found out. */
const ENDS_THE_SEARCH: readonly ErrorCode[] = [
  "timeout",
  "shutting_down",
  "database_unreachable",
  "internal",
];

/** Whether what was thrown says something about the table, so that a plan can go on. */
export function isObstacle(thrown: unknown): thrown is ServiceError {
  return thrown instanceof ServiceError && !ENDS_THE_SEARCH.includes(thrown.code);
}
