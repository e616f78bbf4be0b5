/** A session: what it sends and gives, and that a COPY waits for its reader. */
import assert from "node:assert/strict";
import { serverSettings } from "../../../scripts/servers/postgres/sql.ts";
import { until } from "../../../scripts/servers/until.ts";
import { ServiceError } from "../../../src/errors.ts";
import { PREPARED, Session } from "../../../src/platforms/postgres/connection/session.ts";
import { useDatabase } from "../../support/action_fixture.ts";
import { startFreezingProxy } from "../../support/freezing_proxy.ts";

const database = await useDatabase();
const settings = serverSettings(database.url);

async function withSession(use: (session: Session) => Promise<void>): Promise<void> {
  const session = await Session.open(settings, new AbortController().signal, () => {});
  try {
    await use(session);
  } finally {
    await session.close();
  }
}

/** `rows` rows of about 1000 bytes. */
const copyOf = (rows: number) =>
  `COPY (SELECT generate_series(1, ${rows}), repeat('x', 990)) TO STDOUT`;

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const piece of pieces) all.push(...piece);
  return Uint8Array.from(all);
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces) text += decoder.decode(piece, { stream: true });
  return text;
}

Deno.test("a statement joined to one that fails is not run, in a transaction or outside of one", async () => {
  await database.sql.unsafe("create table joined (id int)");
  const join = { joinsNext: true };
  for (const begin of [[], ["BEGIN"]]) {
    await withSession(async (session) => {
      const sent = [
        ...begin.map((text) => session.query("begin", text, PREPARED, join)),
        session.query("insert", "INSERT INTO joined VALUES (1)", PREPARED, join),
        session.query("divide", "SELECT 1 / 0", PREPARED, join),
        session.query("insert", "INSERT INTO joined VALUES (2)", PREPARED, join),
        session.query("insert", "INSERT INTO joined VALUES (3)", PREPARED),
      ];
      const ended = (await Promise.allSettled(sent)).slice(begin.length);
      assert.deepEqual(ended.map(({ status }) => status), [
        "fulfilled",
        "rejected",
        "rejected",
        "rejected",
      ]);
      const said = ended.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
      assert.deepEqual(said.map(({ facts }) => facts.sqlState), ["22012", "22012", "22012"]);
      await session.query("roll back", "ROLLBACK");
      const { rows } = await session.query("count", "SELECT count(*) FROM joined", PREPARED);
      assert.deepEqual(rows, [["0"]]);
    });
  }
});

Deno.test("a statement that cannot be joined to ends the group before it", async () => {
  await withSession(async (session) => {
    const join = { joinsNext: true };
    const all = await Promise.all([
      session.query("select", "SELECT 1", PREPARED, join),
      session.query("select", "SELECT 2"),
      session.query("select", "SELECT 3", PREPARED, join),
      textOf(session.copyOut("copy", "COPY (SELECT 4) TO STDOUT")),
    ]);
    const [one, two, three, four] = all;
    assert.deepEqual([one.rows, two.rows, three.rows, four], [[[1]], [[2]], [[3]], "4\n"]);
    await assert.rejects(
      Promise.all([
        session.query("divide", "SELECT 1 / 0", PREPARED, join),
        session.query("select", "SELECT 2"),
      ]),
      ServiceError,
    );
    const { rows } = await session.query("select", "SELECT 5", PREPARED);
    assert.deepEqual(rows, [[5]]);
  });
});

