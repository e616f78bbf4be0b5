/** Single values, each of a kind that is easy to get wrong. */
import assert from "node:assert/strict";
import { assertReport } from "../../support/assertions.ts";
import { tokenOf, useDatabase } from "../../support/action_fixture.ts";
import { DETECTOR_CASES } from "../../tokens/detector_cases.ts";

const VALUES: Readonly<Record<string, string>> = {
  "the empty string": "",
  "a space": " ",
  "text beyond Latin-1": "Łukasz Ðorđević",
  "emoji": "💌 👩‍👩‍👧‍👦 🏳️‍🌈",
  "combining characters": "e\u0301 n\u0303",
  "CJK": "静香 源 김민준",
  "right-to-left text": "محمد",
  "a text of 57 bytes, a full line of base64": "x".repeat(57),
  "a text of 58 bytes, more than a line of base64": "x".repeat(58),
  "a text of a thousand lines of base64": "é".repeat(28_500),
  "a megabyte": "0123456789abcdef".repeat(65_536),
  "a text that ends in a line break": "Ada\n",
  "a line break": "\n",
  "quotes, braces and backslashes": `{"a","b\\"}',\\n`,
  "the word NULL": "NULL",
  "text that looks like a parameter": "$1",
  "control characters": "\u0001\t\r\u007f",
};

/** The tests for one method: tokens made in the action, or inside the database. */
async function suite(method: "client" | "pushdown"): Promise<void> {
  const { sql, openAction, valuesOf } = await useDatabase();
  const pushdown = method === "pushdown";
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${method})`, fn);

  for (const [title, value] of Object.entries(VALUES)) {
    test(`a value may be ${title}`, async () => {
      await sql`drop table if exists single`;
      await sql`create table single (id int, value text)`;
      await sql`insert into single values (1, ${value})`;
      await using action = openAction({ pushdown });
      const report = await action.tokenize("public.single", ["value"]);
      assertReport(report, { updated: 1, skipped: 0 });
      assert.deepEqual(await valuesOf("single", "value"), [tokenOf(value)]);
      const again = await action.tokenize("public.single", ["value"]);
      assertReport(again, { updated: 0, skipped: 1 });
    });
  }

  test("NULL stays NULL, and its row counts as skipped", async () => {
    await sql`create table nothing (id int, value text)`;
    await sql`insert into nothing values (1, null), (2, 'Ada'), (3, null)`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.nothing", ["value"]);
    assertReport(report, { updated: 1, skipped: 2 });
    assert.deepEqual(await valuesOf("nothing", "value"), [null, tokenOf("Ada"), null]);
  });

  test("a lookalike is tokenized, and a token is left alone", async () => {
    await sql`create table look_alikes (id int, value text)`;
    for (const [id, { text }] of DETECTOR_CASES.entries()) {
      await sql`insert into look_alikes values (${id}, ${text})`;
    }
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.look_alikes", ["value"]);
    const tokens = DETECTOR_CASES.filter(({ isToken }) => isToken).length;
    assertReport(report, { updated: DETECTOR_CASES.length - tokens, skipped: tokens });
    const expected = DETECTOR_CASES.map(({ text, isToken }) => isToken ? text : tokenOf(text));
    assert.deepEqual(await valuesOf("look_alikes", "value"), expected);
  });

  test("an empty table has nothing to update", async () => {
    await sql`create table empty (value text)`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.empty", ["value"]);
    assertReport(report, { updated: 0, skipped: 0 });
  });

  test("of two columns, one that is already tokenized is left alone", async () => {
    await sql`create table half (id int, first text, second text)`;
    await sql`insert into half values (1, ${tokenOf("a")}, 'b'), (2, 'a', ${tokenOf("b")}),
      (3, 'a', 'b'), (4, ${tokenOf("a")}, ${tokenOf("b")}), (5, null, 'b'), (6, null, null),
      (7, null, ${tokenOf("b")}), (8, 'NULL', null)`;
    await using action = openAction({ pushdown });
    const report = await action.tokenize("public.half", ["first", "second"]);
    assertReport(report, { updated: 5, skipped: 3 });
    const [a, b] = [tokenOf("a"), tokenOf("b")];
    assert.deepEqual(await valuesOf("half", "first"), [
      ...Array(4).fill(a),
      ...Array(3).fill(null),
      tokenOf("NULL"),
    ]);
    assert.deepEqual(await valuesOf("half", "second"), [b, b, b, b, b, null, b, null]);
  });

  test("equal values in several tables, columns and runs get equal tokens", async () => {
    await sql`create table one (id int, value text)`;
    await sql`create table two (id int, left_value text, right_value varchar)`;
    await sql`insert into one values (1, 'Ada')`;
    await sql`insert into two values (1, 'Ada', 'Ada')`;
    await using action = openAction({ pushdown });
    await action.tokenize("public.one", ["value"]);
    await action.tokenize("public.two", ["right_value", "left_value"]);
    const rows =
      await sql`select * from one join two on value = left_value and value = right_value`;
    assert.equal(rows.length, 1);
  });

  test("all rows of several batches are tokenized", async () => {
    await sql`create table many (id int, value text)`;
    await sql`insert into many select n, case when n % 3 > 0 then 'value ' || n end
              from generate_series(1, 12345) n`;
    await using action = openAction({ pushdown });
    const updates: number[] = [];
    const report = await action.tokenize("public.many", ["value"], {
      onProgress: ({ updated, total }) => {
        assert.equal(total, 12345);
        updates.push(updated);
      },
    });
    assertReport(report, { updated: 8230, skipped: 4115 });
    assert.equal(report.method, pushdown ? "pushdown" : "client");
    assert.ok(pushdown || updates.length > 2);
    assert.deepEqual(updates, updates.toSorted((a, b) => a - b));
    const [wrong] = await sql`
      select count(*)::int as rows from many where value is distinct from case when id % 3 > 0
        then 'tok_' || encode(convert_to('value ' || id, 'UTF8'), 'base64') || '_poc' end`;
    assert.equal(wrong?.rows, 0);
  });
}

await suite("client");
await suite("pushdown");
