/**
 * SQL, format strings and markup where names are expected: as names of what is there, as names of what
 * is not, in every part of a trigger and in its headers. Nothing but what was asked for is changed.
 */
import assert from "node:assert/strict";
import { quoteIdentifier } from "../../src/platforms/postgres/identifiers.ts";
import { tokenOf, urnOf, useDatabase } from "../support/action_fixture.ts";
import { openApi } from "./action_api.ts";

const database = await useDatabase();
const { sql, valuesOf, rowVersions } = database;

await sql.unsafe(`create table public.sentinel (id int, v text);
  insert into public.sentinel values (1, 'canary one'), (2, 'canary two');
  create role hostile_target; create table public.t (id int, v text); insert into t values (1, 'canary')`);
Deno.test.afterAll(async () => {
  await sql.unsafe("drop owned by hostile_target; drop role hostile_target");
});

const PAYLOADS: readonly string[] = [
  `"; drop table public.sentinel; --`,
  `'; drop table public.sentinel; --`,
  `x" set v = 'gone'; update public.sentinel set v = 'gone`,
  `" = (select v from public.sentinel limit 1), "v`,
  `v" = pg_sleep(600)::text, "v`,
  `$$; drop table public.sentinel; $$`,
  `\\'; drop table public.sentinel; --`,
  `U&"\\0022; drop table public.sentinel"`,
  `v/**/;/**/delete/**/from/**/public.sentinel`,
  `%s%n%1$s {0} {id} \${id} #{id} {{id}}`,
  `' || (select v from public.sentinel limit 1) || '`,
  `*) from public.sentinel; commit; --`,
  `{"v","id"}`,
  `v\\",\\"id`,
  `$1`,
  `:v ::text`,
  `pg_catalog`,
  `__proto__`,
  `constructor`,
  `../../etc/passwd`,
  `<script>alert(1)</script>`,
  `v\r\nX-Injected: yes`,
  `\u202egnp.v`,
];

/** All that the database contains besides the tables of these tests. */
async function everythingElse(): Promise<unknown> {
  const relations = await sql`select n.nspname, c.relname, c.relkind, c.relacl::text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      and n.nspname not like 'pg_t%' order by 1, 2`;
  const roles = await sql`select rolname, rolsuper, rolcreaterole from pg_roles
    where rolname = 'hostile_target'`;
  return [[...relations], [...roles], await rowVersions("public.sentinel")];
}

/** Each sends statements of its own. */
const WAYS = [
  ["true", { commit: "atomic" }],
  ["false", { commit: "batches" }],
  ["true", { strategy: "rewrite" }],
] as const;

const fits = (text: string) => new TextEncoder().encode(text).length <= 63;

for (const payload of PAYLOADS) {
  const shown = JSON.stringify(payload);

  Deno.test(`a schema, table and column called ${shown} are tokenized, and nothing else is changed`, async () => {
    assert.ok(fits(payload));
    const [name] = [payload].map(quoteIdentifier);
    await sql.unsafe(`create schema ${name === '"pg_catalog"' ? '"pg"' : name}`);
    const schema = payload === "pg_catalog" ? "pg" : payload;
    const table = `${quoteIdentifier(schema)}.${name}`;
    await sql.unsafe(`create table ${table} (id int, ${name} text, "other" text)`);
    await sql.unsafe(`insert into ${table} values (1, 'canary', 'canary'), (2, null, 'canary')`);
    try {
      const before = await everythingElse();
      for (const [PUSHDOWN, how] of WAYS) {
        await using api = openApi({ PG_CONN_STR: database.url, PUSHDOWN });
        const dataset_urn = urnOf(`${database.name}.${schema}.${payload}`);
        await sql.unsafe(`update ${table} set ${name} = 'canary' where id = 1`);
        const { status, json } = await api.trigger({ dataset_urn, columns: [payload], ...how });
        assert.deepEqual([status, json.updated, json.skipped], [200, 1, 1], json.detail);
      }
      assert.deepEqual(await valuesOf(table, name!), [tokenOf("canary"), null]);
      assert.deepEqual(await valuesOf(table, "other"), ["canary", "canary"]);
      assert.deepEqual(await everythingElse(), before);
    } finally {
      await sql.unsafe(`drop schema ${quoteIdentifier(schema)} cascade`);
    }
  });

  Deno.test(`${shown} is refused if nothing has that name, and nothing is changed`, async () => {
    await using api = openApi({ PG_CONN_STR: database.url });
    const before = await everythingElse();
    const good = { dataset_urn: urnOf(`${database.name}.public.t`), columns: ["v"] };
    const urn = (name: string) => ({ ...good, dataset_urn: urnOf(name) });
    const triggers = [
      { ...good, columns: [payload] },
      { ...good, columns: [`urn:li:schemaField:(${good.dataset_urn},${payload})`] },
      { ...good, columns: [`[version=2.0].[type=${payload}].nothing`] },
      urn(`${database.name}.public.${payload}`),
      urn(`${database.name}.${payload}.t`),
      urn(`${payload}.public.t`),
      { ...good, dataset_urn: good.dataset_urn.replace("postgres", payload) },
      { ...good, dataset_urn: good.dataset_urn.replace("PROD", payload) },
      { ...good, dataset_urn: payload },
      { ...good, commit: payload },
      { ...good, [payload]: true },
    ];
    for (const trigger of triggers) {
      const { status, json } = await api.trigger(JSON.stringify(trigger));
      assert.ok(status >= 400 && status < 500, `${status} ${JSON.stringify(json)}`);
    }
    assert.deepEqual(await everythingElse(), before);
    assert.deepEqual(await valuesOf("public.t", "v"), ["canary"]);
  });

  Deno.test(`${shown} in a header has no effect and is not repeated`, async () => {
    // what cannot stand in a header does not get here
    const value = payload.replace(/[\r\n]/g, " ").replace(/[^\x20-\x7e]/g, "?");
    await using api = openApi({ PG_CONN_STR: database.url, TRIGGER_TOKEN: "canary-trigger-token" });
    const names = ["authorization", "content-type", "host", "x-forwarded-for", "accept", "cookie"];
    for (const header of names) {
      const dataset_urn = urnOf(`${database.name}.public.t`);
      const body = { dataset_urn, columns: ["v"] };
      const { status, headers, json } = await api.trigger(body, { [header]: value });
      assert.deepEqual([status, json.code], [401, "unauthorized"]);
      assert.ok(![...headers.values()].some((each) => each.includes(value)));
      assert.ok(
        !JSON.stringify([json, api.observations]).includes(JSON.stringify(value).slice(1, -1)),
      );
    }
  });
}
