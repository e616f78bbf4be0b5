/** What is left of the old values after a run, and what clears it. */
import assert from "node:assert/strict";
import type { Report } from "../../../src/action/trigger.ts";
import type { ResiduePlace } from "../../../src/platforms/residue.ts";
import { testUnless } from "../../support/skipping.ts";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { connect } from "../../support/test_database.ts";

const database = await useDatabase();
const { sql, openAction, createUser } = database;

/** Servers before 15 report too late what VACUUM had to leave. */
const countsAtOnce = database.serverVersion >= 15;
/** The state of dead rows after a scrub that removed them. */
const SCRUBBED = countsAtOnce ? "cleared" : "not_checked";

async function makePeople(table: string, more = ""): Promise<void> {
  await sql.unsafe(`create table ${table} (id int, name text, email text${more});
    insert into ${table} select n, 'canary ' || n % 7, 'canary' || n from generate_series(1, 200) n;
    analyze ${table}`);
}

function placeOf({ residue }: Report, place: string): ResiduePlace {
  return residue?.find((each) => each.place === place) ?? assert.fail(`no ${place}`);
}

function stateOf(report: Report, place: string): string {
  return placeOf(report, place).state;
}

async function statistics(table: string): Promise<string> {
  const rows = await sql`select most_common_vals::text, histogram_bounds::text from pg_stats
    where tablename = ${table} and attname in ('name', 'email')`;
  return JSON.stringify(rows);
}

Deno.test("a run by the table's owner leaves no value in pg_stats, and reports that", async () => {
  await makePeople("owned");
  assert.match(await statistics("owned"), /canary/);
  await using action = openAction();
  const report = await action.tokenize("public.owned", ["name", "email"]);
  assert.deepEqual(placeOf(report, "pg_stats"), { place: "pg_stats", state: "cleared" });
  const after = await statistics("owned");
  assert.doesNotMatch(after, /canary/);
  assert.ok(after.includes(tokenOf("canary 1")));
});

Deno.test("statistics of other columns are collected again only where a run may have changed them", async () => {
  const notes = async (table: string) => {
    const [row] = await sql`select most_common_vals::text as found from pg_stats
      where tablename = ${table} and attname = 'note'`;
    return row!.found;
  };
  const made = async (table: string, more = "") => {
    await makePeople(table, ", note text default 'older'");
    await sql.unsafe(`update ${table} set note = 'newer'; ${more}`);
    assert.equal(await notes(table), "{older}");
  };
  await using action = openAction({ allowTriggers: true });
  await made("narrow");
  const report = await action.tokenize("public.narrow", ["name", "email"]);
  assert.equal(stateOf(report, "pg_stats"), "cleared");
  assert.doesNotMatch(await statistics("narrow"), /canary/);
  assert.equal(await notes("narrow"), "{older}");

  await made("checked", "alter table checked add check (id > 0)");
  assert.equal(stateOf(await action.tokenize("public.checked", ["name"]), "pg_stats"), "cleared");
  assert.equal(await notes("checked"), "{older}");

  await made(
    "triggering",
    `create function triggering() returns trigger language plpgsql as 'begin return new; end';
    create trigger triggering before update on triggering for each row execute function triggering()`,
  );
  await action.tokenize("public.triggering", ["name"]);
  assert.equal(await notes("triggering"), "{newer}");
});

Deno.test("dead rows are reported, with the command that removes them", async () => {
  await makePeople('"dead Rows"');
  await using action = openAction();
  const report = await action.tokenize("public.dead Rows", ["name"]);
  const { state, command } = placeOf(report, "dead_rows");
  assert.deepEqual([state, command], ["remains", 'VACUUM (INDEX_CLEANUP ON) public."dead Rows"']);
  await sql.unsafe(command!);
});

Deno.test("a role that may not ANALYZE receives what remains and the command to run", async () => {
  await makePeople("lent");
  const user = await createUser("grant select, update on lent to $user");
  await using action = openAction({ as: user });
  const report = await action.tokenize("public.lent", ["name", "email"], { scrub: true });
  assert.equal(report.updated, 200);
  const place = placeOf(report, "pg_stats");
  assert.deepEqual([place.state, place.command], ["remains", "ANALYZE public.lent"]);
  assert.equal(stateOf(report, "dead_rows"), "remains");
  assert.doesNotMatch(JSON.stringify([report, action.observations]), /canary/);
  await sql.unsafe(place.command!);
  const again = await action.tokenize("public.lent", ["name", "email"], { scrub: true });
  assert.equal(stateOf(again, "pg_stats"), "none");
});

