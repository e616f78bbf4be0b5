/**
 * What each misbehaviour of the stand-in looks like at the driver. The README's table is this file in
 * words; whoever maps the driver's errors relies on both.
 */
import assert from "node:assert/strict";
import type { Driver, DriverOptions } from "../driver.ts";
import { CERTIFICATES, standInTest } from "../stand_in.ts";
import * as faults from "../../../scripts/servers/warehouse/faults.ts";

const DELTA = "spark_catalog.default";
/** The driver's own retries, made quick. */
const QUICK: Partial<DriverOptions> = { retryMaxAttempts: 3, retryDelayMinMs: 20 };
const SELECT = "SELECT 1 AS one";

interface Thrown {
  readonly constructor: { readonly name: string };
  readonly message: string;
  readonly statusCode?: number;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly errorCode?: string;
  readonly response?: {
    readonly headers?: Headers;
    readonly sqlState?: string;
    readonly errorMessage?: string;
    readonly displayMessage?: string | null;
  };
}

/** What the promise was rejected with. */
async function thrownBy(promise: Promise<unknown>): Promise<Thrown> {
  try {
    await promise;
  } catch (error) {
    return error as Thrown;
  }
  assert.fail("nothing was thrown");
}

async function assertWorks(driver: Driver): Promise<void> {
  assert.deepEqual(await driver.run(SELECT), [{ one: 1 }]);
}

for (
  const [name, rule, statusCode] of [
    ["401", faults.unauthorized(), 401],
    ["403", faults.forbidden(), 403],
    ["429", faults.rateLimited(7), 429],
    ["503", faults.unavailable(7), 503],
  ] as const
) {
  standInTest(
    `the driver throws ${name} as it is, when a session opens and when a statement starts`,
    async ({
      control,
      openDriver,
    }) => {
      const retryAfter = statusCode >= 429 ? "7" : null;
      const assertStatus = async (promise: Promise<unknown>) => {
        const thrown = await thrownBy(promise);
        assert.equal(thrown.constructor.name, "THTTPException");
        assert.equal(thrown.statusCode, statusCode);
        assert.equal(thrown.response?.headers?.get("retry-after"), retryAfter);
        assert.ok(thrown.response?.headers?.get("x-thriftserver-error-message"));
      };
      await control.addFault(rule);
      await assertStatus(openDriver(QUICK));
      await using driver = await openDriver(QUICK);
      for (const methods of [["ExecuteStatement"], ["FetchResults"]]) {
        await control.addFault({ ...rule, methods });
        await assertStatus(driver.run(SELECT));
      }
      await assertWorks(driver);
    },
  );
}

standInTest("the driver waits and retries on 429 and 503 while it polls", async (standIn) => {
  await using driver = await standIn.openDriver(QUICK);
  for (const rule of [faults.rateLimited(1), faults.unavailable(1)]) {
    await standIn.control.addFault({ ...rule, methods: ["GetOperationStatus"], times: 1 });
    await assertWorks(driver);
  }
});

standInTest(
  "429 without end while the driver polls is thrown without its status",
  async (standIn) => {
    await using driver = await standIn.openDriver(QUICK);
    const rule = faults.rateLimited(1, { methods: ["GetOperationStatus"], times: "always" });
    const id = await standIn.control.addFault(rule);
    const thrown = await thrownBy(driver.run(SELECT));
    assert.equal(thrown.constructor.name, "HiveDriverError");
    assert.match(thrown.message, /^Hive driver: 429 when connecting to resource/);
    assert.equal(thrown.statusCode, undefined);
    assert.equal((await standIn.control.faultState(id)).hits, QUICK.retryMaxAttempts);
  },
);

standInTest("a wrong token is refused with 401, a wrong path with 404", async ({ openDriver }) => {
  assert.equal((await thrownBy(openDriver({ token: "dapi-wrong" }))).statusCode, 401);
  const path = "/sql/1.0/warehouses/another";
  assert.equal((await thrownBy(openDriver({ path }))).statusCode, 404);
});

for (const door of ["untrusted", "expired", "wrong_host"] as const) {
  standInTest(`with ${CERTIFICATES[door]}, the token is never sent`, async ({
    control,
    openDriver,
  }) => {
    const thrown = await thrownBy(openDriver({ port: control.address.ports[door] }));
    assert.equal(thrown.constructor.name, "FetchError");
    assert.equal(thrown.type, "system");
    assert.equal(thrown.code, undefined);
    assert.match(thrown.message, /reason: connection error$/);
    assert.deepEqual((await control.connections())[door], { accepted: 1, secured: 0 });
    assert.deepEqual(await control.requests(), []);
  });
}

