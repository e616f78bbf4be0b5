/** Whether the role reads what is stored: through a mask, a run would replace every value by tokens of the mask. */
import { type Refuse, throwObstacle } from "../../obstacles.ts";
import { refusal } from "../../refusal.ts";
import type { MaskKind, TableMetadata } from "../table.ts";
import { displayNameOf } from "./check_table.ts";

/**
 * Refuses with `table_not_supported` if the role is one that reads masked values, or if a product is installed
 * that may mask them and `allowUnproven` is false.
 */
export function checkMasks(
  found: TableMetadata,
  allowUnproven: boolean,
  refuseWith: Refuse = throwObstacle,
): void {
  const namesOf = (wanted: MaskKind) =>
    found.masks.filter(([kind]) => kind === wanted).map(([, name]) => `"${name}"`).join(", ");
  const refuse = (reason: string) =>
    refuseWith(refusal("table_not_supported", displayNameOf(found), reason));
  const roles = namesOf("masked_role");
  if (roles !== "") {
    refuse(
      `the security label MASKED of role ${roles} lets this role read masks instead of values: ` +
        "connect as a role that is not masked",
    );
  }
  const products = namesOf("unproven");
  if (products !== "" && !allowUnproven) {
    refuse(
      `${products} may mask what this role reads, and the catalogue does not tell: connect as the ` +
        "table's owner, or set ALLOW_UNPROVEN_MASKS=true if no mask applies to the role",
    );
  }
}