Deno.test("for a role that may not ANALYZE, a column without statistics has nothing to clear", async () => {
  await sql`create table fresh (name text)`;
  await sql`insert into fresh values ('canary')`;
  const user = await createUser("grant select, update on fresh to $user");
  await using action = openAction({ as: user });
  const report = await action.tokenize("public.fresh", ["name"]);
  assert.equal(stateOf(report, "pg_stats"), "none");
});

Deno.test("padding in the statistics of char(n) does not make a token look like a value", async () => {
  await sql`create table padded (name char(40))`;
  await sql`insert into padded select 'canary ' || n % 3 from generate_series(1, 100) n`;
  await sql`analyze padded`;
  await using action = openAction();
  const report = await action.tokenize("public.padded", ["name"]);
  assert.equal(stateOf(report, "pg_stats"), "cleared");
});

Deno.test("the log has the places and their states, and nothing more", async () => {
  await makePeople("logged");
  await using action = openAction();
  const report = await action.tokenize("public.logged", ["name"], { scrub: true });
  const logged = action.observations.find(({ event }) => event === "residue_found");
  const inState = (wanted: string) =>
    report.residue!.filter(({ state }) => state === wanted).map(({ place }) => place).join(", ");
  assert.deepEqual(logged, {
    event: "residue_found",
    runId: report.run_id,
    table: report.table,
    remains: inState("remains"),
    notChecked: inState("not_checked"),
    cleared: inState("cleared"),
  });
  assert.match(inState("cleared"), /pg_stats/);
  await action.tokenize("public.logged", ["name"]);
  assert.equal(action.observations.filter(({ event }) => event === "residue_found").length, 1);
});

Deno.test("residue is checked only if rows were updated, or if scrub asks for it", async () => {
  await makePeople("twice");
  await using action = openAction();
  assert.ok((await action.tokenize("public.twice", ["name"])).residue !== undefined);
  const second = await action.tokenize("public.twice", ["name"]);
  assert.equal("residue" in second, false);
  const dryRun = await action.tokenize("public.twice", ["email"], { dryRun: true });
  assert.equal("residue" in dryRun, false);
  const third = await action.tokenize("public.twice", ["name"], { scrub: true });
  assert.deepEqual([third.updated, stateOf(third, "dead_rows")], [0, SCRUBBED]);
});

Deno.test("scrub removes the dead rows and verifies that they are gone", async () => {
  await makePeople("scrubbed", ", note text");
  await sql`alter table scrubbed alter note set storage external`;
  await sql`update scrubbed set note = repeat('x', 5000)`;
  await sql`create extension if not exists pgstattuple`;
  await using action = openAction();
  const report = await action.tokenize("public.scrubbed", ["name", "note"], { scrub: true });
  assert.equal(stateOf(report, "dead_rows"), SCRUBBED);
  const [main] = await sql`select dead_tuple_count::int as dead from pgstattuple('scrubbed')`;
  const [toast] = await sql`select dead_tuple_count::int as dead from pgstattuple(
    (select reltoastrelid from pg_class where relname = 'scrubbed'))`;
  assert.deepEqual([main!.dead, toast!.dead], [0, 0]);
});

const whyNoCounts = countsAtOnce ? undefined : "PostgreSQL reports them in time from version 15 on";

testUnless(
  whyNoCounts,
  "scrub reports that dead rows remain while a transaction can still see them",
  async () => {
    await makePeople("watched");
    await using other = connect(database.url);
    await other.begin("isolation level repeatable read", async (tx) => {
      await tx`select count(*) from pg_class`;
      await using action = openAction();
      const report = await action.tokenize("public.watched", ["name"], { scrub: true });
      const { state, detail } = placeOf(report, "dead_rows");
      assert.equal(state, "remains");
      assert.match(detail!, /VACUUM had to leave 200/);
    });
  },
);

