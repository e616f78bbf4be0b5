/** Where the tokens of a run are made, and how they get into the table. */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Strategy } from "../../../run_options.ts";
import type { Method } from "../../methods.ts";
import type { TargetTable } from "../table.ts";

/** A method that updates rows, in one transaction or in many. */
export type UpdateMethod = Exclude<Method, "rewrite">;

/**
 * The method of a run: what the strategy asks for; the database, if the configuration allows it and the
 * SDK has an SQL expression, or if the role may not read `ctid`, so that rows cannot be written back;
 * else this program.
 */
export function chooseMethod(
  table: Pick<TargetTable, "canReadCtid">,
  options: { readonly strategy: Strategy; readonly pushdown: boolean },
  conversion: Pick<Conversion, "sqlExpression">,
): Method {
  return options.strategy === "rewrite" ? "rewrite" : chooseUpdate(table, options, conversion);
}

/** The same, for a run that updates rows. */
export function chooseUpdate(
  { canReadCtid }: Pick<TargetTable, "canReadCtid">,
  { pushdown }: { readonly pushdown: boolean },
  { sqlExpression }: Pick<Conversion, "sqlExpression">,
): UpdateMethod {
  const isPushedDown = !canReadCtid || (pushdown && sqlExpression !== undefined);
  return isPushedDown ? "pushdown" : "client";
}
