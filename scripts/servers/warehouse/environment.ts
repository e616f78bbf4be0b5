/** How other processes find a running warehouse. */
import type { WarehouseAddress } from "./control.ts";
import type { Warehouse } from "./mod.ts";

/** The JDBC URL that a user would write for this warehouse, with its personal token. */
export function jdbcUrl(address: WarehouseAddress): string {
  return `jdbc:databricks://${address.host}:${address.ports.warehouse};` +
    `httpPath=${address.httpPath};AuthMech=3;UID=token;PWD=${address.token}`;
}

/** Environment variables for processes that use the warehouse. */
export function warehouseEnvironment(warehouse: Warehouse): Record<string, string> {
  const { address } = warehouse;
  return {
    TEST_DBX_CONTROL: warehouse.controlUrl,
    TEST_DBX_JDBC_URL: jdbcUrl(address),
    TEST_DBX_CATALOG: "spark_catalog",
    TEST_DBX_SCHEMA: "default",
    TEST_DBX_HOST: address.host,
    TEST_DBX_PORT: String(address.ports.warehouse),
    TEST_DBX_HTTP_PATH: address.httpPath,
    TEST_DBX_TOKEN: address.token,
    TEST_DBX_CA_FILE: address.caFile,
    DENO_CERT: address.caFile,
  };
}
