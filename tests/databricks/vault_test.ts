/** `vault-transit` on a warehouse, with a real OpenBao server where run.ts could install one. */
import assert from "node:assert/strict";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { openTransit, type TransitFixture } from "../../scripts/servers/openbao/transit_fixture.ts";
import { testUnless } from "../support/skipping.ts";
import { openAction, pushdown } from "./action.ts";
import { columnOf, HUNDRED, ROWS, tokenizeTwice, VALUES } from "./hundred.ts";
import { type Place, type TestTable, warehouseTest, withTable } from "./place.ts";

/** Registers a test with a table of a hundred rows, and a server of its own. */
function vaultTest(
  name: string,
  test: (vault: TransitFixture, place: Place, table: TestTable) => Promise<void>,
): void {
  if (Deno.env.get("TEST_BAO") === undefined) {
    return testUnless("no OpenBao server", name, () => {}); // run.ts says why
  }
  warehouseTest(name, async (place) => {
    const vault = await openTransit();
    try {
      await withTable(place, HUNDRED, (table) => test(vault, place, table));
    } finally {
      await vault.close();
    }
  });
}

/** The column's tokens, which must read back as its values were. */
async function tokensOf(
  place: Place,
  table: TestTable,
  column: "v" | "w",
  sdk: TokenSdk,
): Promise<string[]> {
  const tokens = await columnOf(place, table, column);
  const scope = { platform: "databricks", dataset: table.name.split("."), column };
  assert.deepEqual(await sdk.detokenize!(tokens, scope), VALUES[column]);
  return tokens;
}

for (const scope of ["global", "dataset", "column"] as const) {
  vaultTest(
    `vault-transit in scope ${scope}: the first run updates 100 rows, the second none; the tokens decrypt to the values`,
    async (vault, place, table) => {
      const sdk = await vault.openSdk({ TOKEN_CONTEXT: scope });
      const action = openAction(place, { sdk });
      assert.deepEqual(await tokenizeTwice(action, table), [[ROWS, 0, 0], [0, ROWS, 0]]);
      const tokens = await tokensOf(place, table, "v", sdk);
      assert.equal(new Set(tokens).size, 10, "equal values have equal tokens");
      await tokensOf(place, table, "w", sdk);
      await sdk.close!();
    },
  );
}

vaultTest(
  "vault-transit: a join of two tables gives the same rows once both are tokenized",
  (vault, place, table) =>
    withTable(place, [
      `CREATE TABLE $t AS SELECT w AS buyer, n FROM ${table.sqlName} LATERAL VIEW
        explode(sequence(0, id % 3)) AS n`,
    ], async (orders) => {
      const join = () =>
        place.sql(`SELECT t.id, o.n FROM ${table.sqlName} t JOIN ${orders.sqlName} o
          ON o.buyer = t.w ORDER BY t.id, o.n`);
      const before = await join();
      assert.ok(before.length > ROWS);
      const sdk = await vault.openSdk();
      const action = openAction(place, { sdk });
      await action.tokenize(table.urn, ["w"]);
      assert.deepEqual(await join(), []);
      await action.tokenize(orders.urn, ["buyer"]);
      assert.deepEqual(await join(), before);
      await sdk.close!();
    }),
);

vaultTest(
  "from dummy to vault-transit and on to the next version of the key, every value gets its token",
  async (vault, place, table) => {
    await openAction(place, { sdk: pushdown }).tokenize(table.urn, ["v", "w"]);
    const key = await vault.makeKey();
    const steps = [];
    for (const version of ["v1", "v2"]) {
      if (version === "v2") await vault.server.api("POST", `transit/keys/${key}/rotate`);
      const sdk = await vault.openSdk({ VAULT_TRANSIT_KEY: key });
      const source = version === "v1" ? pushdown : sdk;
      const action = openAction(place, { sdk, rotateFrom: { sdk: source, keyId: undefined } });
      for (const dryRun of [true, false, false]) {
        const { updated, skipped, foreign } = await action
          .tokenize(table.urn, ["v", "w"], { dryRun });
        steps.push([updated, skipped, foreign]);
      }
      for (const column of ["v", "w"] as const) {
        const tokens = await tokensOf(place, table, column, sdk);
        assert.ok(tokens.every((token) => token.startsWith(`vault:${version}:`)));
      }
      await sdk.close!();
    }
    const once = [[ROWS, 0, 0], [ROWS, 0, 0], [0, ROWS, 0]];
    assert.deepEqual(steps, [...once, ...once]);
  },
);
