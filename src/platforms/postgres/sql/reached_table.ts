/** A table that the change of the columns reaches, with what it asks of the new values. */

/** A column of a table that the change reaches. */
export interface ReachedColumn {
  readonly name: string;
  /** Without its length. */
  readonly type: string;
  readonly isDomain: boolean;
  /** The most characters it holds; null if it has no limit. */
  readonly maxLength: number | null;
  readonly isChanged: boolean;
  readonly isReadable: boolean;
  /** The SQL expression of a generated column. */
  readonly generatedAs: string | null;
}

/** A CHECK constraint that an UPDATE evaluates on values that may not meet it. */
export interface Check {
  readonly name: string;
  readonly expression: string;
  readonly isReadable: boolean;
  /** Whether it calls a function that may do more than compute. */
  readonly isVolatile: boolean;
}

/** An index that may refuse the new values. */
export interface CheckedIndex {
  readonly name: string;
  /** The SQLSTATE of a duplicate: that of a unique index or of an exclusion constraint; null if it has none. */
  readonly duplicateState: string | null;
  /** SQL for its keys. */
  readonly keys: readonly string[];
  readonly predicate: string | null;
  readonly areNullsEqual: boolean;
  readonly isDeferred: boolean;
  readonly isReadable: boolean;
}

/** A foreign key, seen from the table that the change reaches. */
export interface CheckedKey {
  readonly name: string;
  /** The table on its other side, as SQL names it in a FROM clause. */
  readonly other: string;
  /** The column here, the column there, and the operator that compares the referred with the referring one. */
  readonly pairs: readonly (readonly [own: string, other: string, operator: string])[];
  readonly sqlState: string;
  readonly isDeferred: boolean;
  readonly isReadable: boolean;
}

/** A pair of columns of a foreign key from the table to itself, both of which change. */
export interface SelfKey {
  readonly name: string;
  readonly referring: string;
  readonly referred: string;
  readonly isDeferred: boolean;
}

/** A table with rows that the change reaches, with what they have to meet. */
export interface ReachedTable {
  readonly schema: string;
  readonly name: string;
  /** Whether a foreign key carries the change to it. */
  readonly isCarried: boolean;
  /** Whether the role may read all of it. */
  readonly isReadable: boolean;
  /** Columns that are NULL in rows that a foreign key carries nothing to. */
  readonly required: readonly string[];
  readonly columns: readonly ReachedColumn[];
  readonly checks: readonly Check[];
  readonly indexes: readonly CheckedIndex[];
  /** Keys from it to other tables, where the new values must be found. */
  readonly references: readonly CheckedKey[];
  /** Keys from other tables to it, which must not refer to an old value. */
  readonly referredBy: readonly CheckedKey[];
  /** Pairs of columns in which the same value must become the same token. */
  readonly selfKeys: readonly SelfKey[];
  /** The conditions of the partitions that can take a row; null if it cannot move. */
  readonly partitions: readonly string[] | null;
}
