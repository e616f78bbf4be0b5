/** What a run makes of a warehouse that misbehaves: each case with its problem code and its counts. */
import assert from "node:assert/strict";
import * as faults from "../../scripts/servers/warehouse/faults.ts";
import { jdbcUrl } from "../../scripts/servers/warehouse/environment.ts";
import { jwkSet, openKeyed, sivJwk } from "../../scripts/servers/test_keys.ts";
import { BOTH_WAYS, inClient, openAction, pushdown } from "./action.ts";
import { standInOnly, type StandInPlace, type TestTable, withTable, WRITES } from "./place.ts";
import { CERTIFICATES, LEFT_OPEN } from "./stand_in.ts";
import { until } from "../../scripts/servers/until.ts";

const TEN = [
  "CREATE TABLE $t (id INT, v STRING)",
  "INSERT INTO $t SELECT id, concat('canary ', id % 4) FROM range(10)",
];

const withTen = (place: StandInPlace, use: (table: TestTable) => Promise<void>) =>
  withTable(place, TEN, use);

async function untokenized(place: StandInPlace, { sqlName }: TestTable): Promise<number> {
  const [row] = await place.sql(`SELECT count_if(v LIKE 'canary%') AS left FROM ${sqlName}`);
  return Number(row!.left);
}

async function writes(place: StandInPlace, { sqlName }: TestTable): Promise<string[]> {
  const rows = await place.sql(`DESCRIBE HISTORY ${sqlName}`);
  return rows.map((row) => String(row.operation)).filter((name) => /UPDATE|MERGE/.test(name));
}

/** A run ends well in spite of the fault, with the counts that it would have had without. */
async function endsWell(
  place: StandInPlace,
  table: TestTable,
  action = openAction(place),
): Promise<void> {
  const report = await action.tokenize(table.urn, ["v"]);
  assert.deepEqual([report.updated, report.skipped], [10, 0]);
  assert.equal(await untokenized(place, table), 0);
  assert.equal((await writes(place, table)).length, 1);
}

// the certificate

for (
  const [door, cause] of [
    ["untrusted", "CERTIFICATE_UNKNOWN_ISSUER"],
    ["expired", "CERTIFICATE_EXPIRED"],
    ["wrong_host", "CERTIFICATE_OF_ANOTHER_HOST"],
  ] as const
) {
  standInOnly(
    `with ${CERTIFICATES[door]}, no request is sent`,
    async (place) => {
      const { address } = place.control;
      const url = jdbcUrl({
        ...address,
        ports: { ...address.ports, warehouse: address.ports[door] },
      });
      const action = openAction(place, { jdbcUrl: url });
      const error = await action.fails(
        "database_unreachable",
        "urn:li:dataset:(urn:li:dataPlatform:databricks,a.b.c,PROD)",
        ["v"],
      );
      assert.equal(error.facts.cause, cause);
      await assert.rejects(action.check(), { code: "database_unreachable" });
      const { accepted, secured } = (await place.control.connections())[door];
      assert.ok(accepted >= 2);
      assert.equal(secured, 0);
      assert.deepEqual(await place.control.requests(), []);
    },
  );
}

// refusals

standInOnly(
  "401 and 403 responses fail the run at once, each with its code",
  (place) =>
    withTen(place, async (table) => {
      const action = openAction(place);
      for (
        const [rule, code, cause] of [
          [faults.unauthorized({ times: "always" }), "database_unreachable", "HTTP_401"],
          [faults.forbidden({ times: "always" }), "permission_denied", "HTTP_403"],
        ] as const
      ) {
        const id = await place.control.addFault(rule);
        const error = await action.fails(code, table.urn, ["v"]);
        assert.equal(error.facts.cause, cause);
        assert.equal((await place.control.faultState(id)).hits, 1);
        await place.control.removeFault(id);
      }
      const wrong = place.jdbcUrl.replace(/PWD=[^;]*/, "PWD=dapi-wrong");
      await openAction(place, { jdbcUrl: wrong }).fails("database_unreachable", table.urn, ["v"]);
      const nowhere = place.jdbcUrl.replace(/httpPath=[^;]*/, "httpPath=/sql/1.0/warehouses/none");
      const error = await openAction(place, { jdbcUrl: nowhere }).fails(
        "database_unreachable",
        table.urn,
        ["v"],
      );
      assert.match(error.message, /httpPath/);
      assert.equal(await untokenized(place, table), 10);
    }),
);