standInTest("a closed port has an error code of its own", async ({ openDriver }) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const thrown = await thrownBy(openDriver({ port }));
  assert.equal(thrown.constructor.name, "FetchError");
  assert.equal(thrown.code, "ECONNREFUSED");
});

for (const moment of ["before", "after"] as const) {
  standInTest(
    `a cut ${moment} the effect is thrown as the same error, and only the effect differs`,
    async ({
      control,
      openDriver,
    }) => {
      const table = `${DELTA}.cut_${moment}`;
      await control.sql(`CREATE OR REPLACE TABLE ${table} (v STRING)`);
      await using driver = await openDriver(QUICK);
      await control.addFault(faults.cut(moment, { statement: "^INSERT" }));
      const thrown = await thrownBy(driver.run(`INSERT INTO ${table} VALUES ('a')`));
      assert.equal(thrown.constructor.name, "FetchError");
      assert.equal(thrown.type, "system");
      assert.match(thrown.message, /reason: connection error$/);
      const rows = await control.sql(`SELECT v FROM ${table}`);
      assert.deepEqual(rows, moment === "before" ? [] : [{ v: "a" }]);
      await assertWorks(driver);
    },
  );
}

standInTest("the driver retries after a cut while it polls", async ({ control, openDriver }) => {
  await using driver = await openDriver(QUICK);
  await control.addFault(faults.cut("before", { methods: ["GetOperationStatus"] }));
  await assertWorks(driver);
  const rule = faults.cut("before", { methods: ["GetOperationStatus"], times: "always" });
  const id = await control.addFault(rule);
  const thrown = await thrownBy(driver.run(SELECT));
  assert.equal(thrown.constructor.name, "HiveDriverError");
  assert.match(thrown.message, /^Hive driver: Error when connecting to resource/);
  await control.removeFault(id);
});

standInTest("a clean end instead of a response is noticed only by the timeout", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver({ ...QUICK, socketTimeoutMs: 700 });
  await control.addFault(faults.cut("before", { manner: "clean" }));
  const thrown = await thrownBy(driver.run(SELECT));
  assert.equal(thrown.constructor.name, "TApplicationException");
  assert.equal(thrown.message, "Request timed out");
});

standInTest("half a response is noticed by the timeout, and leaves an unhandled rejection", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver({ ...QUICK, socketTimeoutMs: 2000 });
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    unhandled.push(event.reason);
    event.preventDefault();
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    await control.addFault(faults.cut("before", { manner: "partial" }));
    const thrown = await thrownBy(driver.run(SELECT));
    assert.equal(thrown.constructor.name, "FetchError");
    assert.equal(thrown.type, "body-timeout");
    assert.equal(unhandled.length, 1);
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
});

standInTest("connections that end between requests do no harm", async ({ control, openDriver }) => {
  await using driver = await openDriver({ ...QUICK, socketTimeoutMs: 10_000 });
  await control.addFault(faults.hangUp({ methods: undefined, times: "always" }));
  for (let count = 0; count < 3; count++) await assertWorks(driver);
  const { accepted } = (await control.connections()).warehouse;
  assert.ok(accepted > 6, `${accepted} connections`);
});

standInTest("the driver waits for a slow response up to the socket timeout", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver({ ...QUICK, socketTimeoutMs: 1500 });
  await control.addFault(faults.slow(200));
  await assertWorks(driver);
  await control.addFault(faults.slow(4000));
  const thrown = await thrownBy(driver.run(SELECT));
  assert.equal(thrown.constructor.name, "TApplicationException");
  assert.equal(thrown.message, "Request timed out");
});

