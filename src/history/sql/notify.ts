/** Notifications: who changed something, and which run, so that nobody has to act on what it did itself. */
import { CHANNEL } from "../presence.ts";

/** SQL that notifies of the run of each row of `from`; `owner` and `run` are SQL. */
export function notifyOfRun(owner: string, run: string, from: string): string {
  return `SELECT pg_catalog.pg_notify('${CHANNEL}', ${owner} || ' ' || ${run}) FROM ${from}`;
}

/** Reads the payload of a notification. */
export function readPayload(payload: string): { readonly by: string; readonly runId: string } {
  const blank = payload.indexOf(" ");
  return { by: payload.slice(0, blank), runId: payload.slice(blank + 1) };
}
