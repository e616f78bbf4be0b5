/**
 * What a Delta table keeps of its earlier rows: older versions, which are read here as anybody could read
 * them; rows that deletion vectors hide in files; and the change data feed.
 */
import { counted } from "../../../counted.ts";
import { ServiceError } from "../../../errors.ts";
import type { Finding } from "../../inspection.ts";
import type { Session } from "../connection/session.ts";
import { quoteIdentifier, rawLiteral } from "../identifiers.ts";
import { sqlName } from "./describe.ts";

const ACTION = "look for old values";
/** How many older versions are read. */
const MAX_VERSIONS = 50;
/** How tokens of every kind begin: of older versions no more is asked. */
const BEGINS_LIKE_TOKEN = "^(tk[12]_(hmac|siv)_[gdc]_|tok_|vault:v[1-9])";

/** Errors that say that a version can be read no more. */
const GONE =
  /FILE_NOT_(FOUND|EXIST)|VERSION_NOT_(FOUND|CONTIGUOUS)|CANNOT_RECREATE|TIME_TRAVEL|TRUNCATED_TRANSACTION_LOG|CANNOT_FIND_VERSION|VERSION_INVALID|FAILED_READ_FILE/;

/** Operations that leave the rows as they are. */
const UNCHANGED = /^(VACUUM|OPTIMIZE|SET TBLPROPERTIES|REORG|COMPUTE STATS|ANALYZE)/;

/** A version of the table. */
export interface Version {
  readonly version: number;
  /** Such as `MERGE`. */
  readonly operation: string;
}

/** The latest versions, newest first; undefined if the principal may not see them. */
export async function versionsOf(
  session: Session,
  path: readonly string[],
): Promise<readonly Version[] | undefined> {
  try {
    const statement = `DESCRIBE HISTORY ${sqlName(path)} LIMIT ${MAX_VERSIONS + 1}`;
    return await session.query<Version>("read the history", statement);
  } catch (error) {
    if (error instanceof ServiceError && error.code === "permission_denied") return undefined;
    throw error;
  }
}

/** Looks at what is left of the rows before `versions[0]`, the latest version. */
export async function inspectRemains(
  session: Session,
  path: readonly string[],
  columns: readonly string[],
  versions: readonly Version[] | undefined,
): Promise<Finding[]> {
  const properties = await propertiesOf(session, path);
  return [
    await history(session, path, columns, versions),
    deletionVectors(path, properties, versions),
    changeDataFeed(path, properties),
  ];
}

async function history(
  session: Session,
  path: readonly string[],
  columns: readonly string[],
  versions: readonly Version[] | undefined,
): Promise<Finding> {
  const check = "history";
  if (versions === undefined) {
    const detail = "the principal may not see the table's history";
    return { check, state: "could_not_tell", detail };
  }
  const [, ...older] = versions;
  for (const { version } of older.slice(0, MAX_VERSIONS)) {
    const holds = await holdsValues(session, path, columns, version);
    if (holds === true) {
      return {
        check,
        state: "not_clean",
        detail: `version ${version} can still be read, and holds values`,
        command: `VACUUM ${sqlName(path)}`,
      };
    }
    if (holds === undefined) {
      return { check, state: "could_not_tell", detail: `version ${version} could not be read` };
    }
  }
  if (versions.length <= MAX_VERSIONS) return { check, state: "clean" };
  const more = counted(MAX_VERSIONS, "older version was read", "older versions were read");
  return { check, state: "could_not_tell", detail: `${more}, and there are more` };
}

/** Whether anything in that version is no token; undefined if that cannot be told. */
async function holdsValues(
  session: Session,
  path: readonly string[],
  columns: readonly string[],
  version: number,
): Promise<boolean | undefined> {
  const isValue = columns.map((column) =>
    `(t.${quoteIdentifier(column)} IS NOT NULL AND NOT t.${quoteIdentifier(column)} RLIKE ${
      rawLiteral(BEGINS_LIKE_TOKEN)
    })`
  );
  const statement = `SELECT count(*) AS n FROM (
SELECT 1 FROM ${sqlName(path)} VERSION AS OF ${version} AS t WHERE ${
    isValue.join(" OR ")
  } LIMIT 1)`;
  try {
    const [row] = await session.query<{ n: number }>(ACTION, statement);
    return Number(row!.n) > 0;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // before the columns were added there was nothing in them
    if (error.code === "column_not_found") return false;
    return GONE.test(error.facts.errorClass ?? "") ? false : undefined;
  }
}

async function propertiesOf(
  session: Session,
  path: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ key: string; value: string }>(
    ACTION,
    `SHOW TBLPROPERTIES ${sqlName(path)}`,
  );
  return new Map(rows.map(({ key, value }) => [key.toLowerCase(), value.toLowerCase()]));
}

/** Rows that were replaced stay in their files until a purge, unless nothing changed after it. */
function deletionVectors(
  path: readonly string[],
  properties: ReadonlyMap<string, string>,
  versions: readonly Version[] | undefined,
): Finding {
  const check = "deletion_vectors";
  if (properties.get("delta.enabledeletionvectors") !== "true") return { check, state: "clean" };
  const changed = versions?.findIndex(({ operation }) => !UNCHANGED.test(operation)) ?? 0;
  const purged = versions?.findIndex(({ operation }) => operation.startsWith("REORG")) ?? -1;
  if (purged !== -1 && (changed === -1 || purged < changed)) return { check, state: "clean" };
  return {
    check,
    state: "could_not_tell",
    detail: "they are on, and hide replaced rows in the table's files until a purge",
    command: `REORG TABLE ${sqlName(path)} APPLY (PURGE)`,
  };
}

function changeDataFeed(
  path: readonly string[],
  properties: ReadonlyMap<string, string>,
): Finding {
  const check = "change_data_feed";
  if (properties.get("delta.enablechangedatafeed") !== "true") return { check, state: "clean" };
  return {
    check,
    state: "could_not_tell",
    detail: "it is on, and keeps rows as they were before, until VACUUM",
    command: `VACUUM ${sqlName(path)}`,
  };
}
