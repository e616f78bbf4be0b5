/**
 * The advisory locks of the history: the first of two numbers says what for. A run's lock on a table is
 * one number, so they cannot meet even if a database is both.
 */
export const LOCKS = {
  /** A step of a migration; the second number is 0. */
  migration: 0x746f6b01,
  /** A process lives; the second number is its `owners.lock_id`. */
  owner: 0x746f6b02,
  /** A replica leads; the second number is the hash of the name of what it leads. */
  leader: 0x746f6b03,
} as const;
