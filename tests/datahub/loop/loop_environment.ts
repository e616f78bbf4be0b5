/** What the loop of the tests is set up with, as environment variables. */
import type { DatahubServer } from "../../../scripts/servers/datahub/datahub_server.ts";
import type { DatahubMode } from "../../../src/datahub/settings.ts";
import { urnOf } from "../../support/action_fixture.ts";
import type { TestDatabase } from "../../support/test_database.ts";
import { APPROVED, PII } from "./labels.ts";

/** Settings that follow the stand-in, may reach the public schema, and poll without a pause. */
export function loopEnvironment(
  { datahub, database }: { readonly datahub: DatahubServer; readonly database: TestDatabase },
  mode: DatahubMode = "run",
): Record<string, string> {
  return {
    PG_CONN_STR: database.url,
    ALLOWED_DATASETS: urnOf(`${database.name}.public.*`),
    DATAHUB_GMS_URL: datahub.url,
    DATAHUB_GMS_TOKEN: datahub.token,
    DATAHUB_TAGS: PII,
    DATAHUB_MODE: mode,
    DATAHUB_APPROVAL_TAG: APPROVED,
    DATAHUB_POLL_TIMEOUT: "1s",
    DATAHUB_POLL_PAUSE: "0s",
  };
}