standInOnly(
  "a missing privilege on the table is permission_denied",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(faults.tablePermissionDenied({ statement: WRITES }));
      const error = await openAction(place).fails("permission_denied", table.urn, ["v"]);
      assert.deepEqual(error.facts, { sqlState: "42501", errorClass: "INSUFFICIENT_PERMISSIONS" });
      assert.equal(await untokenized(place, table), 10);
    }),
);

standInOnly(
  "after a 429 response the run waits as long as the warehouse asks, and reports it",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(faults.rateLimited(1, { statement: WRITES, times: 2 }));
      await place.control.addFault(
        faults.rateLimited(1, { methods: ["GetOperationStatus"], times: 2 }),
      );
      const action = openAction(place);
      const startMs = performance.now();
      await endsWell(place, table, action);
      assert.ok(performance.now() - startMs >= 4000);
      const waits = action.observations.filter(({ event }) => event === "retrying");
      assert.equal(waits.length, 4);
      assert.ok(waits.every((each) => "facts" in each && each.facts.retryAfterSeconds === 1));
    }),
);

standInOnly(
  "429 responses without end, or with too long a wait, are a timeout",
  (place) =>
    withTen(place, async (table) => {
      const action = openAction(place, { properties: ["RateLimitRetryTimeout=2"] });
      await place.control.addFault(faults.rateLimited(1, { times: "always" }));
      const error = await action.fails("timeout", table.urn, ["v"]);
      assert.equal(error.facts.cause, "HTTP_429");
      await place.control.reset();
      await place.control.addFault(faults.rateLimited(60));
      await action.fails("timeout", table.urn, ["v"]);
      assert.equal(await untokenized(place, table), 10);
    }),
);

// a warehouse that sleeps

for (const style of ["http", "session", "pending"] as const) {
  standInOnly(
    `the run waits for a stopped warehouse (${style}), and reports it`,
    (place) =>
      withTen(place, async (table) => {
        await place.control.addFault(faults.asleep(style, { forMs: 4000 }));
        const action = openAction(place);
        await endsWell(place, table, action);
        assert.ok(action.observations.some(({ event }) => event === "warehouse_starting"));
      }),
  );

  standInOnly(
    `a warehouse that never starts (${style}) is a timeout`,
    (place) =>
      withTen(place, async (table) => {
        await place.control.addFault(faults.asleep(style));
        const properties = ["TemporarilyUnavailableRetryTimeout=3"];
        const error = await openAction(place, { properties }).fails("timeout", table.urn, ["v"]);
        assert.match(error.message, /did not start within 3 s/);
      }),
  );
}

standInOnly(
  "the run waits for a session that opens slowly, up to a limit; one that opens later is closed",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(faults.slow(4000, { methods: ["OpenSession"] }));
      const action = openAction(place);
      await endsWell(place, table, action);
      assert.ok(action.observations.some(({ event }) => event === "warehouse_starting"));
      await place.control.addFault(faults.slow(6000, { methods: ["OpenSession"] }));
      const properties = ["TemporarilyUnavailableRetryTimeout=2"];
      await openAction(place, { properties }).fails("timeout", table.urn, ["v"]);
      await until(async () => {
        const methods = (await place.control.requests()).map(({ method }) => method);
        const count = (wanted: string) => methods.filter((method) => method === wanted).length;
        return count("OpenSession") === count("CloseSession");
      }, "a session is open");
    }),
);

// connections that end

for (const manner of ["abrupt", "clean", "partial"] as const) {
  standInOnly(
    `a connection cut (${manner}) before the write takes effect does no harm`,
    (place) =>
      withTen(place, async (table) => {
        await place.control.addFault(faults.cut("before", { statement: WRITES, manner }));
        await endsWell(place, table);
      }),
  );
}