for (const wording of ["spark", "databricks"] as const) {
  standInTest(`a conflict in the words of ${wording} fails the first writes`, async ({
    control,
    openDriver,
  }) => {
    const table = `${DELTA}.struck_${wording}`;
    await control.sql(
      `CREATE OR REPLACE TABLE ${table} (v STRING)`,
      `INSERT INTO ${table} VALUES ('a')`,
    );
    await using driver = await openDriver(QUICK);
    await control.addFault(faults.deltaConflict({ times: 2, wording }));
    const update = `UPDATE ${table} SET v = 'b' WHERE v = 'a'`;
    for (let count = 0; count < 2; count++) {
      const thrown = await thrownBy(driver.run(update));
      assert.equal(thrown.constructor.name, "OperationStateError");
      assert.equal(thrown.errorCode, "ERROR");
      assert.equal(thrown.response?.sqlState, "2D521");
      assert.match(
        thrown.response?.errorMessage ?? "",
        /^org\.apache\.hive\.service\.cli\.HiveSQLException: Error running query: \[DELTA_CONCURRENT_APPEND\] io/,
      );
      const driverMessage = /^The operation failed due to an error$/;
      assert.match(thrown.message, wording === "spark" ? driverMessage : /^\[DELTA_CONCURRENT/);
    }
    assert.deepEqual(await driver.run(update), [{ num_affected_rows: 1 }]);
  });
}

standInTest("a conflict of Delta itself looks like a simulated one", async ({
  control,
  openDriver,
}) => {
  const table = `${DELTA}.contended`;
  await control.sql(
    `CREATE OR REPLACE TABLE ${table} (v STRING)`,
    `INSERT INTO ${table} VALUES ('a')`,
  );
  await using driver = await openDriver();
  let settled = false;
  const merge = thrownBy(driver.run(
    `MERGE INTO ${table} t USING (
       SELECT 'a' AS a, reflect('java.lang.Thread', 'sleep', 5000L) AS slept
     ) s ON t.v = s.a AND coalesce(s.slept, '') <> 'never' WHEN MATCHED THEN UPDATE SET v = 'b'`,
  )).finally(() => settled = true);
  while (!settled) await control.sql(`INSERT INTO ${table} VALUES ('more')`);
  const thrown = await merge;
  assert.equal(thrown.constructor.name, "OperationStateError");
  assert.equal(thrown.response?.sqlState, "2D521");
  assert.match(
    thrown.response?.errorMessage ?? "",
    /^org\.apache\.hive\.service\.cli\.HiveSQLException: Error running query: \[DELTA_CONCURRENT_APPEND\] io/,
  );
});

standInTest("a table without privileges fails with 42501", async ({ control, openDriver }) => {
  await using driver = await openDriver();
  await control.addFault(faults.tablePermissionDenied());
  const thrown = await thrownBy(driver.run(SELECT));
  assert.equal(thrown.constructor.name, "OperationStateError");
  assert.equal(thrown.response?.sqlState, "42501");
  assert.match(thrown.response?.errorMessage ?? "", /\[INSUFFICIENT_PERMISSIONS\]/);
});

for (
  const [wording, pattern] of [
    ["spark", /^Invalid SessionHandle: SessionHandle \[/],
    ["databricks", /^requirement failed: Session handle: .* has not been initialized/],
  ] as const
) {
  standInTest(
    `a lost session in the words of ${wording} is not thrown as an Error, and stays lost`,
    async ({
      control,
      openDriver,
    }) => {
      await using driver = await openDriver(QUICK);
      await control.addFault(faults.expiredSession({ wording }));
      for (let count = 0; count < 2; count++) {
        const thrown = await thrownBy(driver.run(SELECT));
        assert.equal(thrown.constructor.name, "StatusError");
        assert.equal(thrown instanceof Error, false);
        assert.equal(thrown.code, -1);
        assert.match(thrown.message, pattern);
      }
      await using another = await openDriver(QUICK);
      await assertWorks(another);
    },
  );
}

standInTest("a lost session can also be a 404", async ({ control, openDriver }) => {
  await using driver = await openDriver(QUICK);
  await control.addFault(faults.expiredSession({ wording: "not_found" }));
  for (let count = 0; count < 2; count++) {
    const thrown = await thrownBy(driver.run(SELECT));
    assert.equal(thrown.constructor.name, "THTTPException");
    assert.equal(thrown.statusCode, 404);
  }
});

standInTest("a lost session ends its running statement", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver(QUICK);
  const rule = faults.expiredSession({ wording: "spark", methods: ["GetOperationStatus"] });
  await control.addFault(rule);
  const thrown = await thrownBy(driver.run(SELECT));
  assert.equal(thrown.constructor.name, "StatusError");
  assert.match(thrown.message, /^Invalid OperationHandle: /);
});

standInTest(
  "a stopped warehouse responds with 503 until it has started",
  async ({ control, openDriver }) => {
    const id = await control.addFault(faults.asleep("http"));
    for (let count = 0; count < 2; count++) {
      const thrown = await thrownBy(openDriver(QUICK));
      assert.equal(thrown.statusCode, 503);
      assert.match(
        thrown.response?.headers?.get("x-thriftserver-error-message") ?? "",
        /^TEMPORARILY_UNAVAILABLE/,
      );
    }
    await control.removeFault(id);
    await using driver = await openDriver(QUICK);
    await assertWorks(driver);
  },
);

standInTest("a stopped warehouse opens sessions that are not ready", async ({
  control,
  openDriver,
}) => {
  await control.addFault(faults.asleep("session", { times: 2 }));
  await using driver = await openDriver(QUICK);
  for (let count = 0; count < 2; count++) {
    const thrown = await thrownBy(driver.run(SELECT));
    assert.equal(thrown.constructor.name, "StatusError");
    assert.match(thrown.message, /^requirement failed: Session handle: /);
  }
  await assertWorks(driver);
});

standInTest("a stopped warehouse keeps statements pending", async ({ control, openDriver }) => {
  const id = await control.addFault(faults.asleep("pending"));
  await using driver = await openDriver(QUICK);
  let done = false;
  const works = assertWorks(driver).then(() => done = true);
  await control.waitForHits(id, 5);
  assert.equal(done, false);
  await control.removeFault(id);
  await works;
});

standInTest("a held statement can be cancelled, and the cancellation is recorded", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver(QUICK);
  await control.addFault(faults.asleep("pending"));
  const operation = await driver.start(SELECT);
  await operation.cancel();
  assert.equal((await thrownBy(operation.fetchAll())).errorCode, "CANCELED");
  const methods = (await control.requests()).map(({ method }) => method);
  assert.ok(methods.includes("CancelOperation"));
});

