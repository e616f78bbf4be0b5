/** The page of messages has what the program says. */
import assert from "node:assert/strict";
import { errorMessages } from "../../scripts/docs/error_messages.ts";
import { ERROR_CODES } from "../../src/errors.ts";
import { textOf } from "./pages.ts";

/** Their sentences are made of variables alone. */
const MADE_FOR_THE_CASE = ["shutting_down"];

Deno.test("every error code has messages that name what is wrong", async () => {
  const messages = await errorMessages();
  assert.deepEqual([...messages.keys()], [...ERROR_CODES]);
  const without = [...messages].filter(([, list]) => list.length === 0).map(([code]) => code);
  assert.deepEqual(without, MADE_FOR_THE_CASE);
  assert.ok([...messages.values()].flat().length > 150);
});

Deno.test("messages are read whole: with alternatives, joined literals and names of texts above", async () => {
  const messages = await errorMessages();
  const has = (
    code: "column_not_tokenizable" | "table_not_found" | "wrong_database" | "database_error",
    text: string,
  ) => assert.ok(messages.get(code)!.some((each) => each.startsWith(text)), text);
  has("wrong_database", 'Cannot find the table: "…" is not in database "…", the one connected to');
  has("database_error", "Cannot …: the server's disk is full"); // in a list
  has("column_not_tokenizable", 'Cannot tokenize …: column "…" is generated from other columns'); // by a function of its own
  has("table_not_found", 'Cannot find the table: the warehouse shows none that "…" names, or none');
});

Deno.test("messages have the form of messages", async () => {
  for (const [code, list] of await errorMessages()) {
    for (const message of list) {
      assert.match(message, /^Cannot [^]*[^.\s]$/, code);
      assert.doesNotMatch(message, /undefined|\$\{| {2}/, code);
    }
  }
});

Deno.test("docs/messages.md has every code", async () => {
  const text = await textOf("docs/messages.md");
  for (const code of ERROR_CODES) assert.ok(text.includes(`\n### ${code}\n`), code);
});
