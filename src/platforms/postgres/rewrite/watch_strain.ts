/** Watches how strained the server is, for runs that are to slow down then. */
import { ServiceError } from "../../../errors.ts";
import type { StrainLimits } from "../connection/settings.ts";
import type { PostgresRun } from "../postgres_run.ts";
import { ReplicaLag } from "./replica_lag.ts";
import { SERVER_STRAIN, type StrainRow } from "../sql/server_strain.ts";

/** How long what was measured holds. */
const FRESH_MS = 500;

const MIB = 1024 * 1024;

/**
 * Gives what tells why the server needs a rest, in words, or undefined if it does not; undefined if nothing
 * is limited. It throws `permission_denied` if the role may not see what is limited.
 */
export function watchStrain(run: PostgresRun): (() => Promise<string | undefined>) | undefined {
  const { strainLimits: limits } = run;
  if (Object.values(limits).every((limit) => limit === 0)) return undefined;
  const lag = new ReplicaLag();
  let measured: Promise<string | undefined> | undefined;
  let measuredAtMs = 0;
  return () => {
    if (measured === undefined || performance.now() - measuredAtMs > FRESH_MS) {
      measuredAtMs = performance.now();
      measured = measure(run, limits, lag);
    }
    return measured;
  };
}

async function measure(
  run: PostgresRun,
  limits: StrainLimits,
  lag: ReplicaLag,
): Promise<string | undefined> {
  const { rows: [row] } = await run.outsideTransactions((session) =>
    session.query<StrainRow>("measure the load of the server", SERVER_STRAIN)
  );
  const [seesAll, written, replayed, replayLagMs, slotLagBytes, activeSessions] = row!;
  if (!seesAll) throw cannotSee();
  const atMs = performance.now();
  const replicaLagMs = lag.measure({ atMs, written: written ?? 0, replayed, replayLagMs });
  const slotLagMib = Math.floor((slotLagBytes ?? 0) / MIB);
  if (isOver(replicaLagMs, limits.maxReplicaLagMs)) {
    return `a standby that is ${Math.round(replicaLagMs)} ms behind (PG_MAX_REPLICA_LAG_MS)`;
  }
  if (isOver(slotLagMib, limits.maxSlotLagMib)) {
    return `a logical slot that is ${slotLagMib} MiB behind (PG_MAX_SLOT_LAG_MIB)`;
  }
  if (isOver(activeSessions, limits.maxActiveSessions)) {
    return `${activeSessions} active sessions of others (PG_MAX_ACTIVE_SESSIONS)`;
  }
  return undefined;
}

function isOver(measured: number, limit: number): boolean {
  return limit > 0 && measured > limit;
}

function cannotSee(): ServiceError {
  return new ServiceError(
    "permission_denied",
    "Cannot watch the load of the server: the role may not see the statistics of others; " +
      "GRANT pg_read_all_stats to it, or set PG_MAX_REPLICA_LAG_MS, PG_MAX_SLOT_LAG_MIB and " +
      "PG_MAX_ACTIVE_SESSIONS to 0",
  );
}
