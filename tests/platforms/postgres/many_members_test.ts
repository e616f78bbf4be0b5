/** What is asked of a table's members costs as much as there are members, not their square. */
import assert from "node:assert/strict";
import { findConditionsStatement } from "../../../src/platforms/postgres/sql/find_conditions.ts";
import { useDatabase } from "../../support/action_fixture.ts";

const { sql } = await useDatabase();

/** A node of a plan that was carried out, as EXPLAIN writes it. */
interface PlanNode {
  readonly "Function Name"?: string;
  readonly "Actual Loops": number;
  readonly Plans?: readonly PlanNode[];
}

function nodesIn(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesIn)];
}

Deno.test("the members of a table are listed once, not once for each of them", async () => {
  const partitions = Array.from(
    { length: 12 },
    (_, i) => `create table many_${i} partition of many for values from (${i}) to (${i + 1})`,
  );
  await sql.unsafe(
    `create table many (id int, v text) partition by range (id); ${partitions.join(";")}`,
  );
  const statement = findConditionsStatement()
    .replaceAll("$1", "'many'::regclass").replaceAll("$2", "'{v}'").replaceAll("$3", "'false'");
  const [row] = await sql.unsafe(`explain (analyze, format json) ${statement}`);
  const [{ Plan: plan }] = row!["QUERY PLAN"] as [{ Plan: PlanNode }];
  const listings = nodesIn(plan).filter((node) => node["Function Name"] === "pg_partition_tree");
  assert.ok(listings.length > 0);
  for (const node of listings) assert.ok(node["Actual Loops"] <= 1, JSON.stringify(node));
});
