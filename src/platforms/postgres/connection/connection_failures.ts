/** Failures of a connection that no server reports. */
import { ServiceError } from "../../../errors.ts";
import type { ServerSettings } from "./settings.ts";

/** The server has not responded in time. */
export function noResponse({ connectTimeoutSeconds }: ServerSettings): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: no response within ${connectTimeoutSeconds} s`,
  );
}

/** The connection was lost before `action` was done. */
export function connectionLost(action: string): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `Cannot ${action}: the connection to Postgres was lost`,
    { cause: "CONNECTION_LOST" },
  );
}
