/**
 * `hmac-sha256` on the warehouse, which reads the key from a secret scope: the tokens are those that the
 * action makes, the key appears nowhere, and a secret that is not the key stops the run.
 */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, openKeyed, testKeyBytes } from "../../scripts/servers/test_keys.ts";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { tokenizing } from "../../src/tokens/conversion.ts";
import type { TokenContext } from "../../src/tokens/token_sdk.ts";
import { sampleStatement } from "../../src/platforms/databricks/sql/secret_key.ts";
import { updateInPlaceStatement } from "../../src/platforms/databricks/sql/update_in_place.ts";
import {
  DECLARE_SECRET,
  ofSecret,
  readSecretStatement,
} from "../../src/platforms/databricks/sql/secret_key.ts";
import { DECLARE_KEY } from "../../src/platforms/databricks/sql/session_key.ts";
import { assertLeaksNothing } from "../support/assertions.ts";
import { type ActionOptions, openAction } from "./action.ts";
import { columnOf, HUNDRED, ROWS, tokenizeTwice, VALUES } from "./hundred.ts";
import {
  literal,
  standInOnly,
  type StandInPlace,
  type TestTable,
  withTable,
  WRITES,
} from "./place.ts";

const SCOPE = "pii";
const KEY_ID = "2026a";
const SECRET = { scope: SCOPE, name: `tokenize-hmac-${KEY_ID}` };
/** The statement that reads the secret. */
const READS_SECRET = "\\bsecret\\(";
const FUNCTIONS = [["with hmac()", true], ["without hmac()", false]] as const;

/** A key in the key file and in the scope, and all forms in which it must not appear. */
interface Key {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly k: string;
  readonly shown: readonly string[];
}

async function keyOf(length: number): Promise<Key> {
  const jwk = await hmacJwk(KEY_ID, length);
  const block = new Uint8Array(64);
  block.set(await testKeyBytes(KEY_ID, length));
  const pads = [0x00, 0x36, 0x5c].map((pad) => block.map((byte) => byte ^ pad).slice(0, length));
  const shown = pads.flatMap((bytes) => [
    bytes.toHex(),
    bytes.toHex().toUpperCase(),
    bytes.toBase64({ omitPadding: true }),
    bytes.toBase64({ alphabet: "base64url", omitPadding: true }),
  ]);
  return { jwk, k: jwk.k as string, shown };
}

const key = await keyOf(32);
const open = (scope = "global", { jwk } = key, hmacBytes = 32) =>
  openKeyed("hmac-sha256", jwkSet(jwk), scope, { TOKEN_HMAC_BYTES: String(hmacBytes) });

/** Registers a test with a table of a hundred rows. */
function hundredTest(
  name: string,
  test: (place: StandInPlace, table: TestTable) => Promise<void>,
): void {
  standInOnly(name, (place) => withTable(place, HUNDRED, (table) => test(place, table)));
}

/** The action with the SDK, and the secret scope. */
async function openWithScope(place: StandInPlace, options: ActionOptions = {}) {
  const { sdk = await open() } = options;
  return openAction(place, { secretScope: SCOPE, secrets: key.shown, ...options, sdk });
}

const putKey = (place: StandInPlace, text = key.k) =>
  place.control.putSecret(SECRET.scope, SECRET.name, text);

const FORMS = [["global", 32], ["dataset", 32], ["column", 32], ["global", 12], [
  "column",
  20,
]] as const;

