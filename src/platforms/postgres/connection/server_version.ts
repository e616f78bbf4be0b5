/** Which servers are supported: PostgreSQL from version 12 on. */
import { ServiceError } from "../../../errors.ts";

/** The oldest major version that is supported. */
export const OLDEST_VERSION = 12;

/**
 * Checks what a server reports as its `server_version` when a session begins, such as `15.4` or
 * `12.22 (Debian 12.22-1)`. Other products that speak the protocol report a version of PostgreSQL too:
 * Amazon Redshift, for one, `8.0.2`. Throws `database_error` if it is too old.
 */
export function checkServerVersion(serverVersion: string): void {
  const major = Number(/^\d+/.exec(serverVersion)?.[0] ?? OLDEST_VERSION);
  if (major >= OLDEST_VERSION) return;
  const [version] = serverVersion.split(" ");
  throw new ServiceError(
    "database_error",
    `Cannot connect to Postgres: the server is PostgreSQL ${version}, and the oldest that is ` +
      `supported is ${OLDEST_VERSION}`,
  );
}
