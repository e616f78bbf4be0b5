/** How a run in batches recognises the rows that its own transactions wrote. */
import assert from "node:assert/strict";
import { settingsReader } from "../../../scripts/servers/test_keys.ts";
import { Session } from "../../../src/platforms/postgres/connection/session.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import {
  MAX_TRANSACTIONS,
  OwnTransactions,
} from "../../../src/platforms/postgres/rewrite/own_transactions.ts";
import { useDatabase } from "../../support/action_fixture.ts";

const database = await useDatabase();

const plain = { canReadXmin: true, triggers: [], functions: [] };

async function inTransaction<T>(use: (session: Session) => Promise<T>): Promise<T> {
  const settings = parsePostgresSettings(database.url, settingsReader({}));
  const session = await Session.open(settings, new AbortController().signal, () => {});
  try {
    await session.query("begin", "BEGIN");
    return await use(session);
  } finally {
    await session.close();
  }
}

Deno.test("a transaction is recognised by the xmin of its rows", async () => {
  await inTransaction(async (session) => {
    await session.query("make a table", "CREATE TABLE own AS SELECT 1 AS id");
    const { rows: [row] } = await session.query<[string]>("read", "SELECT xmin::text FROM own");
    const transactions = new OwnTransactions(plain, { canReject: false });
    const xmin = await transactions.xminOf(session);
    assert.equal(xmin, row![0]);
    assert.deepEqual(transactions.done, [], "before it is committed");
    transactions.add(xmin);
    assert.deepEqual(transactions.done, [xmin]);
  });
});

for (
  const [what, table, conversion] of [
    ["the role may not read xmin", { ...plain, canReadXmin: false }, { canReject: false }],
    ["triggers may undo it", { ...plain, triggers: ["undo"] }, { canReject: false }],
    ["functions may undo it", { ...plain, functions: ["undo"] }, { canReject: false }],
    ["lookalikes stay", plain, { canReject: true }],
  ] as const
) {
  Deno.test(`the rows that a transaction wrote have to be scanned again if ${what}`, async () => {
    await inTransaction(async (session) => {
      await session.query("make a table", "CREATE TABLE own AS SELECT 1 AS id");
      const transactions = new OwnTransactions(table, conversion);
      transactions.add(await transactions.xminOf(session));
      assert.deepEqual(transactions.done, []);
    });
  });
}

Deno.test("with too many transactions to compare, all rows are scanned again", () => {
  const transactions = new OwnTransactions(plain, { canReject: false });
  for (let i = 1; i <= MAX_TRANSACTIONS; i++) transactions.add(String(i));
  assert.equal(transactions.done.length, MAX_TRANSACTIONS);
  transactions.add("one more");
  assert.deepEqual(transactions.done, []);
});