Deno.test("a lock that prevents VACUUM and ANALYZE does not prevent the run", async () => {
  await makePeople("contended");
  await using other = connect(database.url);
  await other.begin(async (tx) => {
    await tx`lock table contended in share update exclusive mode`;
    await using action = openAction({ lockTimeoutMs: 300 });
    const report = await action.tokenize("public.contended", ["name"], { scrub: true });
    assert.equal(report.updated, 200);
    assert.equal(stateOf(report, "pg_stats"), "remains");
    assert.equal(stateOf(report, "dead_rows"), "not_checked");
    const again = await action.tokenize("public.contended", ["name"]);
    assertReport(again, { updated: 0, skipped: 200 });
  });
});

Deno.test("a residue check that fails after the run does not fail the run: not_checked", async () => {
  await makePeople("unlooked");
  const user = await createUser("grant select, update on unlooked to $user");
  await sql`revoke select on pg_stats from public`;
  try {
    await using action = openAction({ as: user });
    for (const commit of ["atomic", "batches"] as const) {
      const report = await action.tokenize(
        "public.unlooked",
        [commit === "atomic" ? "name" : "email"],
        { commit, scrub: true },
      );
      assert.equal(report.updated, 200);
      assert.deepEqual(
        new Set(report.residue!.map(({ state }) => state)),
        new Set(["not_checked"]),
      );
    }
  } finally {
    await sql`grant select on pg_stats to public`;
  }
});

Deno.test("the strategy rewrite leaves neither dead rows nor old index pages", async () => {
  await makePeople("reused");
  await sql`create index on reused (email)`;
  await using action = openAction();
  const report = await action.tokenize("public.reused", ["email"], {
    strategy: "rewrite",
    scrub: true,
  });
  assert.deepEqual(
    ["pg_stats", "dead_rows", "indexes"].map((place) => stateOf(report, place)),
    ["cleared", "none", "none"],
  );
  await using plain = openAction();
  await sql`update reused set email = 'canary' || id`;
  const updated = await plain.tokenize("public.reused", ["email"]);
  const { state, command } = placeOf(updated, "indexes");
  assert.deepEqual([state, command], [
    "remains",
    "REINDEX INDEX CONCURRENTLY public.reused_email_idx",
  ]);
  assert.equal(stateOf(await plain.tokenize("public.reused", ["name"]), "indexes"), "none");
});

Deno.test("batches report their residue and scrub it too", async () => {
  await makePeople("batched");
  await using action = openAction();
  const report = await action.tokenize("public.batched", ["name", "email"], {
    commit: "batches",
    scrub: true,
  });
  assert.equal(report.updated, 200);
  assert.equal(stateOf(report, "pg_stats"), "cleared");
  assert.doesNotMatch(await statistics("batched"), /canary/);
  assert.equal(stateOf(report, "dead_rows"), SCRUBBED);
});

Deno.test("extended statistics are cleared too", async () => {
  await makePeople("pairs");
  await sql`create statistics pairs_mcv (mcv) on id, name from pairs`;
  await sql`insert into pairs select 1, 'canary 1', 'canary' from generate_series(1, 500)`;
  await sql`analyze pairs`;
  const values = async () => {
    const rows = await sql`select most_common_vals::text from pg_stats_ext
      where statistics_name = 'pairs_mcv'`;
    return JSON.stringify(rows);
  };
  assert.match(await values(), /canary/);
  const user = await createUser("grant select, update on pairs to $user");
  await using clerk = openAction({ as: user });
  const seen = await clerk.tokenize("public.pairs", ["email"]);
  assert.equal(stateOf(seen, "extended_statistics"), "none", "email is in none of them");
  await using action = openAction();
  const report = await action.tokenize("public.pairs", ["name"]);
  assert.equal(stateOf(report, "extended_statistics"), "cleared");
  assert.doesNotMatch(await values(), /canary/);
});

Deno.test("statistics of an expression are not_checked, since they may show a value or a token", async () => {
  await makePeople("lowered", ", upper_name text generated always as (upper(name)) stored");
  await sql`create index on lowered (lower(email))`;
  await sql`analyze lowered`;
  await using action = openAction();
  const report = await action.tokenize("public.lowered", ["name", "email"]);
  const { state, detail } = placeOf(report, "expression_statistics");
  assert.equal(state, "not_checked");
  assert.match(detail!, /public\.lowered\.upper_name, public\.lowered_lower_idx$/);
  const rows = await sql`select histogram_bounds::text as h, most_common_vals::text as m
    from pg_stats where tablename in ('lowered', 'lowered_lower_idx')`;
  assert.doesNotMatch(JSON.stringify(rows), /canary/i, "they were recomputed");
});

