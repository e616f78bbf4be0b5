/**
 * Values whose bytes are not valid text: those of a database that was labelled with another encoding
 * later, and those that have no character in Unicode. Read as text they would change, and different
 * values would become one token.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { openSql } from "../../../scripts/servers/postgres/sql.ts";
import { assertReport } from "../../support/assertions.ts";
import { jwkSet, openKeyed, sivJwk } from "../../../scripts/servers/test_keys.ts";
import {
  type ActionOptions,
  dummySdk,
  openAction,
  type RunOptions,
  tokenOf,
} from "../../support/action_fixture.ts";
import {
  createTestDatabase,
  type TestDatabase,
  testServerUrl,
} from "../../support/test_database.ts";

/** Every way that values are read. */
const WAYS: Readonly<Record<string, [ActionOptions, RunOptions]>> = {
  "in the client": [{}, {}],
  "in the database": [{ pushdown: true }, {}],
  "in batches, in the client": [{}, { commit: "batches" }],
  "in batches, in the database": [{ pushdown: true }, { commit: "batches" }],
  "by a rewrite": [{ pushdown: true }, { strategy: "rewrite" }],
  "in a dry run": [{}, { dryRun: true }],
};

/** A table with bytes as they are, in a database that is called UTF8 afterwards. */
async function relabelled(values: readonly Uint8Array[]) {
  const database = await createTestDatabase({ encoding: "SQL_ASCII" });
  const { sql, name } = database;
  await sql`create table people (id int, name text, nick varchar(200))`;
  for (const [id, value] of values.entries()) {
    await sql`insert into people values (${id}, convert_from(${value}, 'SQL_ASCII'), 'Ada')`;
  }
  const server = openSql(testServerUrl);
  await server`update pg_database set encoding = pg_char_to_encoding('UTF8') where datname = ${name}`;
  await server.end();
  return database;
}

/** Does `work`, which must write no row version. The contents cannot be read as text. */
async function assertNothingWritten<T>({ sql }: TestDatabase, work: () => Promise<T>): Promise<T> {
  const versions = () => sql`select ctid::text, xmin::text from people order by id`.values();
  const before = [...await versions()];
  const result = await work();
  assert.deepEqual([...await versions()], before);
  return result;
}

const bytes = (...values: number[]) => Uint8Array.from(values);

for (const [way, [options, run]] of Object.entries(WAYS)) {
  Deno.test(`bytes that are not UTF-8 refuse the run, ${way}, before anything is changed`, async () => {
    const values = [bytes(0x4a, 0x6f, 0x73, 0xe9), bytes(0x4a, 0x6f, 0x73, 0xe8), bytes(0x41)];
    await using database = await relabelled(values);
    await using action = openAction(database.url, options);
    const error = await assertNothingWritten(
      database,
      () => action.fails("value_not_text", "public.people", ["nick", "name"], run),
    );
    assert.match(error.message, /column "name" holds 2 values that are not valid text$/);
    const plan = await action.plan("public.people", ["nick", "name"]);
    assert.deepEqual(plan.obstacles, [{ code: "value_not_text", detail: error.message }]);
    assert.deepEqual([plan.rows, plan.would_update], [3, 3]);
    const report = await action.tokenize("public.people", ["nick"], run);
    assertReport(report, { updated: 3, skipped: 0 });
  });

  Deno.test(`bytes without a character in Unicode refuse the run, ${way}`, async () => {
    await using database = await createTestDatabase({ encoding: "WIN1252" });
    const { sql } = database;
    await sql`create table people (id int, name text)`;
    await sql`insert into people values (1, 'Zoë'), (2, convert_from('\\x5a81', 'WIN1252'))`;
    await using action = openAction(database.url, options);
    const error = await assertNothingWritten(
      database,
      () => action.fails("value_not_text", "public.people", ["name"], run),
    );
    assert.match(error.message, /column "name" holds 1 value that is not valid text$/);
    const plan = await action.plan("public.people", ["name"], { showShapes: true });
    assert.deepEqual(plan.obstacles, [{ code: "value_not_text", detail: error.message }]);
    assert.equal(plan.rows, 2);
  });
}

Deno.test("a rotation converts tokens, and leaves bytes that are not UTF-8 as they are", async () => {
  const invalid = bytes(0x4a, 0x6f, 0x73, 0xe9);
  const token = new TextEncoder().encode(tokenOf("Ada"));
  await using database = await relabelled([invalid, token]);
  const siv = await openKeyed("aes-siv", jwkSet(await sivJwk("s1")), "global");
  const rotateFrom = { sdk: dummySdk, keyId: undefined };
  await using action = openAction(database.url, { tokenSdk: siv, rotateFrom });
  const dryRun = await action.tokenize("public.people", ["name"], { dryRun: true });
  assertReport(dryRun, { updated: 1, skipped: 1 });
  assertReport(await action.tokenize("public.people", ["name"]), { updated: 1, skipped: 1 });
  const inBatches = await action.tokenize("public.people", ["name"], { commit: "batches" });
  assertReport(inBatches, { updated: 0, skipped: 2 });
  const { sql } = database;
  const [kept] = await sql`select convert_to(name, 'SQL_ASCII') as name from people where id = 0`;
  assert.deepEqual(new Uint8Array(kept!.name), invalid);
});

Deno.test("any bytes are carried exactly, or the run is refused", async () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const isText = (value: Uint8Array) => {
    try {
      decoder.decode(value);
      return true;
    } catch {
      return false;
    }
  };
  const byte = fc.oneof(
    fc.integer({ min: 1, max: 0x7f }),
    fc.constantFrom(0x80, 0xa0, 0xbd, 0xbf, 0xc0, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xff),
  );
  const value = fc.array(byte, { maxLength: 6 }).map((values) => Uint8Array.from(values));
  const samples = fc.sample(value, { numRuns: 150, seed: 20261125 });
  samples.push(
    bytes(0xef, 0xbf, 0xbd),
    bytes(0xef, 0xbb, 0xbf, 0x41),
    bytes(0xf4, 0x90, 0x80, 0x80),
  );
  await using database = await relabelled(samples);
  await using action = openAction(database.url);
  const invalid = samples.filter((each) => !isText(each)).length;
  const error = await action.fails("value_not_text", "public.people", ["name"]);
  assert.match(
    error.message,
    new RegExp(`"name" holds ${invalid} values that are not valid text$`),
  );

  const ids = samples.flatMap((each, id) => isText(each) ? [] : [id]);
  await database.sql`delete from people where id = any (${ids})`;
  await action.tokenize("public.people", ["name"]);
  for (const [id, each] of samples.entries()) {
    if (!isText(each)) continue;
    const [row] = await database.sql`select name from people where id = ${id}`;
    assert.equal(row!.name, `tok_${each.toBase64()}_poc`);
  }
});