for (const [method, sdk] of BOTH_WAYS) {
  standInOnly(
    `${method}: the counts are exact after a connection was cut when the write had taken effect`,
    (place) =>
      withTen(place, async (table) => {
        await place.control.addFault(faults.cut("after", { statement: WRITES }));
        const action = openAction(place, { sdk });
        await endsWell(place, table, action);
        assert.ok(action.observations.some(({ event }) => event === "retrying"));
      }),
  );
}

standInOnly(
  "the count is exact after the result of a write was lost",
  (place) =>
    withTen(place, async (table) => {
      const statement = WRITES;
      await place.control.addFault(faults.cut("before", { methods: ["FetchResults"], statement }));
      await endsWell(place, table);
    }),
);

standInOnly(
  "changes of another writer are not counted as those of a lost write",
  (place) =>
    withTen(place, async (table) => {
      await place.sql(`INSERT INTO ${table.sqlName} VALUES (10, NULL)`);
      const between = [
        `UPDATE ${table.sqlName} SET id = id + 100 WHERE v IS NULL`,
        `INSERT INTO ${table.sqlName} VALUES (11, NULL), (12, NULL)`,
      ];
      await place.control.addFault(faults.writerBetween("after", between, { statement: WRITES }));
      await place.control.addFault(faults.cut("after", { statement: WRITES }));
      const report = await openAction(place).tokenize(table.urn, ["v"]);
      assert.deepEqual([report.updated, report.skipped], [10, 3]);
    }),
);

standInOnly(
  "the run survives cut connections while a statement runs and while values are read",
  (place) =>
    withTen(place, async (table) => {
      for (const methods of [["GetOperationStatus"], ["FetchResults"], ["CloseOperation"]]) {
        await place.control.addFault(faults.cut("before", { methods, times: 2 }));
      }
      await endsWell(place, table, openAction(place, { sdk: inClient }));
    }),
);

standInOnly(
  "a dry run starts again if the connection is cut while it reads values",
  (place) =>
    withTen(place, async (table) => {
      await openAction(place).tokenize(table.urn, ["v"]);
      await place.control.addFault(
        faults.cut("before", { methods: ["FetchResults"], statement: "AS s0\\b" }),
      );
      const sdk = await openKeyed("aes-siv", jwkSet(await sivJwk("s1")));
      const action = openAction(place, { sdk, rotateFrom: { sdk: pushdown, keyId: undefined } });
      const { updated, skipped } = await action.tokenize(table.urn, ["v"], { dryRun: true });
      assert.deepEqual([updated, skipped], [10, 0]);
      assert.ok(action.observations.some(({ event }) => event === "retrying"));
    }),
);

standInOnly(
  "client: after a session is lost between reading and writing, the values are read again",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(faults.expiredSession({ statement: "^MERGE", times: 2 }));
      const action = openAction(place, { sdk: inClient });
      await endsWell(place, table, action);
      const keys = (await place.control.queryHistory())
        .filter(({ statement_text }) => statement_text.startsWith("DECLARE"));
      assert.equal(keys.length, 3);
      assert.equal(new Set(keys.map(({ session_id }) => session_id)).size, 3);
    }),
);

standInOnly(
  "rows that were received are kept if the request for more is rejected for a while",
  (place) =>
    withTen(place, async (table) => {
      for (const statement of ["^DESCRIBE TABLE EXTENDED", "^SELECT count", "AS s0\\b"]) {
        await place.control.addFault(
          faults.unavailable(1, { methods: ["FetchResults"], statement, skip: 1 }),
        );
      }
      const report = await openAction(place, { sdk: inClient }).tokenize(table.urn, ["v"]);
      assert.deepEqual([report.updated, report.skipped], [10, 0]);
    }),
);

standInOnly(
  "a network that stays down fails the run, and the error says what is known",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(faults.cut("after", { statement: WRITES }));
      await place.control.addFault(
        faults.cut("before", { methods: ["OpenSession"], skip: 1, times: "always" }),
      );
      const error = await openAction(place).fails("database_unreachable", table.urn, ["v"]);
      assert.match(error.message, /whether the last write was done is not known: run it again/);
      await place.control.reset();
      assert.equal(await untokenized(place, table), 0);
      assert.equal((await openAction(place).tokenize(table.urn, ["v"])).updated, 0);
    }),
);

