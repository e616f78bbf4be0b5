/** From a tag in DataHub to tokens in the table: the real program, a real database. */
import assert from "node:assert/strict";
import { follow } from "./follow.ts";
import { isToken, PII } from "./labels.ts";

Deno.test("a column that is tagged while the program runs is tokenized, and no other", async () => {
  await using followed = await follow();
  await followed.untilLogged("datahub_sweep_finished");
  followed.datahub.metadata.label({ dataset: followed.urn, column: "email", label: PII });
  await followed.untilTokenized("email");
  assert.equal((await followed.values("phone")).some(isToken), false);
  const { outcome, columns } = await followed.untilLogged("dataset_reconciled");
  assert.deepEqual({ outcome, columns }, { outcome: "done", columns: ["email"] });
});
