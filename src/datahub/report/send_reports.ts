/**
 * Sends reports to DataHub, each kind on its own: one that fails keeps no other back, and is remembered and
 * logged.
 */
import type { Observe } from "../../observations.ts";
import type { Gms } from "../gms/gms.ts";
import { GmsError } from "../gms/gms_error.ts";
import type { DatahubSettings, ReportKind } from "../settings.ts";
import type { ReportTarget } from "./report_target.ts";
import { type Offer, readOffer } from "./offer.ts";
import { ReportError } from "./report_error.ts";
import type { ReportProblems } from "./report_problems.ts";
import type { Subject } from "./subject.ts";

/** What sending takes. */
export interface SenderDependencies {
  readonly gms: Gms;
  readonly settings: Pick<DatahubSettings, "report">;
  readonly problems: ReportProblems;
  readonly observe: Observe;
}

/** How each kind is sent: those that are missing have nothing to say. */
export type Effects = Readonly<
  Partial<Record<ReportKind, (target: ReportTarget) => Promise<void>>>
>;

/** What each kind needs of the server. */
const NEEDED: Readonly<Record<ReportKind, string>> = {
  operation: "reportOperation",
  tag: "addTag",
  incident: "raiseIncident",
  property: "upsertStructuredProperties",
  assertion: "upsertCustomAssertion",
};

/** Faults that waiting or an administrator of DataHub mends. */
const TRIED_AGAIN: readonly GmsError["fault"][] = [
  "unreachable",
  "busy",
  "server_error",
  "unauthorized",
  "forbidden",
];

/** How long what a server offers is taken to stay: it may be upgraded meanwhile. */
const OFFER_AGE_MS = 3_600_000;

/**
 * Makes what sends those kinds that the settings ask for. It throws `ReportError` in the end if one is worth
 * another attempt.
 */
export function reportSender(
  deps: SenderDependencies,
): (subject: Subject, effects: Effects) => Promise<void> {
  let offered: Promise<Offer> | undefined;
  let readAtMs = 0;
  const offer = () => {
    if (offered !== undefined && performance.now() - readAtMs < OFFER_AGE_MS) return offered;
    readAtMs = performance.now();
    return offered = readOffer(deps.gms).catch((error) => {
      offered = undefined;
      throw error;
    });
  };
  return (subject, effects) => sendAll(subject, effects, offer, deps);
}

async function sendAll(
  { datasetUrn }: Subject,
  effects: Effects,
  offer: () => Promise<Offer>,
  { gms, settings, problems, observe }: SenderDependencies,
): Promise<void> {
  let again: GmsError | undefined;
  for (const kind of settings.report) {
    const effect = effects[kind];
    if (effect === undefined) continue;
    try {
      const target = { gms, offer: await offer() };
      const needed = NEEDED[kind];
      if (!target.offer.has("mutations", needed)) {
        throw new GmsError("unexpected", `this version has no "${needed}"`);
      }
      await effect(target);
      problems.succeeded(kind);
    } catch (error) {
      if (!(error instanceof GmsError)) throw error;
      const { fault, reason } = error;
      problems.failed(kind, reason);
      observe({ event: "datahub_report_failed", datasetUrn, kind, fault, reason });
      if (TRIED_AGAIN.includes(fault)) again ??= error;
    }
  }
  if (again !== undefined) throw new ReportError(again);
}