// sessions that are lost

for (const wording of ["spark", "databricks", "not_found"] as const) {
  standInOnly(
    `an expired session (${wording}) is replaced at any request`,
    (place) =>
      withTen(place, async (table) => {
        await place.control.addFault(faults.expiredSession({ wording }));
        await place.control.addFault(faults.expiredSession({ wording, statement: WRITES }));
        await place.control.addFault(
          faults.expiredSession({ wording, methods: ["FetchResults"], skip: 1 }),
        );
        await endsWell(place, table);
      }),
  );
}

standInOnly(
  "the counts are exact after a session was lost during a write",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault(
        faults.expiredSession({ methods: ["GetOperationStatus"], statement: WRITES }),
      );
      const report = await openAction(place).tokenize(table.urn, ["v"]);
      assert.deepEqual([report.updated, report.skipped], [10, 0]);
      assert.equal(await untokenized(place, table), 0);
    }),
);

// other writers

for (const [method, sdk] of BOTH_WAYS) {
  for (const wording of ["spark", "databricks"] as const) {
    standInOnly(
      `${method}: writes that conflict (${wording}) are repeated`,
      (place) =>
        withTen(place, async (table) => {
          await place.control.addFault(faults.deltaConflict({ wording, times: 2 }));
          const action = openAction(place, { sdk });
          await endsWell(place, table, action);
          const retries = action.observations.filter(({ event }) => event === "retrying");
          assert.equal(retries.length, 2);
        }),
    );
  }
}

