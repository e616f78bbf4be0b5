/** Which method a run uses, for every combination of what that depends on. */
import assert from "node:assert/strict";
import { chooseMethod } from "../../../src/platforms/postgres/rewrite/choose_method.ts";

const sqlExpression = (_dialect: string, operand: string) => `md5(${operand})`;

const CASES = [
  // strategy, pushdown on, the SDK has an expression, the role may read ctid: the method
  ["update", false, false, true, "client"],
  ["update", false, true, true, "client"],
  ["update", true, false, true, "client"],
  ["update", true, true, true, "pushdown"],
  ["update", false, false, false, "pushdown"],
  ["update", false, true, false, "pushdown"],
  ["update", true, false, false, "pushdown"],
  ["update", true, true, false, "pushdown"],
  ["rewrite", false, false, true, "rewrite"],
  ["rewrite", false, true, false, "rewrite"],
  ["rewrite", true, false, false, "rewrite"],
  ["rewrite", true, true, true, "rewrite"],
] as const;

for (const [strategy, pushdown, hasExpression, canReadCtid, method] of CASES) {
  const given = [
    pushdown ? "pushdown" : "no pushdown",
    hasExpression ? "an SQL expression" : "no SQL expression",
    canReadCtid ? "ctid readable" : "ctid hidden",
  ].join(", ");
  Deno.test(`${strategy} with ${given} uses the method ${method}`, () => {
    const conversion = hasExpression ? { sqlExpression } : {};
    assert.equal(chooseMethod({ canReadCtid }, { strategy, pushdown }, conversion), method);
  });
}
