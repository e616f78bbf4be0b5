/**
 * The table of a run: first what the catalogue says of a candidate, then the target that passed every
 * check. These types import nothing, so that every room may use them.
 */

/** A table's name within its database. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

interface Table extends TableName {
  readonly oid: number;
  /** What precedes the database in the dataset's name; empty if nothing does. */
  readonly platformInstance: string;
  /** Whether it has partitions, or tables that inherit from it. */
  readonly hasDescendants: boolean;
  /** Whether the role may lock the table, with its descendants, by LOCK TABLE. */
  readonly canLock: boolean;
  /** A digest of all that the look-up says of the table but its size: it changes with the definition. */
  readonly fingerprint: string;
  /** Whether it was looked up as a plain table, of which there is less to know. */
  readonly isPlain: boolean;
  /** What the look-up saw as committed, as the server writes its snapshots. */
  readonly snapshot: string;
  /** With descendants, without indexes and out-of-line values. */
  readonly sizeBytes: number;
  /** Whether the role may read `ctid` and `tableoid`, by which the client path writes rows back. */
  readonly canReadCtid: boolean;
  /** Whether the role may read `xmin`, which tells the transaction that wrote a row. */
  readonly canReadXmin: boolean;
  /** Whether the role may ANALYZE and VACUUM the table; that does not tell of its descendants. */
  readonly canMaintain: boolean;
  /** Whether the role may make temporary tables. */
  readonly canMakeTemporary: boolean;
}

/** What the catalogue says of a table, view or the like that the dataset's name matches. */
export interface TableMetadata extends Table {
  readonly database: string;
  readonly serverEncoding: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  readonly hasForeignPartitions: boolean;
  readonly rowSecurityActive: boolean;
  readonly canUseSchema: boolean;
  /** The columns whose names match one asked for, at least if case is ignored. */
  readonly columns: readonly ColumnMetadata[];
  /** What an UPDATE of these columns, all of them, would set off. */
  readonly sideEffects: readonly SideEffect[];
  /** Functions of others that an UPDATE of these columns, or reading them, would call; ten at most. */
  readonly functions: readonly TableFunction[];
  /** What may keep the role from reading what is stored. */
  readonly masks: readonly Mask[];
  /** Whether the run's lock was free; null if it was not asked for. */
  readonly gotLock: boolean | null;
}

/** A column, as the catalogue describes it. */
export interface ColumnMetadata {
  readonly name: string;
  /** As SQL shows it, such as `character varying(20)`. */
  readonly type: string;
  /** The type under all domains: `text`, `varchar`, `bpchar`, `citext`, another built-in type or null. */
  readonly baseType: string | null;
  /** The most characters it holds; null if it has no limit. */
  readonly maxLength: number | null;
  /** Quoted, if it is not the type's own. */
  readonly collation: string | null;
  /** `EXTERNAL` and the like, if it is not the type's own. */
  readonly storage: string | null;
  /** `pglz` or `lz4`, if it is set for the column; servers before version 14 have none. */
  readonly compression: string | null;
  readonly isGenerated: boolean;
  /** A partition or inheriting table in which it is generated; null if there is none. */
  readonly generatedIn: string | null;
  readonly canSelect: boolean;
  readonly canUpdate: boolean;
}

/**
 * What else an UPDATE sets off.
 *
 * - `trigger_or_rule`: may do anything.
 * - `fk_set_null`: a foreign key that sets the rows that refer to a value to NULL or to a default.
 * - `fk_delete`: a foreign key that takes a row's move to another partition for its deletion, and deletes
 *   the rows that refer to it, or sets them to NULL or to a default.
 * - `fk_off`: a foreign key that is not enforced, or whose triggers are switched off: rows on its other side
 *   would keep what they refer to.
 * - `fk_self_cascade`: a foreign key that changes rows of the table itself, unseen by the run.
 * - `fk_self`: a foreign key from the table to itself, of which columns on both sides change: it holds again
 *   only when all of its rows are changed.
 * - `fk_cascade`: a foreign key that carries the change to another table.
 * - `unidentified`: a publication that cannot publish updates, since the table has no replica identity.
 * - `unfiltered`: one that cannot since its row filter or column list needs other columns than the identity.
 */
export type SideEffectKind =
  | "trigger_or_rule"
  | "fk_set_null"
  | "fk_delete"
  | "fk_off"
  | "fk_self_cascade"
  | "fk_self"
  | "fk_cascade"
  | "unidentified"
  | "unfiltered";

/** One side effect, with the name of the trigger, rule, constraint or publication. */
export type SideEffect = readonly [kind: SideEffectKind, name: string];

/**
 * A function that is not trusted, with what of the table's definition calls it:
 * `["constraint", "email_ok", "app.is_email", "alice"]`.
 */
export type TableFunction = readonly [
  object: string,
  objectName: string,
  name: string,
  owner: string,
];

/**
 * What may keep a role from reading what is stored.
 *
 * - `masked_role`: the role, or one that it is a member of, is marked as masked.
 * - `unproven`: a product is installed that may mask what the role reads; which does not show.
 */
export type MaskKind = "masked_role" | "unproven";

/** One of them, with the name of the role or product. */
export type Mask = readonly [kind: MaskKind, name: string];

/** The table that a run works on: found, and checked to be one that can be tokenized. */
export interface TargetTable extends Table {
  /** The platform's name, which tokens may be bound to. */
  readonly platform: string;
  /** The names of database, schema and table, as the catalogue has them. */
  readonly path: readonly string[];
  /** `database.schema.table`. */
  readonly displayName: string;
  /** The columns to tokenize, in the order asked for. */
  readonly columns: readonly ColumnMetadata[];
  /** Triggers and rules that will fire; empty unless the configuration allows them. */
  readonly triggers: readonly string[];
  /** Foreign keys from the table to itself that hold only if both sides change in one statement. */
  readonly selfKeys: readonly string[];
  /** Foreign keys that carry the change to other tables. */
  readonly carryingKeys: readonly string[];
  /** Functions of others that will run; empty unless the configuration allows them. */
  readonly functions: readonly string[];
  /** Whether the fingerprint is enough to say that the name would be resolved to the same table again. */
  readonly isConfirmable: boolean;
}