for (const [how, hasHmac] of FUNCTIONS) {
  for (const [scope, hmacBytes] of FORMS) {
    hundredTest(
      `${how}, ${hmacBytes} bytes in scope ${scope}: the warehouse makes the action's tokens; a second run updates none`,
      async (place, table) => {
        if (!hasHmac) await place.control.addFault(faults.withoutHmac());
        await putKey(place);
        const sdk = await open(scope, key, hmacBytes);
        const action = await openWithScope(place, { sdk });
        assert.deepEqual(await tokenizeTwice(action, table), [[ROWS, 0, 0], [0, ROWS, 0]]);
        for (const column of ["v", "w"] as const) {
          const context = { platform: "databricks", dataset: table.name.split("."), column };
          const tokens = await sdk.tokenize(VALUES[column], context);
          assert.deepEqual(await columnOf(place, table, column), tokens);
        }
        const finished = action.observations.filter(({ event }) => event === "run_finished");
        assert.deepEqual(finished.map((each) => "method" in each && each.method), [
          "pushdown",
          "pushdown",
        ]);
        const history = await place.control.queryHistory();
        const updates = history.filter(({ statement_text }) => /^UPDATE/.test(statement_text));
        assert.equal(updates.length, 2);
        for (const { statement_text, query_parameters } of updates) {
          assert.equal(/\bhmac\(/.test(statement_text), hasHmac);
          assert.equal(query_parameters, null);
        }
      },
    );
  }

  standInOnly(`${how}: any text and any length of key give the action's tokens`, async (place) => {
    if (!hasHmac) await place.control.addFault(faults.withoutHmac());
    const texts = ["", "x", "é漢😀", "a'b\"c\\d", "two\nlines\r\n", "\u0000\u{10FFFF}"]
      .concat([54, 55, 56, 63, 64, 65, 1000].map((length) => "x".repeat(length)));
    const rows = texts.map((text, id) => `(${id}, ${literal(text)})`).join(", ");
    for (const length of [32, 33, 47, 63, 64]) {
      const other = await keyOf(length);
      await place.control.putSecret(SECRET.scope, SECRET.name, `${other.k}\n`);
      const sdk = await open("column", other);
      await withTable(place, [
        "CREATE TABLE $t (id INT, v STRING)",
        `INSERT INTO $t VALUES ${rows}`,
      ], async (table) => {
        const action = await openWithScope(place, { sdk, secrets: other.shown });
        const { updated, method } = await action.tokenize(table.urn, ["v"]);
        assert.deepEqual([updated, method], [texts.length, "pushdown"]);
        const context = { platform: "databricks", dataset: table.name.split("."), column: "v" };
        assert.deepEqual(await columnOf(place, table, "v"), await sdk.tokenize(texts, context));
      });
    }
  });

  standInOnly(`${how}: no plan and no table's history has the key`, async (place) => {
    await putKey(place);
    const sdk = await open("column");
    await withTable(place, HUNDRED, async (table) => {
      const path = table.name.split(".") as [string, string, string];
      const context: TokenContext = { platform: "databricks", dataset: path, column: "v" };
      const token = (operand: string) =>
        sdk.keyedSql!.expression(operand, context, { hasHmac, ofSecret });
      const columns = [{ name: "v", type: "string", maxLength: null, isPadded: false }];
      const [catalog, schema, name] = path;
      const checked = { catalog, schema, name, displayName: "", path, platform: "", columns };
      const update = updateInPlaceStatement(
        { ...checked, isDelta: true, properties: undefined },
        tokenizing(sdk),
        token,
      );
      const prepare = [DECLARE_KEY, DECLARE_SECRET, readSecretStatement(SECRET)];
      const [plain] = await place.sql(`EXPLAIN EXTENDED SELECT secret('pii', '${SECRET.name}')`);
      assert.ok(JSON.stringify(plain).includes(key.k), "a plan can show a secret");
      const select = `SELECT ${token("v")} AS t FROM ${table.sqlName}`;
      const statements = [sampleStatement([token("'sample'")]), select, update, prepare[2]!];
      for (const statement of statements) {
        const plans = await place.sql(...prepare, `EXPLAIN EXTENDED ${statement}`);
        assert.match(JSON.stringify(plans), /tokenize_secret/);
        assertLeaksNothing(plans, "the plan", key.shown);
      }
      const [written] = await place.sql(...prepare, update);
      assert.equal(written!.num_affected_rows, ROWS);
      const versions = await place.sql(`DESCRIBE HISTORY ${table.sqlName}`);
      assert.match(JSON.stringify(versions), /predicate/);
      assertLeaksNothing(versions, "the table's history", key.shown);
    });
  });
}

const WRONG_SECRETS = [
  ["another key", (await hmacJwk("other")).k as string],
  ["the key and one digit more", `${key.k}B`],
  ["not a key", "hunter2"],
  ["not even base64url", "abc, de"],
  ["empty", ""],
] as const;
for (const [what, text] of WRONG_SECRETS) {
  hundredTest(
    `a secret that is ${what} stops the run before the first row`,
    async (place, table) => {
      await putKey(place, text);
      for (const { hasHmac } of [{ hasHmac: true }, { hasHmac: false }]) {
        if (!hasHmac) await place.control.addFault(faults.withoutHmac());
        const action = await openWithScope(place);
        const error = await action.fails("token_sdk_error", table.urn, ["v", "w"]);
        assert.equal(
          error.message,
          `Cannot tokenize ${table.name}: the secret "tokenize-hmac-2026a" in the scope "pii" ` +
            '(DBX_SECRET_SCOPE) is not the key "2026a" of TOKEN_KEYS_FILE, so the warehouse would ' +
            "make other tokens than the action",
        );
      }
      assert.deepEqual(await columnOf(place, table, "v"), VALUES.v);
      const history = await place.control.queryHistory();
      assert.ok(!history.some(({ statement_text }) => new RegExp(WRITES).test(statement_text)));
    },
  );
}

hundredTest("a secret that is not there stops the run", async (place, table) => {
  const action = await openWithScope(place);
  const error = await action.fails("permission_denied", table.urn, ["v"]);
  assert.equal(
    error.message,
    'Cannot read the secret "tokenize-hmac-2026a" in the scope "pii" (DBX_SECRET_SCOPE): there is ' +
      "no such secret, or the principal lacks READ on the scope " +
      "(INVALID_SECRET_LOOKUP.SECRET_FUNCTION_LOOKUP_FAILED, SQLSTATE 22531)",
  );
  assert.deepEqual(await columnOf(place, table, "v"), VALUES.v);
});

hundredTest("a principal without READ on the scope is refused", async (place, table) => {
  await putKey(place);
  await place.control.addFault(faults.tablePermissionDenied({ statement: READS_SECRET }));
  const action = await openWithScope(place);
  const error = await action.fails("permission_denied", table.urn, ["v"]);
  assert.match(error.message, /^Cannot read the secret "tokenize-hmac-2026a" in the scope "pii"/);
  assert.deepEqual(await columnOf(place, table, "v"), VALUES.v);
});

hundredTest("a dry run finds a wrong secret, too", async (place, table) => {
  await putKey(place, "hunter2");
  const action = await openWithScope(place);
  await action.fails("token_sdk_error", table.urn, ["v"], { dryRun: true });
  await putKey(place);
  const { updated } = await action.tokenize(table.urn, ["v"], { dryRun: true });
  assert.equal(updated, ROWS);
});

for (
  const [what, fault] of [
    ["a conflict", faults.deltaConflict()],
    ["a lost session", faults.expiredSession({ statement: WRITES })],
    ["a session lost before the check", faults.expiredSession({ statement: "^SELECT concat" })],
    ["a lost response", faults.cut("after", { statement: WRITES })],
    ["a lost response to the secret", faults.cut("after", { statement: READS_SECRET })],
  ] as const
) {
  hundredTest(
    `after ${what} the key is read again, and counts stay exact`,
    async (place, table) => {
      await putKey(place);
      const id = await place.control.addFault(fault);
      const action = await openWithScope(place);
      const { updated, skipped } = await action.tokenize(table.urn, ["v", "w"]);
      assert.deepEqual([updated, skipped], [ROWS, 0]);
      assert.equal((await place.control.faultState(id)).hits, 1);
      const history = await place.control.queryHistory();
      const reads = history.filter(({ statement_text }) => /secret\(/.test(statement_text));
      assert.equal(reads.length, 2);
    },
  );
}

hundredTest("without DBX_SECRET_SCOPE the action makes the tokens", async (place, table) => {
  await putKey(place);
  const action = openAction(place, { sdk: await open() });
  const { updated, method } = await action.tokenize(table.urn, ["v"]);
  assert.deepEqual([updated, method], [ROWS, "client"]);
  const history = await place.control.queryHistory();
  assert.ok(!history.some(({ statement_text }) => /secret\(/.test(statement_text)));
});
