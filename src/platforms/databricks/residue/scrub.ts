/**
 * Removes a Delta table's old files. VACUUM removes those that left the table longer ago than its
 * retention period, which is never shortened here. What only a later run can clear is reported to
 * remain.
 */
import type { ResiduePlace } from "../../residue.ts";
import type { CheckedTable } from "../table.ts";
import { type Retention, retentionMs } from "./retention.ts";
import type { Session } from "../connection/session.ts";
import { type HistoryRow, historyStatement } from "../sql/history.ts";
import {
  NOW,
  type NowRow,
  purgeStatement,
  type VacuumDryRunRow,
  vacuumDryRunStatement,
  vacuumStatement,
} from "../sql/residue.ts";

type Known = Omit<ResiduePlace, "place" | "command">;

/** What is known after the attempt. */
export interface Cleared {
  readonly deletionVectors: Known;
  /** Of files that only older versions or the change data feed need. */
  readonly files: Known;
}

const ACTION = "clear old files";
const VERSIONS = 50;
const FAILED: Known = { state: "not_checked", detail: "the warehouse refused, or did not respond" };

/** Clears what can be cleared. Never throws: what fails is reported as not checked. */
export async function clearFiles(
  session: Session,
  table: CheckedTable,
  options: { readonly retention: string; readonly purges: boolean },
): Promise<Cleared> {
  const deletionVectors = options.purges ? await orFailed(() => purge(session, table)) : FAILED;
  return {
    deletionVectors,
    files: await orFailed(() => vacuum(session, table, options.retention)),
  };
}

async function purge(session: Session, table: CheckedTable): Promise<Known> {
  await session.query(ACTION, purgeStatement(table));
  const [purged] = await history(session, table, 1);
  // the second time there is nothing left to purge, so no new version is made
  await session.query(ACTION, purgeStatement(table));
  const [latest] = await history(session, table, 1);
  return purged !== undefined && purged.version === latest?.version
    ? { state: "cleared" }
    : { state: "remains", detail: "other writers change the table" };
}

async function vacuum(session: Session, table: CheckedTable, retention: Retention): Promise<Known> {
  await session.query(ACTION, vacuumStatement(table));
  const left = await session.query<VacuumDryRunRow>(ACTION, vacuumDryRunStatement(table));
  const versions = (await history(session, table, VERSIONS))
    .filter(({ operation }) => !operation.startsWith("VACUUM"));
  const [clock] = await session.query<NowRow>(ACTION, NOW);
  const keptMs = retentionMs(retention);
  const agesMs = versions.map(({ timestamp }) => msOf(clock!.now) - msOf(timestamp));
  if (keptMs === undefined || agesMs.length === 0 || agesMs.some(Number.isNaN)) return FAILED;
  if (Math.min(...agesMs) < keptMs) {
    const detail = `VACUUM keeps files for ${retention}: scrub again after that`;
    return { state: "remains", detail };
  }
  return left.some(({ path }) => isFile(path))
    ? { state: "remains", detail: "VACUUM left files behind" }
    : { state: "cleared" };
}

/** A dry run lists folders too, which VACUUM only removes if they are empty when it starts. */
function isFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.includes(".") && !name.includes("=");
}

function history(session: Session, table: CheckedTable, versions: number): Promise<HistoryRow[]> {
  return session.query<HistoryRow>(ACTION, historyStatement(table, versions));
}

function msOf(time: Date | string): number {
  return time instanceof Date ? time.getTime() : Date.parse(time);
}

async function orFailed(work: () => Promise<Known>): Promise<Known> {
  try {
    return await work();
  } catch {
    return FAILED;
  }
}
