/**
 * Whether policies mask or filter what the principal reads. They are attached to a table, or by governed
 * tag to all tables of a schema or catalog, and a table's description does not mention them. Each
 * statement commits at once, so nothing would undo a run that read masks.
 */
import { ServiceError } from "../../../errors.ts";
import { type Refuse, throwObstacle } from "../../obstacles.ts";
import { refusal } from "../../refusal.ts";
import type { Session } from "../connection/session.ts";
import { type PolicyRow, showPoliciesStatement } from "../sql/show_policies.ts";
import type { CheckedTable } from "../table.ts";

/** The catalog that is not Unity Catalog's, and so has no policies. */
const LEGACY_CATALOG = "hive_metastore";
/** Policies of these types grant rights, and hide nothing. */
const HARMLESS_TYPES = new Set(["GRANT"]);

/**
 * Refuses with `table_not_supported` if policies may mask or filter what is read from the table, or if the
 * principal may not see them. Whom a policy applies to is not worked out: that takes the membership of
 * groups. Engines that lack the statement have no policies: before Databricks Runtime 16.4 they cannot
 * read a table that has some.
 */
export async function checkPolicies(
  session: Session,
  table: CheckedTable,
  refuseWith: Refuse = throwObstacle,
): Promise<void> {
  if (table.catalog.toLowerCase() === LEGACY_CATALOG) return;
  const refuse = (reason: string) =>
    refuseWith(refusal("table_not_supported", table.displayName, reason));
  let policies: readonly PolicyRow[];
  try {
    policies = await session.query<PolicyRow>(
      "look up the policies of the table",
      showPoliciesStatement(table.path),
    );
  } catch (error) {
    if (!(error instanceof ServiceError) || !isRefusalOfStatement(error)) throw error;
    if (isUnknownStatement(error)) return;
    return refuse(
      "nobody can tell whether policies mask its columns or filter its rows: grant the principal " +
        "READ METADATA on it, or set ALLOW_UNPROVEN_MASKS=true if none does",
    );
  }
  const names = policies.filter((policy) => !HARMLESS_TYPES.has(policy["Policy Type"]))
    .map((policy) => `"${policy["Policy Name"]}"`);
  if (names.length === 0) return;
  refuse(
    `policies may mask its columns or filter its rows (${names.join(", ")}): set ` +
      "ALLOW_UNPROVEN_MASKS=true if none applies to the principal",
  );
}

function isUnknownStatement({ facts }: ServiceError): boolean {
  return facts.sqlState === "42601" || facts.errorClass === "PARSE_SYNTAX_ERROR";
}

/** Whether the warehouse read the statement and declined it, and did not just fail to respond. */
function isRefusalOfStatement({ facts }: ServiceError): boolean {
  return facts.sqlState !== undefined || facts.errorClass !== undefined;
}
