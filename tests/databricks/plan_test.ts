/** What a plan says of a table on a warehouse, and that it changes and shows nothing. */
import assert from "node:assert/strict";
import { jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { EXAMPLES } from "../platforms/form_examples.ts";
import { FORMS } from "../../src/platforms/forms.ts";
import { BOTH_WAYS, inClient, openAction } from "./action.ts";
import { standInOnly, withTable } from "./place.ts";

const PEOPLE = [
  "CREATE TABLE $t (id INT, v STRING, w VARCHAR(200))",
  "INSERT INTO $t SELECT id, concat('Canary the ', id, 'th'), " +
  "if(id % 4 = 0, NULL, concat('canary', id, '@example.com')) FROM range(1, 41)",
];

for (const [way, sdk] of BOTH_WAYS) {
  standInOnly(
    `${way}: a plan counts, says which way and what is left, and changes nothing`,
    (place) =>
      withTable(place, PEOPLE, async ({ urn, sqlName }) => {
        await place.sql(`UPDATE ${sqlName} SET v = 'tok_YQ==_poc' WHERE id = 1`);
        const before = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
        const action = openAction(place, { sdk });
        const plan = await action.plan(urn, ["v", "w"]);
        assert.equal((await place.sql(`DESCRIBE HISTORY ${sqlName}`)).length, before.length);
        assert.deepEqual(plan.obstacles, []);
        assert.deepEqual([plan.rows, plan.would_update, plan.method], [40, 40, way]);
        assert.deepEqual(
          plan.other_methods.map(({ method }) => method).sort(),
          [
            way === "client" ? "pushdown" : "client",
            "rewrite",
          ].sort(),
        );
        const [v, w] = plan.columns;
        assert.deepEqual([v?.type, w?.type], ["string", "varchar(200)"]);
        assert.deepEqual([v?.nulls, v?.would_change, w?.nulls, w?.would_change], [0, 39, 10, 30]);
        assert.deepEqual(v?.tokens, { own: 1, other_key: 0, other_sdk: 0, lookalikes: null });
        assert.deepEqual(v?.looks_like, { sampled: 39, forms: { other: 39 } });
        assert.deepEqual(w?.looks_like, { sampled: 30, forms: { email: 30 } });
        assert.ok(plan.estimate!.seconds > 0 && plan.estimate!.disk_bytes > 0);
        assert.equal(plan.estimate!.wal_bytes, null);
        const report = await action.tokenize(urn, ["v", "w"]);
        assert.equal(report.updated, plan.would_update);
        assert.equal(report.method, plan.method);
        assert.deepEqual(plan.residue, report.residue);
      }),
  );
}

standInOnly("a plan names every obstacle, not only the first", (place) =>
  withTable(place, [
    "CREATE TABLE $t (id INT, v STRING, w VARCHAR(15))",
    "INSERT INTO $t VALUES (1, 'canary', 'canary')",
    "ALTER TABLE $t ADD CONSTRAINT plain CHECK (v NOT LIKE 'tok%')",
    "ALTER TABLE $t ADD CONSTRAINT brief CHECK (length(v) < 10)",
  ], async ({ urn }) => {
    const plan = await openAction(place).plan(urn, ["v", "w", "id", "missing"]);
    assert.deepEqual(plan.obstacles.map(({ code }) => code).sort(), [
      "column_not_found",
      "column_not_tokenizable",
      "constraint_violation",
      "constraint_violation",
      "value_too_long",
    ]);
    assert.equal(plan.would_update, 1);
  }));

standInOnly(
  "a plan tells the tokens of another key and SDK, and texts that only look so",
  (place) =>
    withTable(place, PEOPLE, async ({ urn, sqlName }) => {
      const older = await openKeyed("aes-siv", jwkSet(await sivJwk("s1")));
      const keys = jwkSet(await sivJwk("s2"), await sivJwk("s1"));
      const newer = await openKeyed("aes-siv", keys);
      await openAction(place, { sdk: older }).tokenize(urn, ["v"]);
      await place.sql(`UPDATE ${sqlName} SET v = 'tok_YQ==_poc' WHERE id = 1`);
      await place.sql(`UPDATE ${sqlName} SET v = overlay(v PLACING
      if(substr(v, 20, 1) = 'A', 'B', 'A') FROM 20 FOR 1) WHERE id = 2`);
      const { columns: [v] } = await openAction(place, { sdk: newer }).plan(urn, ["v"]);
      assert.deepEqual(v?.tokens, { own: 0, other_key: 39, other_sdk: 1, lookalikes: 1 });
    }),
);

standInOnly(
  "the warehouse tells forms as the program does, and shapes only if asked for",
  (place) => {
    const texts = FORMS.flatMap((form) => EXAMPLES[form]);
    const values = texts.map((text) => `('${text.replaceAll("\n", "\\n")}')`).join(", ");
    return withTable(
      place,
      ["CREATE TABLE $t (v STRING)", `INSERT INTO $t VALUES ${values}`],
      async (
        { urn },
      ) => {
        const action = openAction(place, { sdk: inClient });
        const { columns: [v] } = await action.plan(urn, ["v"], true);
        const expected = FORMS.map((form) => [form, EXAMPLES[form].length] as const);
        assert.deepEqual(v?.looks_like, {
          sampled: texts.length,
          forms: Object.fromEntries(expected),
        });
        assert.ok(v?.shapes !== undefined);
      },
    );
  },
);

standInOnly(
  "the connection tells the engine's version, the principal and the clock",
  async (place) => {
    const { version, user, encryption, nowMs, problems } = await openAction(place).inspect();
    assert.match(version, /^Spark \d+\.\d+/);
    assert.equal(encryption, "TLS");
    assert.ok(user.length > 0);
    assert.ok(Math.abs(nowMs - Date.now()) < 60_000, String(nowMs));
    assert.deepEqual(problems, []);
  },
);
