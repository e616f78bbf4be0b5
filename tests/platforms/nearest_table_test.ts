/** Which table a misspelt name is taken for, and when no name is offered. */
import assert from "node:assert/strict";
import { nearestTable } from "../../src/platforms/nearest_table.ts";

const VISIBLE = [
  ["public", "customers"],
  ["crm", "people"],
  ["crm", "orders"],
  ["shop", "orders"],
] as const;

for (
  const [schema, table, meant] of [
    ["public", "costumers", "public.customers"],
    ["PUBLIC", "Customer", "public.customers"],
    ["pubilc", "customers", "public.customers"],
    ["sales", "people", "crm.people"],
    ["shopp", "orders", "shop.orders"],
    ["sales", "orders", undefined],
    ["public", "people_of_old", undefined],
    ["public", "x".repeat(100_000), undefined],
  ] as const
) {
  const shown = table.length > 50 ? `${table.length} letters` : table;
  Deno.test(`${schema}.${shown} means ${meant ?? "nothing that is there"}`, () => {
    assert.equal(nearestTable([[schema, table]], VISIBLE)?.join("."), meant);
  });
}
