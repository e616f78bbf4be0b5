/**
 * The incident on a dataset that cannot be tokenized: raised once, and resolved when the reason is gone.
 *
 * Source of the shapes: `incident.graphql` of DataHub. An incident has a random id, so active ones are read
 * before one is raised; the custom type tells the program's own.
 */
import { z } from "zod";
import type { ServiceError } from "../../errors.ts";
import type { Gms } from "../gms/gms.ts";
import { parsed } from "../gms/parsed.ts";
import type { ReportTarget } from "./report_target.ts";
import type { Subject } from "./subject.ts";

/** Tells the program's incidents from others. */
const INCIDENT_TYPE = "TOKENIZATION";

const PAGE_SIZE = 100;

const ACTIVE = `query activeIncidents($urn: String!, $start: Int!, $count: Int!) {
  dataset(urn: $urn) {
    incidents(state: ACTIVE, start: $start, count: $count) {
      total incidents { urn customType description }
    }
  }
}`;
const RAISE =
  `mutation raiseIncident($input: RaiseIncidentInput!) { raiseIncident(input: $input) }`;
const UPDATE = `mutation updateIncident($urn: String!, $input: UpdateIncidentInput!) {
  updateIncident(urn: $urn, input: $input)
}`;
// the type of the whole input has another name on older servers
const RESOLVE = `mutation resolveIncident($urn: String!, $message: String) {
  updateIncidentStatus(urn: $urn, input: { state: RESOLVED, message: $message })
}`;

const incidentsSchema = z.object({
  dataset: z.object({
    incidents: z.object({
      total: z.number(),
      incidents: z.array(z.object({
        urn: z.string(),
        customType: z.string().nullish(),
        description: z.string().nullish(),
      })),
    }).nullish(),
  }).nullish(),
});

/** The incidents of a program. */
export class Incidents {
  /** Datasets without an active one, as far as is known: they are not asked about again. */
  readonly #calm = new Set<string>();

  /** Raises one, unless one is active; that one then has the new reason. Throws `GmsError`. */
  async raise(
    { gms, offer }: ReportTarget,
    subject: Subject,
    error: ServiceError,
    isTriedAgain: boolean,
  ): Promise<void> {
    const { datasetUrn } = subject;
    this.#calm.delete(datasetUrn);
    const description = describe(subject, error, isTriedAgain);
    const [active] = await activeIncidents(gms, datasetUrn);
    if (active === undefined) {
      const input = {
        type: "CUSTOM",
        customType: INCIDENT_TYPE,
        title: isTriedAgain ? "Tokenization failed" : "Tokenization is refused",
        description,
        ...(offer.has("incident", "resourceUrn")
          ? { resourceUrn: datasetUrn }
          : { resourceUrns: [datasetUrn] }),
      };
      await gms.graphql(RAISE, { input });
    } else if (active.description !== description && offer.has("mutations", "updateIncident")) {
      await gms.graphql(UPDATE, { urn: active.urn, input: { description } });
    }
  }

  /** Resolves what is active. Throws `GmsError`. */
  async resolve({ gms }: ReportTarget, { datasetUrn }: Subject, message: string): Promise<void> {
    if (this.#calm.has(datasetUrn)) return;
    for (const { urn } of await activeIncidents(gms, datasetUrn)) {
      await gms.graphql(RESOLVE, { urn, message });
    }
    this.#calm.add(datasetUrn);
  }
}

/** The reason, and what happens next. */
function describe({ columns }: Subject, { code, message }: ServiceError, isTriedAgain: boolean) {
  const next = isTriedAgain
    ? "It is tried again automatically."
    : "It would fail again until somebody changes what the reason names; the next sweep tries again.";
  return `${message} (error code ${code}, columns ${columns.join(", ")}). ${next}`;
}

/** The program's own incidents on a dataset that are active. */
async function activeIncidents(gms: Gms, urn: string) {
  const found = [];
  for (let start = 0;; start += PAGE_SIZE) {
    const response = await gms.graphql(ACTIVE, { urn, start, count: PAGE_SIZE });
    const page = parsed(incidentsSchema, response).dataset?.incidents;
    const incidents = page?.incidents ?? [];
    found.push(...incidents.filter(({ customType }) => customType === INCIDENT_TYPE));
    if (incidents.length === 0 || start + incidents.length >= (page?.total ?? 0)) return found;
  }
}
