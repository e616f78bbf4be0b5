/** Asks a running action, as the commands `trigger` and `smoke` do. */
import type { Report } from "../action/trigger.ts";
import type { Problem } from "../http/problem.ts";
import type { TriggerBody } from "../http/schemas.ts";
import type { DatasetArguments } from "../command.ts";
import type { RunOptions } from "../run_options.ts";

/** What the action answered: a report, or why there is none. */
export type Answer = { readonly report: Report } | { readonly problem: Problem };

/** Where the action is and how to be let in. */
export interface ActionAddress {
  readonly url: string;
  readonly triggerToken: string | undefined;
}

/** Sends one trigger and waits for its end, however long the run takes, unless `stop` is aborted. */
export async function askAction(
  { url, triggerToken }: ActionAddress,
  { urn, columns }: DatasetArguments,
  { dryRun, commit, strategy, scrub }: RunOptions,
  stop: AbortSignal,
): Promise<Answer> {
  const headers = new Headers({ "content-type": "application/json" });
  if (triggerToken !== undefined) headers.set("authorization", `Bearer ${triggerToken}`);
  const body: TriggerBody = {
    dataset_urn: urn,
    columns: [...columns],
    dry_run: dryRun,
    commit,
    strategy,
    scrub: scrub || undefined, // an older action does not know the field
  };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal: stop };
  try {
    return await readAnswer(await fetch(new URL("/trigger", url), request), url);
  } catch {
    return stop.aborted
      ? noAnswer("Cannot tell what came of it: stopped waiting, the run goes on")
      : noAnswer(`Cannot reach the action at ${url}: is it running?`);
  }
}

async function readAnswer(response: Response, url: string): Promise<Answer> {
  // here, or it would be loaded at every start
  const { reportSchema } = await import("../http/schemas.ts");
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    if (response.ok && reportSchema.safeParse(answer).success) return { report: answer as Report };
    if (!response.ok && isProblem(answer)) return { problem: answer };
  } catch {
    // it isn't even JSON
  }
  return noAnswer(`Cannot read the answer of ${url}: is it the action?`);
}

/** Any problem document, since a newer action may have codes that are not known here. */
function isProblem(answer: unknown): answer is Problem {
  const { detail, code } = (answer ?? {}) as Partial<Problem>;
  return typeof detail === "string" && typeof code === "string";
}

/** Nothing in the API's own words came back, so the code says what is known: nothing was answered. */
function noAnswer(detail: string): Answer {
  return { problem: { status: 0, title: "No answer", detail, code: "internal" } };
}
