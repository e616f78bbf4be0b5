/** A dry run is refused for whatever the run would be refused for, in the same words, and writes nothing. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import type { FaultRule } from "../../scripts/servers/warehouse/control.ts";
import type { ErrorCode, ServiceError } from "../../src/errors.ts";
import { BOTH_WAYS, openAction } from "./action.ts";
import { standInOnly, withTable } from "./place.ts";

interface Refusal {
  readonly table: readonly string[];
  readonly columns?: readonly string[];
  readonly fault?: FaultRule;
  readonly code: ErrorCode;
  /** The only way of work that is refused; both, if left out. */
  readonly only?: "client";
}

const VALUES = "INSERT INTO $t (v) VALUES ('canary 1'), ('canary 2'), ('tok_YQ==_poc'), (NULL)";
const PLAIN = ["CREATE TABLE $t (v STRING, w STRING)", VALUES];
/** A write, or the analysis of one. */
const WRITE = "^\\s*(EXPLAIN\\s+)?(MERGE|UPDATE)\\b";
const ALWAYS = { times: "always" } as const;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a missing column": { table: PLAIN, columns: ["v", "no"], code: "column_not_found" },
  "a column that is not text": {
    table: ["CREATE TABLE $t (v STRING, n INT)", VALUES],
    columns: ["v", "n"],
    code: "column_not_tokenizable",
  },
  "a format whose rows cannot be updated": {
    table: ["CREATE TABLE $t (v STRING) USING parquet"],
    code: "table_not_supported",
  },
  "an append-only table": {
    table: [...PLAIN, "ALTER TABLE $t SET TBLPROPERTIES ('delta.appendOnly' = 'true')"],
    code: "table_not_supported",
  },
  "a generated column": {
    table: [
      "CREATE TABLE $t (v STRING, w STRING) TBLPROPERTIES ('delta.minWriterVersion' = '4')",
      VALUES,
    ],
    columns: ["w", "v"],
    fault: faults.createStatement(
      "CREATE TABLE c.s.t (\n  v STRING,\n  w STRING GENERATED ALWAYS AS ( lower(v) ))\nUSING delta",
    ),
    code: "column_not_tokenizable",
  },
  "a policy that may mask": {
    table: PLAIN,
    fault: faults.policies([["hide_pii", "COLUMN_MASK"]]),
    code: "table_not_supported",
  },
  "policies that the principal may not see": {
    table: PLAIN,
    fault: faults.tablePermissionDenied({ statement: faults.SHOW_POLICIES, ...ALWAYS }),
    code: "table_not_supported",
  },
  "a missing right to write": {
    table: PLAIN,
    fault: faults.tablePermissionDenied({ statement: WRITE, ...ALWAYS }),
    code: "permission_denied",
  },
  "a column too short": {
    table: ["CREATE TABLE $t (v VARCHAR(15))", VALUES],
    code: "value_too_long",
  },
  "char(n), which the engine cannot merge into": {
    table: ["CREATE TABLE $t (v CHAR(60))", "INSERT INTO $t VALUES ('canary')"],
    code: "table_not_supported",
    only: "client",
  },
  "a value that is not valid text": {
    table: ["CREATE TABLE $t (v STRING)", "INSERT INTO $t VALUES (cast(X'4A6F73E9' AS STRING))"],
    code: "value_not_text",
  },
  "a CHECK constraint": {
    table: [...PLAIN, "ALTER TABLE $t ADD CONSTRAINT shortish CHECK (length(v) < 13 OR v IS NULL)"],
    code: "constraint_violation",
  },
  "a CHECK constraint on two columns, of which one row violates it": {
    table: [
      "CREATE TABLE $t (v STRING, `w w` STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
      "INSERT INTO $t VALUES ('canary', 'a'), ('canary b', 'canary b'), ('c', NULL)",
      "ALTER TABLE $t ADD CONSTRAINT apart CHECK (v <> `w w` OR `w w` NOT LIKE 'tok%' OR `w w` IS NULL)",
    ],
    columns: ["w w", "v"],
    code: "constraint_violation",
  },
};

for (const [title, { table, columns = ["v"], fault, code, only }] of Object.entries(REFUSALS)) {
  for (const [way, sdk] of BOTH_WAYS) {
    if (only !== undefined && only !== way) continue;
    standInOnly(
      `${way}: a dry run is refused like the run, and before it: ${title}`,
      (place) =>
        withTable(place, table, async ({ urn, sqlName }) => {
          if (fault !== undefined) await place.control.addFault(fault);
          const action = openAction(place, { sdk });
          const dry = await action.fails(code, urn, columns, { dryRun: true });
          const { obstacles } = await action.plan(urn, columns);
          const named = { code: dry.code, detail: dry.message };
          assert.ok(obstacles.some((each) => isDeepStrictEqual(each, named)), String(obstacles));
          const sent = await place.control.queryHistory();
          const written = sent.filter(({ statement_text: text }) =>
            /^\s*(MERGE|UPDATE)/.test(text)
          );
          assert.deepEqual(written, []);
          const run = await action.fails(code, urn, columns);
          assert.equal(withoutFacts(dry), withoutFacts(run));
          assert.equal(dry.facts.constraint, run.facts.constraint);
          if (title.includes("format")) return; // it has no history
          const history = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
          assert.ok(!history.some(({ operation }) => /UPDATE|MERGE/.test(String(operation))));
        }),
    );
  }
}

for (const [way, sdk] of BOTH_WAYS) {
  standInOnly(
    `${way}: constraints that tokens meet, and those of other columns, refuse neither`,
    (place) =>
      withTable(place, [
        ...PLAIN,
        "ALTER TABLE $t ADD CONSTRAINT filled CHECK (length(v) > 0 OR v IS NULL)",
        "ALTER TABLE $t ADD CONSTRAINT other CHECK (w IS NULL)",
      ], async ({ urn }) => {
        const action = openAction(place, { sdk });
        const dry = await action.tokenize(urn, ["v"], { dryRun: true });
        const run = await action.tokenize(urn, ["v"]);
        assert.deepEqual([dry.updated, dry.skipped], [2, 2]);
        assert.deepEqual([run.updated, run.skipped], [2, 2]);
        const again = await action.tokenize(urn, ["v"], { dryRun: true });
        assert.deepEqual([again.updated, again.skipped], [0, 4]);
      }),
  );
}

/** What the warehouse said besides, in parentheses, is known only once it has refused a write. */
function withoutFacts({ message }: ServiceError): string {
  return message.replace(/ \([^()]*\)$/, "");
}
