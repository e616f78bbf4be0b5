/** What a session can tell of its server and role. */

/** The one row; `encryption` is NULL if the server's side is not encrypted. */
export type InspectServerRow = [
  version: string,
  user: string,
  encryption: string | null,
  nowMs: number,
  isStandby: boolean,
  isSuperuser: boolean,
];

/** Gives an `InspectServerRow`. */
export const INSPECT_SERVER = `
SELECT current_setting('server_version'), current_user::text,
  (SELECT s.version FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl),
  (extract(epoch FROM clock_timestamp()) * 1000)::float8,
  pg_is_in_recovery(),
  coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), false)`;
