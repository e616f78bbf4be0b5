/** Which way a run would take, and why not another. */
import type { Method } from "../../methods.ts";
import type { PlannedMethod } from "../../table_plan.ts";
import type { Session } from "../connection/session.ts";
import { attempt } from "./attempt.ts";
import { chooseMethod } from "./choose_method.ts";
import { checkRewritable } from "./rewrite_whole_table.ts";
import type { Work } from "./work.ts";

/** Every method, the chosen one first. */
export async function planMethods(session: Session, work: Work): Promise<PlannedMethod[]> {
  const chosen = methodOf(work);
  const others = (["client", "pushdown", "rewrite"] as const).filter((each) => each !== chosen);
  const methods: PlannedMethod[] = [{ method: chosen, isChosen: true, reason: undefined }];
  for (const method of others) {
    const reason = method === "rewrite"
      ? await reasonAgainstRewrite(session, work)
      : reasonAgainstUpdate(method, work);
    methods.push({ method, isChosen: false, reason });
  }
  return methods;
}

/** The method that a run would take. */
export function methodOf({ run, table, conversion }: Work): Method {
  const { strategy } = run.context;
  return chooseMethod(table, { strategy, pushdown: run.pushdown }, conversion);
}

function reasonAgainstUpdate(
  method: Exclude<Method, "rewrite">,
  { run, table, conversion }: Work,
): string {
  if (run.context.strategy === "rewrite") return "the strategy is rewrite";
  if (method === "client") {
    return table.canReadCtid
      ? "it would be slower"
      : "the role may not read the rows' addresses (ctid)";
  }
  return conversion.sqlExpression === undefined
    ? "only this program can make the SDK's tokens"
    : "it is off (PUSHDOWN)";
}

async function reasonAgainstRewrite(session: Session, work: Work): Promise<string> {
  if (work.conversion.sqlExpression === undefined) {
    return "only this program can make the SDK's tokens";
  }
  let reason: string | undefined;
  const note = (obstacle: Error) => void (reason = obstacle.message);
  await attempt(session, work.table, note, () => checkRewritable(session, work));
  return reason ?? "it locks the table for as long as it takes; --strategy rewrite asks for it";
}
