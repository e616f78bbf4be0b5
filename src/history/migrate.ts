/**
 * Brings the schema of the history to the version that this program works with. Any number of programs
 * may do so at once: each step is one transaction, which begins by waiting for an advisory lock.
 */
import { ServiceError } from "../errors.ts";
import { Connector } from "../platforms/postgres/connection/connector.ts";
import type { Session } from "../platforms/postgres/connection/session.ts";
import type { PostgresSettings } from "../platforms/postgres/connection/settings.ts";
import { historyError } from "./history_error.ts";
import { LOCKS } from "./locks.ts";
import { LATEST_VERSION, type Migration, MIGRATIONS, SCHEMA } from "./migrations.ts";

const ACTION = "migrate the history";
/** How long a step may wait for another program's. */
const LOCK_TIMEOUT_MS = 60_000;

/** Default privileges may let others write which steps were applied: that is the owner's to say. */
const OWNERS_ALONE = `DO $$
DECLARE other text;
BEGIN
  FOR other IN SELECT DISTINCT quote_ident(pg_get_userbyid(acl.grantee))
    FROM pg_class c, aclexplode(c.relacl) acl
    WHERE c.oid = '${SCHEMA}.migrations'::regclass AND acl.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE 'REVOKE INSERT, UPDATE, DELETE ON ${SCHEMA}.migrations FROM ' || other;
  END LOOP;
END $$`;

/** What a database has applied, from the first version on. */
interface Applied {
  readonly version: number;
  readonly checksum: string;
}

/** What was done: the schema was at `from`, and is at `to`. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
}

/** Applies the steps that are missing. Throws a `ServiceError`, after which the steps before it hold. */
export async function migrate(settings: PostgresSettings, signal: AbortSignal): Promise<Migrated> {
  let session: Session | undefined;
  try {
    session = await new Connector(settings).open(signal, () => {});
    const from = await checkVersion(session);
    for (let version = from; version < LATEST_VERSION;) version = await step(session);
    return { from, to: LATEST_VERSION };
  } catch (error) {
    throw error instanceof HistoryUnusable ? error : historyError(ACTION, error);
  } finally {
    await session?.close();
  }
}

/** The version that the schema is at, and the one that `migrate` would bring it to. Throws a `ServiceError`. */
export async function findVersion(
  settings: PostgresSettings,
  signal: AbortSignal,
): Promise<Migrated> {
  let session: Session | undefined;
  try {
    session = await new Connector(settings).open(signal, () => {});
    return { from: await checkVersion(session), to: LATEST_VERSION };
  } catch (error) {
    throw error instanceof HistoryUnusable ? error : historyError("read the history", error);
  } finally {
    await session?.close();
  }
}

/** The schema is not one that this program can use. */
class HistoryUnusable extends ServiceError {
  constructor(reason: string) {
    super("database_error", `Cannot use the history: ${reason}`);
  }
}

/** Applies the next step, if no other program has meanwhile. Gives the version that the schema is at. */
async function step(session: Session): Promise<number> {
  const query = (text: string, parameters?: string[]) => session.query(ACTION, text, parameters);
  await query(
    `BEGIN; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
  );
  try {
    await query(`SELECT pg_advisory_xact_lock(${LOCKS.migration}, 0)`);
    const version = await checkVersion(session);
    const next = MIGRATIONS[version];
    if (next !== undefined) await apply(next, query);
    await query("COMMIT");
    return next?.version ?? version;
  } catch (error) {
    await query("ROLLBACK").catch(() => {}); // the connection is closed after that
    throw error;
  }
}

async function apply(
  migration: Migration,
  query: (text: string, parameters?: string[]) => Promise<unknown>,
): Promise<void> {
  if (migration.version === 1) {
    const { rows: [schema] } = await query(
      `SELECT FROM pg_namespace WHERE nspname = '${SCHEMA}'`,
    ) as { rows: unknown[][] };
    if (schema === undefined) await query(`CREATE SCHEMA ${SCHEMA}`);
    await query(`CREATE TABLE ${SCHEMA}.migrations (version int4 PRIMARY KEY, name text NOT NULL,
      checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    await query(OWNERS_ALONE);
  }
  await query(migration.sql);
  await query(
    `INSERT INTO ${SCHEMA}.migrations (version, name, checksum) VALUES ($1::int4, $2, $3)`,
    [String(migration.version), migration.name, await checksumOf(migration)],
  );
}

/**
 * The version that the schema is at. Throws `HistoryUnusable` if a newer program made it, or its steps are
 * not those of this program.
 */
async function checkVersion(session: Pick<Session, "query">): Promise<number> {
  const { rows: [found] } = await session.query<[exists: boolean]>(
    ACTION,
    // not to_regclass, which may not see yet what was committed while this transaction waited
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = '${SCHEMA}' AND c.relname = 'migrations')`,
  );
  if (!found![0]) return 0;
  const { rows } = await session.query<[version: number, checksum: string]>(
    ACTION,
    `SELECT version, checksum FROM ${SCHEMA}.migrations ORDER BY version`,
  );
  return await requireKnown(rows.map(([version, checksum]) => ({ version, checksum })));
}

async function requireKnown(applied: readonly Applied[]): Promise<number> {
  const version = applied.length;
  if (version > LATEST_VERSION) {
    throw new HistoryUnusable(
      `its schema is at version ${version}, and this program knows versions up to ${LATEST_VERSION}: ` +
        "use the newer program that made it",
    );
  }
  for (const [i, { version, checksum }] of applied.entries()) {
    if (version === i + 1 && checksum === await checksumOf(MIGRATIONS[i]!)) continue;
    throw new HistoryUnusable(
      `version ${version} of its schema is not the one that this program knows: was it made by a ` +
        "development version, or changed by hand?",
    );
  }
  return version;
}

/** SHA-256 of its statements, in hexadecimal. */
async function checksumOf({ sql }: Migration): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sql));
  return new Uint8Array(digest).toHex();
}
