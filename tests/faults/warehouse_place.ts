/** The stand-in warehouse for the crash proofs: a table of known values, and what must be true. */
import assert from "node:assert/strict";
import { jdbcUrl } from "../../scripts/servers/warehouse/environment.ts";
import type { RequestRecord, WarehouseControl } from "../../scripts/servers/warehouse/control.ts";
import { compiled, type Running, spawnProgram } from "../support/program.ts";
import type { State } from "./arena.ts";

export const ROWS = 1000;
const TABLE = "spark_catalog.default.faults";
const SOURCE = "spark_catalog.default.faults_source";
const URN = `urn:li:dataset:(urn:li:dataPlatform:databricks,${TABLE},PROD)`;
const TOKEN = "^tok_[A-Za-z0-9+/]*=*_poc$";

/** Statements that change the table. */
export const WRITES = /^\s*(?:MERGE|UPDATE)\b/i;

/** Where tokens are made: by one statement, or here and written by several. */
export type Way = "pushdown" | "client";

/** How much of the work is done. */
interface Seen {
  readonly state: State;
  readonly lost: number;
  readonly tokenized: number;
}

/** The place. */
export class WarehousePlace {
  constructor(readonly control: WarehouseControl) {}

  /** Values that are long enough to be written by three statements on the client path. */
  async makeSource(): Promise<void> {
    await this.control.sql(
      `DROP TABLE IF EXISTS ${SOURCE}`,
      `CREATE TABLE ${SOURCE} USING DELTA AS SELECT id,
        concat('canary ', id, repeat('x', 8000)) AS name, 'kept' AS rest FROM range(${ROWS})`,
    );
  }

  /** The table with all its values again. */
  async refill(): Promise<void> {
    await this.control.reset();
    await this.control.sql(
      `DROP TABLE IF EXISTS ${TABLE}`,
      `CREATE TABLE ${TABLE} USING DELTA AS SELECT * FROM ${SOURCE}`,
    );
  }

  /** Starts the program on it. */
  run(way: Way): Running {
    const { address } = this.control;
    return spawnProgram(compiled, ["run", "--json", "--urn", URN, "--columns", "name"], {
      // what is refused for good is given up soon
      DBX_JDBC_URL: `${jdbcUrl(address)};TemporarilyUnavailableRetryTimeout=5`,
      PUSHDOWN: String(way === "pushdown"),
      LOG_FORMAT: "json",
      DENO_CERT: address.caFile,
    });
  }

  /** Reads every row: it must be as it was or tokenized. */
  async inspect(): Promise<Seen> {
    const [seen] = await this.control.sql(`
      SELECT count(*) AS rows, count_if(t.name RLIKE '${TOKEN}') AS tokenized,
        count_if(NOT (CASE WHEN t.name RLIKE '${TOKEN}'
          THEN decode(unbase64(substr(t.name, 5, length(t.name) - 8)), 'UTF-8')
          ELSE t.name END <=> s.name AND t.rest <=> s.rest)) AS lost
      FROM ${SOURCE} s FULL JOIN ${TABLE} t ON s.id = t.id`);
    const [rows, tokenized, lost] = [seen!.rows, seen!.tokenized, seen!.lost].map(Number) as [
      number,
      number,
      number,
    ];
    assert.equal(rows, ROWS);
    const state = tokenized === 0 ? "old" : tokenized === ROWS ? "tokenized" : "partly";
    return { state, lost, tokenized };
  }

  /** The rows that each statement changed: one version of the table each. */
  async statements(): Promise<number[]> {
    const versions = await this.control.sql(`DESCRIBE HISTORY ${TABLE}`);
    const writes = versions.filter(({ operation }) => WRITES.test(String(operation)));
    return writes.map(({ operationMetrics }) => {
      const metrics = typeof operationMetrics === "string"
        ? JSON.parse(operationMetrics)
        : operationMetrics;
      return Number(metrics.numUpdatedRows ?? metrics.numTargetRowsUpdated);
    });
  }

  /**
   * Runs the program again: it does what is left, `left` rows if that is known. With `andAgain` once
   * more, which does nothing.
   */
  async complete(way: Way, left: number | undefined, andAgain: boolean): Promise<void> {
    await this.control.reset();
    for (const expected of andAgain ? [left, 0] : [left]) {
      const { code, stdout } = await this.run(way).ended;
      assert.equal(code, 0, stdout);
      const { updated, skipped } = JSON.parse(stdout);
      assert.equal(updated + skipped, ROWS);
      if (expected !== undefined) assert.equal(updated, expected);
    }
    const { state, lost } = await this.inspect();
    assert.deepEqual([state, lost], ["tokenized", 0]);
  }

  /** How many statements hold a value, in their text or parameters: the query history keeps both. */
  async valuesInStatements(): Promise<number> {
    const history = await this.control.queryHistory();
    return history.filter((statement) => /canary/.test(JSON.stringify(statement))).length;
  }
}

/** Requests of the driver, without those for a token. */
export function isThrift({ method }: RequestRecord): boolean {
  return !method.startsWith("oauth_") && method !== "unknown";
}
