/** What the stand-in warehouse does when nothing is wrong, seen through the real driver. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { standInTest } from "../stand_in.ts";

const DELTA = "spark_catalog.default";
const AWKWARD = "it's \"quoted\" `back` \\ back\\n two\nlines é 漢字 😀 :batch ? -- /* ; $1\r\n\t'";

standInTest("a Delta table is made, filled and read", async ({ openDriver }) => {
  await using driver = await openDriver();
  await driver.run(`CREATE OR REPLACE TABLE ${DELTA}.basics (id BIGINT, name STRING, d DOUBLE)`);
  const inserted = await driver.run(
    `INSERT INTO ${DELTA}.basics VALUES (1, 'one', 0.5), (2, NULL, -2), (9007199254740991, '', 0)`,
  );
  assert.deepEqual(inserted, []);
  assert.deepEqual(await driver.run(`SELECT * FROM ${DELTA}.basics ORDER BY id`), [
    { id: 1, name: "one", d: 0.5 },
    { id: 2, name: null, d: -2 },
    { id: 9007199254740991, name: "", d: 0 },
  ]);
});

standInTest("a named parameter arrives as it was sent", async ({ openDriver, control }) => {
  await using driver = await openDriver();
  const rows = await driver.run("SELECT :text AS text, :n + 1 AS n, :b AS b, :nothing AS nothing", {
    text: AWKWARD,
    n: 41,
    b: true,
    nothing: null,
  });
  assert.deepEqual(rows, [{ text: AWKWARD, n: 42, b: true, nothing: null }]);
  const record = (await control.requests()).find(({ method }) => method === "ExecuteStatement");
  assert.equal(record?.statement?.startsWith("SELECT :text"), true);
  assert.deepEqual(record?.parameters?.[0], { name: "text", type: "STRING", value: AWKWARD });
});

standInTest("MERGE takes its source from one parameter", async ({ openDriver, control }) => {
  await using driver = await openDriver();
  const table = `${DELTA}.merged`;
  await driver.run(`CREATE OR REPLACE TABLE ${table} (id INT, a STRING, b STRING)`);
  await driver.run(
    `INSERT INTO ${table} VALUES (1, :awkward, NULL), (2, 'x', 'y'), (3, 'x', 'z')`,
    {
      awkward: AWKWARD,
    },
  );
  const batch = JSON.stringify([
    { a: AWKWARD, b: null, t: "t1" },
    { a: "x", b: "y", t: "t2" },
    { a: "absent", b: null, t: "t3" },
  ]);
  const merged = await driver.run(
    `MERGE INTO ${table} t USING (
       SELECT s.* FROM (SELECT explode(
         from_json(:batch, 'array<struct<a:string,b:string,t:string>>')) AS s)
     ) s ON t.a <=> s.a AND t.b <=> s.b WHEN MATCHED THEN UPDATE SET t.a = s.t`,
    { batch },
  );
  assert.deepEqual(merged, [
    { num_affected_rows: 2, num_updated_rows: 2, num_deleted_rows: 0, num_inserted_rows: 0 },
  ]);
  assert.deepEqual(await driver.run(`SELECT id, a FROM ${table} ORDER BY id`), [
    { id: 1, a: "t1" },
    { id: 2, a: "t2" },
    { id: 3, a: "x" },
  ]);
  const history = await control.sql(`DESCRIBE HISTORY ${table}`);
  assert.deepEqual(history.map(({ operation }) => operation), [
    "MERGE",
    "WRITE",
    "CREATE OR REPLACE TABLE",
  ]);
});

standInTest("UPDATE says how many rows it changed", async ({ openDriver, control }) => {
  await using driver = await openDriver();
  await control.sql(
    `CREATE OR REPLACE TABLE ${DELTA}.updated (v STRING)`,
    `INSERT INTO ${DELTA}.updated SELECT CONCAT('v', id) FROM range(100)`,
  );
  const update = `UPDATE ${DELTA}.updated SET v = 'done' WHERE NOT v <=> 'done'`;
  assert.deepEqual(await driver.run(update), [{ num_affected_rows: 100 }]);
  assert.deepEqual(await driver.run(update), [{ num_affected_rows: 0 }]);
  const history = await control.sql(`DESCRIBE HISTORY ${DELTA}.updated`);
  assert.deepEqual(history.map(({ operation }) => operation), [
    "UPDATE",
    "WRITE",
    "CREATE OR REPLACE TABLE",
  ]);
});

standInTest("many rows arrive in chunks, without any missing", async ({ openDriver }) => {
  await using driver = await openDriver();
  const operation = await driver.start("SELECT id, CONCAT('v', id) AS v FROM range(250000)");
  const sizes: number[] = [];
  let sum = 0;
  for await (const chunk of operation.iterateChunks({ maxRows: 100_000 })) {
    sizes.push(chunk.length);
    for (const row of chunk as { id: number }[]) sum += row.id;
  }
  assert.deepEqual(sizes.filter((size) => size > 0), [100_000, 100_000, 50_000]);
  assert.equal(sum, 250_000 * 249_999 / 2);
});

standInTest("a second catalog has tables with unusual names", async ({ openDriver }) => {
  await using driver = await openDriver();
  await driver.run("CREATE NAMESPACE IF NOT EXISTS main.sales");
  const table = "`main`.`sales`.`cust omers`";
  await driver.run(`CREATE OR REPLACE TABLE ${table} (\`e.mail\` STRING) USING iceberg`);
  await driver.run(`INSERT INTO ${table} VALUES ('a'), ('b')`);
  await driver.run(`UPDATE ${table} SET \`e.mail\` = 'c' WHERE \`e.mail\` = 'a'`);
  assert.deepEqual(await driver.run(`SELECT * FROM ${table} ORDER BY 1`), [
    { "e.mail": "b" },
    { "e.mail": "c" },
  ]);
});

standInTest("a session starts in the requested catalog and schema", async ({ openDriver }) => {
  {
    await using driver = await openDriver();
    await driver.run("CREATE NAMESPACE IF NOT EXISTS main.second_schema");
  }
  await using driver = await openDriver({ initialCatalog: "main", initialSchema: "second_schema" });
  assert.deepEqual(
    await driver.run("SELECT current_catalog() AS catalog, current_schema() AS schema"),
    [{ catalog: "main", schema: "second_schema" }],
  );
});

standInTest("a CHECK constraint rejects a write as a whole", async (standIn) => {
  await using driver = await standIn.openDriver();
  const table = `${DELTA}.checked`;
  await standIn.control.sql(
    `CREATE OR REPLACE TABLE ${table} (v STRING)`,
    `INSERT INTO ${table} VALUES ('a'), ('bbb')`,
    `ALTER TABLE ${table} ADD CONSTRAINT shortish CHECK (length(v) < 4)`,
  );
  await assert.rejects(driver.run(`UPDATE ${table} SET v = CONCAT(v, 'c')`), (error) => {
    const { response } = error as { response: { sqlState: string; errorMessage: string } };
    assert.equal(response.sqlState, "23001");
    assert.match(response.errorMessage, /\[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES\]/);
    return true;
  });
  assert.deepEqual(await driver.run(`SELECT v FROM ${table} ORDER BY v`), [
    { v: "a" },
    { v: "bbb" },
  ]);
});

standInTest("the token is accepted by the gateway and not passed on to Spark", async (standIn) => {
  await using driver = await standIn.openDriver();
  await driver.run("SELECT 'seen in the log'");
  const { token, caFile } = standIn.control.address;
  const requests = await standIn.control.requests();
  assert.ok(requests.length > 3);
  for (const { authorization } of requests) assert.equal(authorization, `Bearer ${token}`);
  const log = await Deno.readTextFile(join(dirname(caFile), "spark.log"));
  assert.match(log, /seen in the log/);
  assert.equal(log.includes(token), false);
});

standInTest("one connection serves many requests", async ({ control, openDriver }) => {
  await using driver = await openDriver();
  for (let count = 0; count < 3; count++) await driver.run("SELECT 1");
  const requests = await control.requests();
  const connections = new Set(requests.map(({ connection }) => connection));
  assert.ok(connections.size < requests.length, `${connections.size} of ${requests.length}`);
  assert.equal((await control.connections()).warehouse.secured, connections.size);
});

standInTest("a running statement can be cancelled", async ({ control, openDriver }) => {
  await using driver = await openDriver();
  const slow = `SELECT count(*) FROM range(0, 2, 1, 2)
    WHERE coalesce(reflect('java.lang.Thread', 'sleep', 3000L + id), '') <> 'never'`;
  const operation = await driver.start(slow);
  const waits = assert.rejects(operation.finished(), { errorCode: "CANCELED" });
  await operation.cancel();
  await waits;
  const cancelled = (await control.requests()).find(({ method }) => method === "CancelOperation");
  assert.equal(cancelled?.statement, slow);
});

standInTest(
  "more parameters or text than Databricks accepts are refused",
  async ({ openDriver }) => {
    await using driver = await openDriver();
    const many = Object.fromEntries(
      Array.from({ length: 257 }, (_, index) => [`p${index}`, index]),
    );
    await assert.rejects(driver.run("SELECT :p256 AS n", many), { message: /256 parameters/ });
    const large = { text: "x".repeat(17 * 1024 * 1024) };
    await assert.rejects(driver.run("SELECT length(:text) AS n", large), { message: /bytes/ });
    delete many.p256;
    assert.deepEqual(await driver.run("SELECT :p255 AS n", many), [{ n: 255 }]);
  },
);
