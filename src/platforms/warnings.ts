/** What a run may warn of although it is done: a closed list, since a server's own words may hold anything. */

/**
 * - `sync_standby_wait_cancelled`: committed on the server, but a synchronous standby has not confirmed it.
 * - `server_warning`: the server warned of something else; its log has the words.
 * - `dummy_tokens`: the SDK is `dummy`, so anybody can read the tokens back.
 */
export const WARNINGS = [
  "sync_standby_wait_cancelled",
  "server_warning",
  "dummy_tokens",
] as const;
/** What a run may warn of. */
export type Warning = (typeof WARNINGS)[number];