Deno.test("a session is closed if what it was to cancel does not end, though other statements do", async () => {
  const { hostname, port } = new URL(database.url);
  using proxy = startFreezingProxy({ hostname, port: Number(port) });
  const throughProxy = serverSettings(
    database.url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`),
  );
  const session = await Session.open(throughProxy, new AbortController().signal, () => {});
  proxy.holdNew(); // the request to cancel does not arrive
  const first = session.query("wait", "SELECT pg_sleep(0.2)");
  const second = session.query("wait", "SELECT pg_sleep(60)");
  session.cancel();
  await first;
  await assert.rejects(second, { code: "database_unreachable" });
  assert.ok(session.lost);
});

Deno.test("a session that was to cancel what was not under way takes nothing but a ROLLBACK", () =>
  withSession(async (session) => {
    await session.query("begin", "BEGIN");
    session.cancel();
    await assert.rejects(session.query("wait", "SELECT 1"), { code: "database_error" });
    await assert.rejects(textOf(session.copyOut("copy", copyOf(1))), { code: "database_error" });
    await session.query("roll back", "ROLLBACK");
    assert.ok(!session.reusable);
  }));

Deno.test("a COPY gives its content, and the session goes on", () =>
  withSession(async (session) => {
    const lines = (await textOf(session.copyOut("copy", copyOf(5000)))).split("\n");
    assert.equal(lines.length, 5001);
    assert.deepEqual(
      lines.slice(0, 5000).map((line) => Number(line.split("\t")[0])),
      [
        ...Array(5000).keys(),
      ].map((i) => i + 1),
    );
    assert.ok(lines.slice(0, 5000).every((line) => line.endsWith("\t" + "x".repeat(990))));
    assert.equal(await textOf(session.copyOut("copy", "COPY (SELECT WHERE false) TO STDOUT")), "");
    assert.deepEqual((await session.query("ask", "SELECT 1")).rows, [[1]]);
    assert.ok(session.reusable);
  }));

Deno.test("a COPY waits for its reader: the server stops sending", () =>
  withSession(async (session) => {
    const pieces = session.copyOut("copy", copyOf(200_000));
    let bytes = (await pieces.next()).value!.length;
    const waits = async () => {
      const [row] = await database.sql`select wait_event from pg_stat_activity
        where pid = ${session.pid}`;
      return row?.wait_event === "ClientWrite";
    };
    await until(waits);
    for await (const piece of pieces) bytes += piece.length;
    assert.ok(bytes > 198_000_000);
  }));

Deno.test("a COPY whose reader stops early is cancelled, and the session is not used again", () =>
  withSession(async (session) => {
    for await (const _ of session.copyOut("copy", copyOf(2_000_000_000))) break;
    assert.equal(session.reusable, false);
    await until(async () => {
      const rows = await database.sql`select from pg_stat_activity
        where pid = ${session.pid} and state <> 'idle'`;
      return rows.length === 0;
    });
  }));

Deno.test("a COPY that fails half-way throws an error of our own, and the session goes on", () =>
  withSession(async (session) => {
    const failing = "COPY (SELECT 1 / (90000 - generate_series(1, 100000))) TO STDOUT";
    const error = await textOf(session.copyOut("copy", failing)).then(
      assert.fail,
      (thrown) => thrown,
    );
    assert.ok(error instanceof ServiceError);
    assert.equal(error.facts.sqlState, "22012");
    assert.ok(session.reusable);
    assert.deepEqual((await session.query("ask", "SELECT 1")).rows, [[1]]);
  }));

Deno.test("a statement that fails because a COPY before it failed reports the failure of the COPY", () =>
  withSession(async (session) => {
    const statesOf = async (copied: string) => {
      const outcomes = await Promise.allSettled([
        session.query("begin", "BEGIN"),
        textOf(session.copyOut("copy", copied)),
        session.query("ask", "SELECT 1", []),
        session.query("roll back", "ROLLBACK"),
      ]);
      return outcomes.map((each) =>
        each.status === "rejected" ? (each.reason as ServiceError).facts.sqlState : undefined
      );
    };
    assert.deepEqual(await statesOf("COPY (SELECT 1 / 0) TO STDOUT"), [
      undefined,
      "22012",
      "22012",
      undefined,
    ]);
  }));

Deno.test("rows that are fetched come as those of a binary COPY, without header and end", () =>
  withSession(async (session) => {
    const select = "SELECT n, n::text FROM generate_series(1, 1000) n";
    await session.query("begin", "BEGIN");
    const fetched = await bytesOf(session.fetch("fetch", 2000, select));
    const copied = await bytesOf(
      session.copyOut("copy", `COPY (${select}) TO STDOUT (FORMAT binary)`),
    );
    assert.deepEqual(fetched, copied.subarray(19, -2));
    await session.query("roll back", "ROLLBACK");
  }));

Deno.test("rows are fetched in pieces, between other statements, from one snapshot", () =>
  withSession(async (session) => {
    await session.query(
      "begin",
      "BEGIN; CREATE TEMPORARY TABLE few ON COMMIT DROP AS SELECT n FROM generate_series(1, 10) n",
    );
    for (const round of [1, 2]) { // the second time it is prepared, and opened although it is open
      const pieces: Promise<Uint8Array>[] = [];
      for (const rows of [4, 4, 4, 4]) {
        const opened = pieces.length === 0 ? "SELECT n FROM pg_temp.few ORDER BY n" : undefined;
        pieces.push(bytesOf(session.fetch("fetch", rows, opened)));
        await session.query("insert", "INSERT INTO few VALUES ($1)", [String(100 * round)]);
      }
      const sizes = (await Promise.all(pieces)).map(({ length }) => length / 10);
      assert.deepEqual(sizes, round === 1 ? [4, 4, 2, 0] : [4, 4, 4, 2]);
    }
    await session.query("roll back", "ROLLBACK");
  }));

Deno.test("rows that cannot be fetched fail the transaction, and the next one works", () =>
  withSession(async (session) => {
    const failing = "SELECT 1 / (3 - n) FROM generate_series(1, 5) n";
    for (const _ of ["new", "prepared"]) {
      await session.query("begin", "BEGIN");
      assert.equal((await bytesOf(session.fetch("fetch", 2, failing))).length, 20);
      const outcomes = await Promise.allSettled([
        bytesOf(session.fetch("fetch", 2)),
        session.query("ask", "SELECT 1"),
      ]);
      for (const outcome of outcomes) {
        assert.equal((outcome as PromiseRejectedResult).reason.facts.sqlState, "22012");
      }
      await session.query("roll back", "ROLLBACK");
    }
    await assert.rejects(bytesOf(session.fetch("fetch", 2)), { code: "database_error" });
    assert.ok(session.reusable);
  }));

Deno.test("parameters are texts, or bytes in the binary format of their type", () =>
  withSession(async (session) => {
    const text = "é 静香 \u{1F600}";
    const parameters = [text, new TextEncoder().encode(text), Uint8Array.of(0, 0, 1, 44), null];
    const asked = session.query(
      "ask",
      "SELECT $1::text, $2::text, $3::int4, $4::text, $1::text = $2::text",
      parameters,
    );
    (parameters[1] as Uint8Array).fill(0); // they were copied
    assert.deepEqual((await asked).rows, [[text, text, 300, null, true]]);
  }));

Deno.test("values are numbers, booleans and JSON, and else texts as they are", () =>
  withSession(async (session) => {
    const { rows } = await session.query(
      "ask",
      `SELECT 1::int2, 2, 3::int8, 4::oid, 0.5::float8, true, '{"a": null}'::json, 'null'::jsonb,
        '{a,b}'::text[], U&'\\FEFFbom', ''`,
    );
    assert.deepEqual(rows, [
      [1, 2, "3", 4, 0.5, true, { a: null }, null, "{a,b}", "\uFEFFbom", ""],
    ]);
  }));

Deno.test("statements that are sent together fail one by one, and a failed one is prepared later", () =>
  withSession(async (session) => {
    const later = "SELECT count(*)::int FROM later";
    const ask = (text: string, parameters?: string[]) => session.query("ask", text, parameters);
    const results = await Promise.allSettled([
      ask(later, []),
      ask(later, []),
      ask("SELECT $1::int + 1", ["1"]),
      ask("SELECT $1::int + 1", ["2"]),
      ask("CREATE TEMPORARY TABLE later (id int); INSERT INTO later VALUES (1)"),
      ask(later, []),
    ]);
    assert.deepEqual(
      results.map((each) =>
        each.status === "fulfilled" ? each.value.rows : each.reason.facts.sqlState
      ),
      ["42P01", "42P01", [[2]], [[3]], [], [[1]]],
    );
    assert.deepEqual((await ask(later, [])).rows, [[1]]);
    assert.deepEqual((await ask("SELECT $1::int + 1", ["3"])).rows, [[4]]);
  }));

Deno.test("a statement whose first parameters were refused gives numbers the next time", () =>
  withSession(async (session) => {
    const text = "SELECT $1::int + 1";
    await assert.rejects(session.query("ask", text, ["one"]));
    assert.deepEqual((await session.query("ask", text, ["1"])).rows, [[2]]);
  }));

Deno.test("a statement is prepared once a session", () =>
  withSession(async (session) => {
    for (const n of ["1", "2", "3"]) await session.query("ask", "SELECT $1::int", [n]);
    const { rows } = await session.query(
      "ask",
      "SELECT count(*)::int FROM pg_prepared_statements WHERE statement = 'SELECT $1::int'",
    );
    assert.deepEqual(rows, [[1]]);
  }));

Deno.test("a session keeps the statements that it used last, and prepares others again", () =>
  withSession(async (session) => {
    const ask = async (i: number) =>
      (await session.query("ask", `SELECT $1::int + ${i}`, ["1"])).rows[0]![0];
    const kept = async () =>
      (await session.query("ask", "SELECT statement FROM pg_prepared_statements")).rows.flat();
    for (let i = 0; i < 200; i++) assert.deepEqual([await ask(0), await ask(i)], [1, i + 1]);
    const together = Array.from({ length: 200 }, (_, i) => ask(1000 + i));
    assert.deepEqual(await Promise.all(together), together.map((_, i) => 1001 + i));
    for (let i = 0; i < 200; i++) assert.equal(await ask(i), i + 1);
    const statements = await kept();
    assert.ok(statements.length > 10 && statements.length <= 64, `${statements.length}`);
    assert.ok(statements.includes("SELECT $1::int + 199"));
    assert.equal(await ask(0), 1);
  }));

Deno.test("the count and the command of a statement are those that the server reports", () =>
  withSession(async (session) => {
    const said = async (text: string) => {
      const { command, count } = await session.query("do", text);
      return [command, count];
    };
    assert.deepEqual(await said("CREATE TEMPORARY TABLE t (a int)"), ["CREATE TABLE", 0]);
    assert.deepEqual(await said("INSERT INTO t SELECT generate_series(1, 7)"), ["INSERT", 7]);
    assert.deepEqual(await said("UPDATE t SET a = 0 WHERE a < 3"), ["UPDATE", 2]);
    assert.deepEqual(await said("SELECT a FROM t; DELETE FROM t"), ["DELETE", 7]);
    assert.deepEqual(await said("COMMIT"), ["COMMIT", 0]);
    assert.deepEqual(await said(""), ["", 0]);
  }));
