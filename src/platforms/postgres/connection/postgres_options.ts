/** How runs on Postgres are configured. */
import type { StrainLimits, TransactionLimits } from "./settings.ts";

/** What the configuration says of runs on Postgres. */
export interface PostgresOptions extends TransactionLimits {
  /** Whether the run's UPDATEs may fire triggers and rules. */
  readonly allowTriggers: boolean;
  /** Whether functions of others in the table's definition may run; false by default. */
  readonly allowTableFunctions?: boolean;
  /** Whether to go on if nobody can tell whether the role's reads are masked; false by default. */
  readonly allowUnprovenMasks?: boolean;
  /** Whether the database makes the tokens if the SDK has an SQL expression; false by default. */
  readonly pushdown?: boolean;
  /** When the server is strained; by default never. */
  readonly strainLimits?: StrainLimits;
  /** The platform instance of the datasets' names. Undefined: any or none; empty: none. */
  readonly platformInstance?: string;
}
