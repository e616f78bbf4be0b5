/** What is offered for a misspelt table or column: names that the role may see, and no others. */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../../support/action_fixture.ts";
import { assertFails } from "../../support/assertions.ts";
import { openVerifier } from "../../verify/verifier.ts";

const database = await useDatabase();
const { sql, createUser, openAction } = database;

await sql`create schema hidden`;
await sql`create table hidden.customers (email text)`;
await sql`create table customers (email text, e_mail text)`;
await sql`create table custom (email text)`;
const reader = await createUser(
  "grant select (email), update (email) on customers to $user",
  "grant select on hidden.customers to $user",
);

Deno.test("a misspelt table comes with the name of the one that the role may see", async () => {
  await using action = openAction({ as: reader });
  const similar = await action.fails("table_not_found", "public.costumers", ["email"]);
  assert.ok(similar.message.endsWith(`: did you mean "${database.name}.public.customers"?`));
  const schema = await action.fails("table_not_found", "publik.customers", ["email"]);
  assert.ok(schema.message.endsWith(`: did you mean "${database.name}.public.customers"?`));
});

Deno.test("tables that the role may not read, and schemas that it may not use, are not named", async () => {
  await using action = openAction({ as: reader });
  for (const name of ["hidden.customer", "public.custon", "hidden.emails"]) {
    const { message } = await action.fails("table_not_found", name, ["email"]);
    assert.doesNotMatch(message, /did you mean/);
  }
});

Deno.test("a misspelt column comes with the name of the one that the role may read", async () => {
  await using action = openAction({ as: reader });
  for (const asked of ["emai", "Emial", "e-mail"]) {
    const { message } = await action.fails("column_not_found", "public.customers", [asked]);
    assert.ok(message.endsWith(`it has no column "${asked}": did you mean "email"?`), message);
  }
  const { message } = await action.fails("column_not_found", "public.customers", ["phone"]);
  assert.ok(message.endsWith('it has no column "phone"'), message);
});

Deno.test("the name offered stays on its line, whatever it holds", async () => {
  await sql.unsafe(`create table odd ("first\u2028name" text)`);
  await using action = openAction();
  const { message } = await action.fails("column_not_found", "public.odd", ["first_name"]);
  assert.ok(message.endsWith('did you mean "first\\u2028name"?'), message);
});

Deno.test("a table that ALLOWED_DATASETS does not allow is not named", async () => {
  await sql`create schema sales`;
  await sql`create table sales.orders (email text)`;
  await sql`create table sales.returns (email text)`;
  const named = `: did you mean "${database.name}.sales.orders"?`;
  // each is allowed to be asked for, and two of them mean what is not allowed
  const allowedDatasets = [
    urnOf(`${database.name}.sales.orders*`),
    urnOf(`${database.name}.*.order`),
    urnOf(`${database.name}.*.return`),
    urnOf(`${database.name}.sale.*`),
  ];
  const asked = [["sales.order", named], ["sales.return", ""], ["sale.orders", named], [
    "sale.returns",
    "",
  ]];
  await using action = openAction({ allowedDatasets });
  await using verifier = openVerifier(database.url, { allowedDatasets });
  for (const [name, end] of asked) {
    const { message } = await action.fails("table_not_found", name!, ["email"]);
    assert.ok(message.endsWith(`or the role may not see it${end}`), message);
    const verified = await assertFails("table_not_found", verifier.verify(name!, ["email"]));
    assert.equal(verified.message, message);
  }
});

Deno.test("a verification offers the same names as a run", async () => {
  await using verifier = openVerifier(reader.url);
  const table = await assertFails(
    "table_not_found",
    verifier.verify("publik.customers", ["email"]),
  );
  assert.ok(table.message.endsWith(`: did you mean "${database.name}.public.customers"?`));
  const hidden = await assertFails(
    "table_not_found",
    verifier.verify("hidden.customer", ["email"]),
  );
  assert.doesNotMatch(hidden.message, /did you mean/);
  const column = await assertFails(
    "column_not_found",
    verifier.verify("public.customers", ["e-mail"]),
  );
  assert.ok(column.message.endsWith('it has no column "e-mail": did you mean "email"?'));
});
