/** A batch of tokens is written in one scan, whatever the planner thinks of costs. */
import assert from "node:assert/strict";
import { byAddress } from "../../../src/platforms/postgres/rewrite/row_order.ts";
import { writeTokensStatement } from "../../../src/platforms/postgres/sql/write_tokens.ts";
import type { TargetTable } from "../../../src/platforms/postgres/table.ts";
import { dummySdk, useDatabase } from "../../support/action_fixture.ts";
import { assertReport } from "../../support/assertions.ts";

const { sql, createUser, openAction, valuesOf } = await useDatabase();

const ROWS = 20_000;

/** A node of a plan that was carried out, as EXPLAIN writes it. */
interface PlanNode {
  readonly "Node Type": string;
  readonly "Actual Loops": number;
  readonly Plans?: readonly PlanNode[];
}

function nodesIn(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesIn)];
}

const COSTS: Readonly<Record<string, string>> = {
  "the usual costs": "select",
  "random pages as cheap as others": "set local random_page_cost = 1; set local seq_page_cost = 1",
  "pages that cost nothing": "set local random_page_cost = 0; set local seq_page_cost = 0",
  "rows that cost next to nothing":
    "set local cpu_tuple_cost = 1e-5; set local cpu_operator_cost = 1e-6",
};

for (const [i, [title, setting]] of Object.entries(COSTS).entries()) {
  Deno.test(`a batch is written in one scan with its arrays made once: ${title}`, async () => {
    const table = `planned_${i}`;
    await sql.unsafe(`create table ${table} (id int, name text, note text, filler text);
      insert into ${table} select n, 'name ' || n, 'note ' || n, repeat('x', 250) from generate_series(1, ${ROWS}) n;
      analyze ${table}`);
    const { text } = writeTokensStatement(
      {
        schema: "public",
        name: table,
        columns: [{ name: "name" }, { name: "note" }],
        hasDescendants: false,
      } as unknown as TargetTable,
    );
    const nodes = await sql.begin(async (tx) => {
      await tx.unsafe(`set local enable_hashjoin = off; set local enable_mergejoin = off;
        set local plan_cache_mode = force_generic_plan; ${setting}`);
      await tx.unsafe(`prepare batch_${i}(tid[], text[], text[]) as ${text}`);
      const [arrays] = await tx.unsafe(`select array_agg(ctid order by ctid)::text as ctids,
        array_agg(id || ' a' order by ctid)::text as names,
        array_agg(case when id % 2 = 0 then id || ' b' end order by ctid)::text as notes
        from ${table} where id <= 960`);
      const { ctids, names, notes } = arrays!;
      const [row] = await tx.unsafe(`explain (analyze, format json)
        execute batch_${i}('${ctids}', '${names}', '${notes}')`);
      const [{ Plan: plan }] = row!["QUERY PLAN"] as [{ Plan: PlanNode }];
      return nodesIn(plan);
    });
    assert.ok(nodes.some((node) => node["Node Type"] === "Tid Scan"));
    for (const node of nodes) assert.equal(node["Actual Loops"], 1, JSON.stringify(node));
    const found = await sql.unsafe(`select count(*)::int as right from ${table}
      where id <= 960 and name = id || ' a' and note = case when id % 2 = 0 then id || ' b' else 'note ' || id end
        or id > 960 and name = 'name ' || id and note = 'note ' || id`);
    assert.equal(found[0]!.right, ROWS);
  });
}

Deno.test("rows are put in the order of their addresses", () => {
  const addresses: [block: number, place: number][] = [
    [7, 2],
    [0x8000_0000, 1],
    [7, 1],
    [1, 300],
    [2, 1],
  ];
  const ctids = new Uint8Array(6 * addresses.length);
  const view = new DataView(ctids.buffer);
  for (const [i, [block, place]] of addresses.entries()) {
    view.setUint32(6 * i, block);
    view.setUint16(6 * i + 4, place);
  }
  assert.deepEqual([...byAddress(ctids, Uint32Array.of(0, 1, 2, 3, 4))], [3, 4, 2, 0, 1]);
  const inOrder = Uint32Array.of(3, 0, 1);
  assert.equal(byAddress(ctids, inOrder), inOrder);
});

Deno.test("rows that several workers read in no order are all written", async () => {
  await sql.unsafe(`create table unordered (id int, name text, filler text);
    insert into unordered select n, 'canary ' || n, repeat('x', 250) from generate_series(1, 40000) n;
    analyze unordered`);
  const user = await createUser(
    "grant select, update on unordered to $user",
    "alter role $user set min_parallel_table_scan_size = 0",
    "alter role $user set parallel_setup_cost = 0",
    "alter role $user set parallel_tuple_cost = 0",
  );
  await using action = openAction({ as: user, tokenSdk: dummySdk });
  const report = await action.tokenize("public.unordered", ["name"]);
  assertReport(report, { updated: 40000, skipped: 0, method: "client" });
  const names = await valuesOf("unordered", "name");
  assert.equal(names.filter((name) => String(name).startsWith("tok_")).length, 40000);
});