standInTest("a test acts while a statement is held", async ({ control, openDriver }) => {
  const table = `${DELTA}.held`;
  await control.sql(
    `CREATE OR REPLACE TABLE ${table} (v STRING)`,
    `INSERT INTO ${table} VALUES ('a'), ('b')`,
  );
  await using driver = await openDriver();
  const read = await driver.run(`SELECT v FROM ${table} ORDER BY v`);
  assert.deepEqual(read, [{ v: "a" }, { v: "b" }]);
  const id = await control.addFault(faults.hold("before", { statement: "^UPDATE" }));
  const updated = driver.run(`UPDATE ${table} SET v = 'done' WHERE v IN ('a', 'b')`);
  await control.waitForHits(id);
  assert.equal((await control.faultState(id)).held, 1);
  await control.sql(`UPDATE ${table} SET v = 'changed meanwhile' WHERE v = 'a'`);
  await control.release(id);
  assert.deepEqual(await updated, [{ num_affected_rows: 1 }]);
});

for (const moment of ["before", "after"] as const) {
  standInTest(`another writer can act right ${moment} a statement`, async ({
    control,
    openDriver,
  }) => {
    const table = `${DELTA}.between_${moment}`;
    await control.sql(
      `CREATE OR REPLACE TABLE ${table} (v STRING)`,
      `INSERT INTO ${table} VALUES ('a')`,
    );
    await using driver = await openDriver();
    const insert = `INSERT INTO ${table} VALUES ('late')`;
    await control.addFault(faults.writerBetween(moment, [insert], { statement: "^UPDATE" }));
    const updated = await driver.run(`UPDATE ${table} SET v = 'done' WHERE true`);
    assert.deepEqual(updated, [{ num_affected_rows: moment === "before" ? 2 : 1 }]);
    const rows = await driver.run(`SELECT v FROM ${table} ORDER BY v`);
    assert.deepEqual(
      rows.map(({ v }) => v),
      moment === "before" ? ["done", "done"] : [
        "done",
        "late",
      ],
    );
  });
}

standInTest("a fault hits the nth matching statement, and no other", async ({
  control,
  openDriver,
}) => {
  await using driver = await openDriver(QUICK);
  await control.addFault(faults.unavailable(1, { statement: "AS target", skip: 1, times: 1 }));
  await driver.run("SELECT 1 AS target");
  await assertWorks(driver);
  assert.equal((await thrownBy(driver.run("SELECT 2 AS target"))).statusCode, 503);
  await driver.run("SELECT 3 AS target");
});