standInOnly(
  "a write that conflicts in Delta itself is repeated",
  (place) =>
    withTen(place, async (table) => {
      const slowly = (operand: string) =>
        `left(aggregate(sequence(1, 2000000 + length(${operand})), 0L, (a, x) -> a + x)::string, 0)`;
      const sdk = {
        ...pushdown,
        sqlExpression: (dialect: "spark" | "postgres", operand: string) =>
          `${pushdown.sqlExpression!(dialect, operand)} || ${slowly(operand)}`,
      };
      const action = openAction(place, { sdk });
      const run = action.tokenize(table.urn, ["v"]);
      while (
        !(await place.control.requests()).some(({ statement }) => /^UPDATE/.test(statement ?? ""))
      ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await place.sql(`UPDATE ${table.sqlName} SET id = id + 100`);
      const report = await run;
      assert.deepEqual([report.updated, report.skipped], [10, 0]);
      const retries = action.observations.filter((each) => each.event === "retrying");
      assert.ok(retries.length > 0);
      for (const { facts } of retries) assert.match(facts.errorClass ?? "", /^DELTA_CONCURRENT_/);
      assert.equal(await untokenized(place, table), 0);
    }),
);

standInOnly(
  "conflicts without end fail the run with conflict",
  (place) =>
    withTen(place, async (table) => {
      const id = await place.control.addFault(faults.deltaConflict({ times: "always" }));
      const error = await openAction(place).fails("conflict", table.urn, ["v"]);
      assert.deepEqual(error.facts, { sqlState: "2D521", errorClass: "DELTA_CONCURRENT_APPEND" });
      assert.equal((await place.control.faultState(id)).hits, 6);
      assert.equal(await untokenized(place, table), 10);
    }),
);

standInOnly(
  "client: a row that changed since it was read gets its own token",
  (place) =>
    withTen(place, async (table) => {
      const between = [
        `UPDATE ${table.sqlName} SET v = 'new' WHERE id = 3`,
        `INSERT INTO ${table.sqlName} VALUES (10, 'canary late')`,
      ];
      await place.control.addFault(
        faults.writerBetween("before", between, { statement: "^MERGE" }),
      );
      const action = openAction(place, { sdk: inClient });
      const report = await action.tokenize(table.urn, ["v"]);
      assert.deepEqual([report.updated, report.skipped], [11, 0]);
      assert.deepEqual(
        await place.sql(`SELECT v FROM ${table.sqlName} WHERE id = 3`),
        [{ v: "tok_bmV3_poc" }],
      );
      assert.equal(await untokenized(place, table), 0);
    }),
);

standInOnly(
  "client: endless writers fail the run with conflict, and the message says what is left",
  (place) =>
    withTen(place, async (table) => {
      const insert = `INSERT INTO ${table.sqlName} SELECT 99, concat('canary ', uuid())`;
      await place.control.addFault(
        faults.writerBetween("before", [insert], { statement: "^MERGE", times: "always" }),
      );
      const action = openAction(place, { sdk: inClient });
      const error = await action.fails("conflict", table.urn, ["v"]);
      assert.match(error.message, /1 row still holds a value after 5 passes/);
      assert.match(error.message, /14 rows were written before and stay/);
    }),
);

standInOnly(
  "client: what was written before a statement failed is kept and reported",
  (place) =>
    withTable(place, [
      "CREATE TABLE $t (id INT, v STRING)",
      "INSERT INTO $t SELECT id, concat(id % 20, repeat('canary ', 90000)) FROM range(40)",
    ], async (table) => {
      await place.control.addFault(
        faults.tablePermissionDenied({ statement: "^MERGE", skip: 1, times: "always" }),
      );
      const action = openAction(place, { sdk: inClient });
      const error = await action.fails("permission_denied", table.urn, ["v"]);
      const [, written] = /; (\d+) rows were written before and stay: run it again/.exec(
        error.message,
      )!;
      await place.control.reset();
      const rest = await action.tokenize(table.urn, ["v"]);
      assert.equal(Number(written) + rest.updated, 40);
      assert.ok(rest.updated > 0 && Number(written) > 0);
    }),
);

// ending a run

for (const [method, sdk] of BOTH_WAYS) {
  standInOnly(
    `${method}: a run that is stopped cancels its statement and closes its session`,
    (place) =>
      withTen(place, async (table) => {
        const ending = new AbortController();
        const id = await place.control.addFault({
          action: { kind: "keep_pending" },
          methods: ["GetOperationStatus"],
          statement: WRITES,
          times: "always",
        });
        const action = openAction(place, { sdk });
        const { ServiceError } = await import("../../src/errors.ts");
        const failed = action.fails("shutting_down", table.urn, ["v"], { signal: ending.signal });
        await place.control.waitForHits(id);
        ending.abort(new ServiceError("shutting_down", "Cannot finish the run: it is to end"));
        await failed;
        const requests = await place.control.requests();
        const cancelled = requests.find(({ method }) => method === "CancelOperation");
        assert.match(cancelled?.statement ?? "", new RegExp(WRITES));
        assert.equal(requests.at(-1)?.method, "CloseSession");
      }),
  );
}

standInOnly(
  "RUN_TIMEOUT_MS fails a run whose statement hangs, cancels it and closes the session",
  (place) =>
    withTen(place, async (table) => {
      await place.control.addFault({
        action: { kind: "keep_pending" },
        methods: ["GetOperationStatus"],
        statement: WRITES,
        times: "always",
      });
      const action = openAction(place, { sdk: pushdown, runTimeoutMs: 2000 });
      const error = await action.fails("timeout", table.urn, ["v"]);
      assert.match(error.message, /RUN_TIMEOUT_MS allows, 2000 ms/);
      const requests = await place.control.requests();
      assert.ok(requests.some(({ method }) => method === "CancelOperation"));
      assert.equal(requests.at(-1)?.method, "CloseSession");
    }),
);

standInOnly(
  "a run that is stopped does not wait for a warehouse that does not respond",
  (place) =>
    withTen(place, async (table) => {
      const ending = new AbortController();
      const id = await place.control.addFault(faults.hold("before", { statement: WRITES }));
      const { ServiceError } = await import("../../src/errors.ts");
      const failed = openAction(place, { sdk: pushdown }).fails("shutting_down", table.urn, ["v"], {
        signal: ending.signal,
      });
      await place.control.waitForHits(id);
      ending.abort(new ServiceError("shutting_down", "Cannot finish the run: it is to end"));
      await failed;
      const requests = await place.control.requests();
      assert.ok(requests.some(({ method }) => method === "CloseSession"));
      assert.equal(await untokenized(place, table), 10);
    }),
  LEFT_OPEN, // the request that has no response
);
