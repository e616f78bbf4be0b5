/**
 * Where the product's tests find tables: on the stand-in warehouse that TEST_DBX_CONTROL leads to, and
 * on a real one where DBX_TEST_JDBC_URL names it. There the principal makes and drops tables in the
 * URL's ConnCatalog and ConnSchema.
 */
import { authorize } from "../../src/platforms/databricks/connection/authorization.ts";
import { quoteIdentifier } from "../../src/platforms/databricks/identifiers.ts";
import { Session } from "../../src/platforms/databricks/connection/session.ts";
import { parseDatabricksSettings } from "../../src/platforms/databricks/connection/settings.ts";
import type { AnyRow } from "../../src/platforms/databricks/connection/statement.ts";
import { type LEFT_OPEN, withStandIn } from "./stand_in.ts";
import type { QueryHistoryRow, WarehouseControl } from "../../scripts/servers/warehouse/control.ts";
import { jdbcUrl } from "../../scripts/servers/warehouse/environment.ts";

/** A catalog and schema for a test's tables. */
export interface Place {
  readonly jdbcUrl: string;
  readonly catalog: string;
  readonly schema: string;
  /** What `system.query.history` holds of every client; undefined if it cannot be read. */
  readonly queryHistory: (() => Promise<QueryHistoryRow[]>) | undefined;
  /** Runs statements past the product; gives the rows of the last. */
  sql(...statements: string[]): Promise<AnyRow[]>;
}

/** A place that can misbehave. */
export interface StandInPlace extends Place {
  readonly control: WarehouseControl;
}

/** A table that a test made. */
export interface TestTable {
  readonly name: string;
  /** As it stands in SQL. */
  readonly sqlName: string;
  readonly urn: string;
}

/** Finds the statements that change a table, for faults. */
export const WRITES = "^\\s*(MERGE|UPDATE)\\b";

const realUrl = Deno.env.get("DBX_TEST_JDBC_URL");

/** Registers a test for the stand-in alone: it makes the warehouse misbehave, or asks what came. */
export function standInOnly(
  name: string,
  test: (place: StandInPlace) => Promise<void>,
  options?: typeof LEFT_OPEN,
): void {
  withStandIn(name, (control) => test(standInPlace(control)), options);
}

/** Registers a test for the stand-in, and for a real warehouse. */
export function warehouseTest(name: string, test: (place: Place) => Promise<void>): void {
  standInOnly(name, test);
  if (realUrl === undefined) return; // run.ts says so
  Deno.test(`real warehouse: ${name}`, () => test(realPlace(realUrl)));
}

function standInPlace(control: WarehouseControl): StandInPlace {
  return {
    control,
    jdbcUrl: jdbcUrl(control.address),
    catalog: "spark_catalog",
    schema: "default",
    queryHistory: () => control.queryHistory(),
    sql: (...statements) => control.sql(...statements),
  };
}

function realPlace(url: string): Place {
  const settings = parseDatabricksSettings(url);
  const { catalog, schema } = settings;
  if (catalog === undefined || schema === undefined) {
    throw new Error("Cannot test: DBX_TEST_JDBC_URL has no ConnCatalog or no ConnSchema");
  }
  const warehouse = { settings, authorization: authorize(settings.authentication) };
  return {
    jdbcUrl: url,
    catalog,
    schema,
    queryHistory: undefined, // it is for administrators, and hours behind
    async sql(...statements) {
      const signal = new AbortController().signal;
      const session = await Session.open(warehouse, { runId: "test", signal, observe: () => {} });
      try {
        let rows: AnyRow[] = [];
        for (const statement of statements) rows = await session.query("test", statement);
        return rows;
      } finally {
        await session.close();
      }
    },
  };
}

/** Calls `use` with a table of its own, which is dropped afterwards. `$t` in `statements` is it. */
export async function withTable(
  place: Place,
  statements: readonly string[],
  use: (table: TestTable) => Promise<void>,
): Promise<void> {
  const name = `tokenize_${crypto.randomUUID().slice(0, 8)}`;
  const table = tableNamed(place, [place.catalog, place.schema, name]);
  try {
    await place.sql(...statements.map((statement) => statement.replaceAll("$t", table.sqlName)));
    await use(table);
  } finally {
    await place.sql(`DROP TABLE IF EXISTS ${table.sqlName}`);
  }
}

/** A table by its three names. */
export function tableNamed(
  _place: Place,
  parts: readonly [catalog: string, schema: string, name: string],
): TestTable {
  const name = parts.join(".");
  return { name, sqlName: parts.map(quoteIdentifier).join("."), urn: urnOf(name) };
}

/** The URN of a Databricks dataset, its name encoded as DataHub does. */
export function urnOf(name: string): string {
  const encoded = name.replaceAll(",", "%2C").replaceAll("(", "%28").replaceAll(")", "%29");
  return `urn:li:dataset:(urn:li:dataPlatform:databricks,${encoded},PROD)`;
}

/** A string literal of Spark's SQL. */
export function literal(text: string | null): string {
  if (text === null) return "NULL";
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
