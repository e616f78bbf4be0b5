/** The table of one run, as the lookup found it and every statement on it needs it. */

/** A column that can be tokenized. */
export interface CheckedColumn {
  /** As the catalogue has it. */
  readonly name: string;
  /** As it was declared. */
  readonly type: string;
  /** The most characters it holds; null if it is not limited. */
  readonly maxLength: number | null;
  /** Whether the column pads its values with blanks (`char(n)`). */
  readonly isPadded: boolean;
}

/** A condition that Delta checks for each row it writes. */
export interface CheckConstraint {
  readonly name: string;
  /** As it stands in SQL, on the table's columns. */
  readonly expression: string;
}

/** A table that can be tokenized. */
export interface CheckedTable {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  /** The platform's name, which tokens may be bound to. */
  readonly platform: string;
  /** The names of catalog, schema and table, as the catalogue has them. */
  readonly path: readonly string[];
  /** `catalog.schema.table`. */
  readonly displayName: string;
  /** Whether it keeps a history of its versions, and reports how many rows a statement changed. */
  readonly isDelta: boolean;
  /** Its properties as its description lists them; undefined if it lists none. */
  readonly properties: string | undefined;
  /** Those to tokenize, in the order asked for. */
  readonly columns: readonly CheckedColumn[];
}