Deno.test("only materialized views that read the columns are reported", async () => {
  await makePeople("viewed");
  await sql.unsafe(`
    create view names as select name from viewed;
    create materialized view copies as select name || '!' as shouted from names;
    create materialized view whole_rows as select v, id from viewed v;
    create materialized view counts as select count(*) as rows, max(id) as last from viewed;
    create materialized view unfilled as select name from viewed with no data;
  `);
  await using action = openAction();
  const report = await action.tokenize("public.viewed", ["name"]);
  const { state, command } = placeOf(report, "materialized_views");
  assert.equal(state, "remains");
  assert.equal(
    command,
    "REFRESH MATERIALIZED VIEW public.copies; REFRESH MATERIALIZED VIEW public.whole_rows",
  );
  await sql.unsafe(command!);
  const copies = await sql`select shouted from copies`;
  assert.doesNotMatch(JSON.stringify(copies), /canary/);
});

Deno.test("tables that a foreign key carried the change to are named", async () => {
  await sql.unsafe(`
    create table accounts (email text primary key);
    create table orders (id int, email text references accounts on update cascade);
    insert into accounts select 'canary' || n from generate_series(1, 20) n;
    insert into orders select n, 'canary' || n from generate_series(1, 20) n;
  `);
  await using action = openAction();
  const report = await action.tokenize("public.accounts", ["email"]);
  const { state, command } = placeOf(report, "foreign_keys");
  assert.deepEqual(
    [state, command],
    ["remains", "VACUUM (INDEX_CLEANUP ON, ANALYZE) public.orders"],
  );
  await sql.unsafe(command!);
});

Deno.test("triggers that fired are named as not_checked", async () => {
  await makePeople("hooked");
  await sql.unsafe(`
    create function audit() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger "Audit it" before update on hooked for each row execute function audit();
  `);
  await using action = openAction({ allowTriggers: true });
  const { state, detail } = placeOf(await action.tokenize("public.hooked", ["name"]), "triggers");
  assert.equal(state, "not_checked");
  assert.match(detail!, /"Audit it"/);
});

Deno.test("publications are named, and whether they publish old rows too", async () => {
  await makePeople("published");
  await sql`create publication people_out for table published`;
  await sql`alter table published replica identity full`;
  await using action = openAction();
  const { state, detail } = placeOf(
    await action.tokenize("public.published", ["name"]),
    "replication",
  );
  assert.equal(state, "remains");
  assert.match(detail!, /people_out.*REPLICA IDENTITY FULL/);
});

Deno.test("partitions are checked, cleared and scrubbed with their table", async () => {
  await sql.unsafe(`
    create table parted (id int, name text) partition by range (id);
    create table parted_1 partition of parted for values from (0) to (100);
    create table parted_2 partition of parted for values from (100) to (1000);
    insert into parted select n, 'canary ' || n % 7 from generate_series(1, 200) n;
    analyze parted;
  `);
  await using action = openAction();
  const part = await action.tokenize("public.parted_1", ["name"]);
  const { state, command, detail } = placeOf(part, "pg_stats");
  assert.deepEqual([state, command], ["remains", "ANALYZE public.parted"]);
  assert.match(detail!, /"parted_1" is a part of/);
  const whole = await action.tokenize("public.parted", ["name"], { scrub: true });
  assert.equal(stateOf(whole, "pg_stats"), "cleared");
  assert.equal(stateOf(whole, "dead_rows"), SCRUBBED);
  const rows = await sql`select most_common_vals::text from pg_stats where tablename like 'parted%'
    and attname = 'name'`;
  assert.equal(rows.length, 3);
  assert.doesNotMatch(JSON.stringify(rows), /canary/);
});

Deno.test("scrub is refused in a dry run", async () => {
  await makePeople("dry");
  await using action = openAction();
  const error = await action.fails("invalid_request", "public.dry", ["name"], {
    dryRun: true,
    scrub: true,
  });
  assert.match(error.message, /"scrub" has no meaning$/);
});
