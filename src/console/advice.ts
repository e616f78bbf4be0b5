/** What to do about a failure: more than its message says, for somebody who does not know the program. */

/** By code. */
export const ADVICE = {
  unauthorized: "Sign out, and sign in with the current TRIGGER_TOKEN.",
  dataset_not_allowed: "Add the dataset to ALLOWED_DATASETS, and start the program again.",
  permission_denied: "Give the program's database role the right that is named, then run again.",
  table_not_found: "Compare the name with the database. The role has to be able to see the table.",
  column_not_found: "Compare the columns with the table, then run again.",
  column_not_tokenizable: "Leave the column out, or give it a text type.",
  ambiguous_name: "Name the table with its database and schema, so that only one fits.",
  wrong_database: "Use a connection to the database that the dataset names.",
  run_in_progress: "Another run works on this table. Wait for it, or cancel it.",
  lock_timeout: "Somebody else holds the table. Run again later, or raise PG_LOCK_TIMEOUT_MS.",
  conflict: "Somebody changed the same rows at the same time. Nothing was changed: run again.",
  value_too_long: "Widen the column, or choose a token SDK with shorter tokens.",
  constraint_violation: "Drop or change the constraint that is named: tokens do not fit it.",
  table_not_supported: "The message says what stands in the way.",
  database_unreachable:
    "Check the connection string, the network and the database. Then run again.",
  database_error: "The database refused. Its own log says why; look there, then run again.",
  token_sdk_unreachable: "Check that the token service is up, then run again.",
  token_sdk_error: "Check the token service's own log, then run again.",
  platform_not_configured: "Set the connection's variable, and start the program again.",
  shutting_down: "The program was stopped. Nothing of this run was kept: run again.",
  timeout: "Raise RUN_TIMEOUT_MS, or use commit in batches, so that a later run goes on.",
  internal: "This is a defect. Please report it, with the run's id.",
  run_cancelled: "Somebody asked for it. Run again when you are ready.",
  run_interrupted:
    "The program ended while this ran. Run again: what is done already is left alone.",
};

/** What to do about a failure of that code; undefined if its message says it all. */
export function adviceFor(code: string): string | undefined {
  return (ADVICE as Readonly<Record<string, string>>)[code];
}
