/** Foreign keys of a table to itself: with both sides named, every row's columns change at once. */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed } from "../../../scripts/servers/test_keys.ts";
import { assertReport } from "../../support/assertions.ts";
import {
  type Action,
  type ActionOptions,
  clientSdk,
  type RunOptions,
  tokenOf,
  useDatabase,
} from "../../support/action_fixture.ts";

const { sql, openAction, createUser, assertUnchanged } = await useDatabase();

/** Ways to do the work in one transaction. */
const PATHS: Readonly<Record<string, { action: ActionOptions; run?: RunOptions }>> = {
  "client": { action: { tokenSdk: clientSdk } },
  "pushdown": { action: { pushdown: true } },
  "rewrite": { action: {}, run: { strategy: "rewrite" } },
};

/** How the key `managed_by` is declared, in addition to what it refers to. */
const KEYS: Readonly<Record<string, string>> = {
  "ON UPDATE NO ACTION": "",
  "ON UPDATE RESTRICT": "on update restrict",
  "DEFERRABLE": "deferrable",
  "INITIALLY DEFERRED": "deferrable initially deferred",
};

/** Makes `staff` of 9000 people, each of whom reports to one of a hundred. */
async function makeStaff(key: string, partitions = ""): Promise<void> {
  await sql.unsafe(`drop table if exists staff;
    create table staff (id int, email text, manager text) ${partitions}`);
  if (partitions !== "") {
    for (const i of [0, 1, 2]) {
      await sql.unsafe(`create table staff_${i} partition of staff
        for values with (modulus 3, remainder ${i})`);
    }
  }
  const unique = partitions === "" ? "email" : "email, id";
  const referring = partitions === "" ? "manager" : "manager, manager_id";
  await sql.unsafe(`alter table staff add unique (${unique}), add column manager_id int;
    insert into staff select n, 'canary' || n, 'canary' || (n % 100 + 1), n % 100 + 1
      from generate_series(1, 9000) n;
    create index on staff (manager);
    alter table staff add constraint managed_by
      foreign key (${referring}) references staff (${unique}) ${key}`);
}

async function assertAllTokens(): Promise<void> {
  const [left] = await sql`select count(*)::int as rows from staff
    where email not like 'tok%' or manager not like 'tok%'`;
  assert.equal(left?.rows, 0);
  const [first] = await sql`select manager from staff where id = 7`;
  assert.equal(first?.manager, tokenOf("canary8"));
}

for (const [path, { action: options, run }] of Object.entries(PATHS)) {
  for (const [title, key] of Object.entries(KEYS)) {
    Deno.test(`both sides of a key within the table are tokenized: ${title} (${path})`, async () => {
      await makeStaff(key);
      await using action = openAction(options);
      const tokenize = () => action.tokenize("public.staff", ["email", "manager"], run);
      assertReport(await tokenize(), { updated: 9000, skipped: 0 });
      await assertAllTokens();
      assertReport(await tokenize(), { updated: 0, skipped: 9000 });
    });
  }
}

for (const [path, { action: options }] of Object.entries(PATHS)) {
  if (path === "rewrite") continue; // which carries nothing over keys
  Deno.test(`a key within the table that cascades has nothing left to carry (${path})`, async () => {
    await makeStaff("on update cascade");
    await using action = openAction(options);
    const report = await action.tokenize("public.staff", ["manager", "email"]);
    assertReport(report, { updated: 9000, skipped: 0 });
    await assertAllTokens();
  });

  Deno.test(`partitions whose rows refer to each other are tokenized together (${path})`, async () => {
    await makeStaff("", "partition by hash (id)");
    await using action = openAction(options);
    const report = await action.tokenize("public.staff", ["email", "manager"]);
    assertReport(report, { updated: 9000, skipped: 0 });
    await assertAllTokens();
  });

  Deno.test(`a trigger that swallows the one UPDATE is noticed (${path})`, async () => {
    await makeStaff("");
    await sql.unsafe(`create or replace function swallow() returns trigger language plpgsql as
        $$ begin return case when new.id <> 4000 then new end; end $$;
      create trigger swallows before update on staff for each row execute function swallow()`);
    await using action = openAction({ ...options, allowTriggers: true });
    await assertUnchanged(
      "staff",
      () =>
        action.fails(["table_not_supported", "constraint_violation"], "public.staff", [
          "email",
          "manager",
        ]),
    );
  });
}

Deno.test("with a key within the table, batches are refused in a dry run and in the run", async () => {
  await makeStaff("deferrable initially deferred");
  await using action = openAction({ tokenSdk: clientSdk });
  const refuse = (dryRun: boolean) =>
    assertUnchanged(
      "staff",
      () =>
        action.fails("table_not_supported", "public.staff", ["email", "manager"], {
          commit: "batches",
          dryRun,
        }),
    );
  const [tried, done] = [await refuse(true), await refuse(false)];
  assert.match(done.message, /rows of different batches refer to each other \("managed_by"\)/);
  assert.equal(tried.message, done.message);
});

for (const scope of ["global", "column"]) {
  Deno.test(`tokens of the scope "${scope}" on both sides of a key: a dry run knows the outcome`, async () => {
    await makeStaff("");
    const tokenSdk = await openKeyed("hmac-sha256", jwkSet(await hmacJwk("h1")), scope);
    await using action = openAction({ tokenSdk });
    const columns = ["email", "manager"];
    if (scope === "global") {
      const counts = async (dryRun: boolean) =>
        (await action.tokenize("public.staff", columns, { dryRun })).updated;
      assert.deepEqual([await counts(true), await counts(false)], [9000, 9000]);
      return;
    }
    const refuse = (dryRun: boolean) =>
      assertUnchanged(
        "staff",
        () => action.fails("constraint_violation", "public.staff", columns, { dryRun }),
      );
    const [tried, done] = [await refuse(true), await refuse(false)];
    assert.match(done.message, /SQLSTATE 23503, constraint "managed_by"/);
    assert.equal(tried.message, done.message);
  });
}

Deno.test("a role without temporary tables is told so in a dry run and in the run", async () => {
  await makeStaff("");
  const [{ database }] = await sql`select current_database() as database` as [{ database: string }];
  await sql.unsafe(`revoke temporary on database ${database} from public`);
  const clerk = await createUser("grant select, update on staff to $user");
  await using action: Action = openAction({ as: clerk, tokenSdk: clientSdk });
  const refuse = (dryRun: boolean) =>
    action.fails("permission_denied", "public.staff", ["email", "manager"], { dryRun });
  const [tried, done] = [await refuse(true), await refuse(false)];
  assert.match(done.message, /grant TEMPORARY on the database/);
  assert.equal(tried.message, done.message);
  await sql.unsafe(`grant temporary on database ${database} to ${clerk.name}`);
  assert.equal((await action.tokenize("public.staff", ["email", "manager"])).updated, 9000);
});
