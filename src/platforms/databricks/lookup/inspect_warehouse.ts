/** How the connection to the warehouse is. */
import type { ConnectionFacts } from "../../connection_facts.ts";
import type { Session } from "../connection/session.ts";
import { INSPECT_WAREHOUSE, type InspectWarehouseRow } from "../sql/inspect_warehouse.ts";

/** Asks the warehouse. Throws a `ServiceError`. */
export async function inspectWarehouse(session: Session): Promise<ConnectionFacts> {
  const [row] = await session.query<InspectWarehouseRow>("query the warehouse", INSPECT_WAREHOUSE);
  // the version may be followed by the commit it was built from
  const [version = ""] = row!.version.split(" ");
  return {
    version: `Spark ${version}`,
    user: row!.user,
    encryption: "TLS",
    nowMs: row!.now * 1000,
    problems: [],
    advice: [],
  };
}
