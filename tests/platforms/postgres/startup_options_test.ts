/** `options`: what the server is to set when a session begins. What a run relies on stays the run's own. */
import assert from "node:assert/strict";
import { machineSource } from "../../../scripts/servers/test_keys.ts";
import { Connector } from "../../../src/platforms/postgres/connection/connector.ts";
import { resetSession } from "../../../src/platforms/postgres/connection/reset_session.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import {
  clientSdk,
  dummySdk,
  openAction,
  tokenOf,
  useDatabase,
} from "../../support/action_fixture.ts";

const database = await useDatabase();
const { sql, valuesOf } = database;

function urlWith(options: string): string {
  return `${database.url}?options=${encodeURIComponent(options)}`;
}

Deno.test("options hold from the session's first statement on, and after a reset", async () => {
  const url = urlWith(String.raw`-c work_mem=1234kB --geqo=off -c application_name=a\ name`);
  const settings = parsePostgresSettings(url, settingsReader(machineSource({})));
  const session = await new Connector(settings).open(new AbortController().signal, () => {});
  const read = async () => {
    const names = ["work_mem", "geqo", "application_name"];
    const text = `select ${names.map((name) => `current_setting('${name}')`)}`;
    return (await session.query("test", text)).rows[0];
  };
  try {
    // a parameter of its own counts before the same one in options
    assert.deepEqual(await read(), ["1234kB", "off", "tokenize-action"]);
    await session.query("test", "set work_mem = '5MB'");
    await resetSession(session);
    assert.deepEqual(await read(), ["1234kB", "off", "tokenize-action"]);
  } finally {
    await session.close();
  }
});

/** Each would change what a run reads, writes or understands. */
const HOSTILE = [
  "client_encoding=latin1",
  "search_path=hostile",
  "row_security=on",
  "array_nulls=off",
  "standard_conforming_strings=off",
  "default_transaction_read_only=on",
  "default_transaction_isolation=serializable",
  "session_replication_role=replica",
  "statement_timeout=1h",
  "datestyle=German",
  "intervalstyle=sql_standard",
  "bytea_output=escape",
  "extra_float_digits=-15",
  "quote_all_identifiers=on",
  "enable_tidscan=off",
  "gin_fuzzy_search_limit=1",
  "lock_timeout=1ms",
];

for (
  const [way, tokenSdk, pushdown] of [["client", clientSdk, false], [
    "pushdown",
    dummySdk,
    true,
  ]] as const
) {
  Deno.test(`options do not change what a run does (${way})`, async () => {
    await sql.unsafe(`drop table if exists people; create table people (id int, name text);
      insert into people values (1, 'Größe 💌'), (2, null), (3, E'back\\\\slash'), (4, 'NULL')`);
    const options = HOSTILE.map((each) => `-c ${each}`).join(" ");
    await using action = openAction(urlWith(options), { tokenSdk, pushdown });
    const report = await action.tokenize("public.people", ["name"]);
    assert.deepEqual([report.updated, report.skipped], [3, 1]);
    assert.deepEqual(await valuesOf("people", "name"), [
      tokenOf("Größe 💌"),
      null,
      tokenOf("back\\slash"),
      tokenOf("NULL"),
    ]);
    assert.equal((await action.tokenize("public.people", ["name"])).updated, 0);
  });
}

Deno.test("options that the server does not accept are named as what is wrong", async () => {
  for (const options of ["-c no_such_setting=1", "-c work_mem=canary", "-c max_connections=5"]) {
    await using action = openAction(urlWith(options));
    const error = await action.fails("database_unreachable", "public.people", ["name"]);
    assert.match(
      error.message,
      /^Cannot connect to Postgres: .*the connection's options \(SQLSTATE \w{5}\)$/,
    );
  }
});
