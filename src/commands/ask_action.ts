/** Asks a running action, as the commands `trigger` and `smoke` do. */
import type { Report } from "../action/trigger.ts";
import type { Problem } from "../runs/run.ts";
import type { TriggerBody } from "../http/schemas.ts";
import type { DatasetArguments } from "../command.ts";
import type { RunOptions } from "../run_options.ts";
import { traceHeaders } from "../trace_context.ts";
import { NO_RESPONSE } from "./failure_line.ts";
import { cannotReach } from "./why_unreachable.ts";
import { unreadableDataset } from "./unreadable_dataset.ts";

/** What the action responded: a report, or why there is none. */
export type Outcome = { readonly report: Report } | { readonly problem: Problem };

/** Where the action is, and its bearer token if it has one. */
export interface ActionAddress {
  readonly url: string;
  readonly triggerToken: string | undefined;
}

/**
 * Sends one trigger and waits for the end of the run, however long that takes, until `stop` is aborted.
 * Never rejects.
 */
export async function askAction(
  { url, triggerToken }: ActionAddress,
  { urn, columns }: DatasetArguments,
  { dryRun, commit, strategy, scrub, connections, rowsPerSecond }: RunOptions,
  stop: AbortSignal,
): Promise<Outcome> {
  const unreadable = unreadableDataset({ urn, columns });
  if (unreadable !== undefined) return { problem: unreadable };
  const headers = {
    "content-type": "application/json",
    ...traceHeaders(),
    ...authorization(triggerToken),
  };
  const body: TriggerBody = {
    dataset_urn: urn,
    columns: [...columns],
    dry_run: dryRun,
    commit,
    strategy,
    // an older action does not know these fields
    scrub: scrub || undefined,
    connections,
    rows_per_second: rowsPerSecond,
  };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal: stop };
  try {
    return await readResponse(await fetch(new URL("/trigger", url), request), url);
  } catch (error) {
    return stop.aborted
      ? noResponse("Cannot tell how the run ends: stopped waiting, the run goes on")
      : noResponse(cannotReach(url, error));
  }
}

/** The header that has the bearer token, if there is one. */
export function authorization(
  triggerToken: ActionAddress["triggerToken"],
): Record<string, string> {
  return triggerToken === undefined ? {} : { authorization: `Bearer ${triggerToken}` };
}

async function readResponse(response: Response, url: string): Promise<Outcome> {
  // imported here, so that other commands do not load it
  const { reportSchema } = await import("../http/schemas.ts");
  const text = await response.text();
  try {
    const document: unknown = JSON.parse(text);
    if (response.ok && reportSchema.safeParse(document).success) {
      return { report: document as Report };
    }
    if (!response.ok && isProblem(document)) return { problem: document };
  } catch {
    // it isn't even JSON
  }
  return noResponse(`Cannot read the response of ${url}: is it the action?`);
}

/** Accepts any problem document: a newer action may have codes that are unknown here. */
function isProblem(document: unknown): document is Problem {
  const { detail, code } = (document ?? {}) as Partial<Problem>;
  return typeof detail === "string" && typeof code === "string";
}

/** A problem of this side's own, for a response that is missing or is not from the API. */
function noResponse(detail: string): Outcome {
  return { problem: { status: NO_RESPONSE, title: "No response", detail, code: "internal" } };
}
