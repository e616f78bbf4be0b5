/** `tokenize datahub status`: how far DataHub is followed, by a running action or by the stored offset. */
import type { DatahubStatusCommand } from "../command.ts";
import type { Config } from "../config.ts";
import type { LoopStatus } from "../datahub/loop/loop_status.ts";
import { authorization } from "./ask_action.ts";
import { looksInWords } from "./forms_in_words.ts";
import type { Problem } from "../runs/run.ts";
import { problemExitCode } from "../exit_codes.ts";
import { printError, printFailure, printIfPossible, printJson } from "./output.ts";
import { type Line, printText, table } from "./text_lines.ts";
import { cannotReach } from "./why_unreachable.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** Prints the status. Returns the exit code: 1 if there is no action, or something needs attention. */
export async function printDatahubStatus(
  { url, json }: DatahubStatusCommand<string>,
  config: Config,
  shutDown: AbortSignal,
): Promise<number> {
  const headers = authorization(config.triggerToken);
  const signal = AbortSignal.any([shutDown, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const response = await fetch(new URL("/datahub/status", url), { headers, signal })
    .catch((error: unknown) => cannotReach(url, error));
  if (typeof response === "string") {
    printError(response);
    await printStoredOffset(config, json, shutDown);
    return 1;
  }
  const { datahubStatusSchema } = await import("../http/datahub_schemas.ts");
  const document: unknown = await response.json().catch(() => undefined);
  const status = datahubStatusSchema.safeParse(document);
  if (!response.ok || !status.success) {
    const problem = problemOf(document, url);
    printFailure(problem, json);
    return problemExitCode(problem.code, shutDown);
  }
  printIfPossible(() => {
    if (json) printJson(status.data);
    else printText(linesOf(status.data));
  });
  return needsAttention(status.data) ? 1 : 0;
}

/** What DataHub itself knows of the program. */
async function printStoredOffset(
  { datahub }: Config,
  json: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (datahub === undefined) return;
  const { openGms } = await import("../datahub/gms/gms.ts");
  const { offsetStore } = await import("../datahub/gms/offset_store.ts");
  const { GmsError } = await import("../datahub/gms/gms_error.ts");
  try {
    const stored = await offsetStore(openGms(datahub.gms), datahub.consumer).load(signal);
    const storedAt = stored?.timestamp === undefined
      ? null
      : new Date(stored.timestamp * 1000).toISOString();
    const document = { offset_id: stored?.offsetId ?? null, stored_at: storedAt };
    printIfPossible(() => {
      if (json) printJson(document);
      else printText(table([["offset", shown(document.offset_id)], ["stored", shown(storedAt)]]));
    });
  } catch (error) {
    if (!(error instanceof GmsError)) throw error;
    printError(error.message);
  }
}

function problemOf(document: unknown, url: string): Pick<Problem, "detail" | "code"> {
  const { detail, code } = (document ?? {}) as Partial<Problem>;
  if (typeof detail === "string" && typeof code === "string") return { detail, code };
  return { detail: `Cannot read the response of ${url}: is it the action?`, code: "internal" };
}

function needsAttention({ needs_attention, failed, refused }: LoopStatus): boolean {
  return needs_attention || failed.length > 0 || refused.length > 0;
}

function linesOf(status: LoopStatus): Line[] {
  const { failed, refused } = status;
  const problems = (title: string, all: LoopStatus["failed"]) =>
    all.map(({ dataset_urn, detail, code }) => `${title} ${dataset_urn}: ${detail} (${code})`);
  return [
    ...table([
      ...(status.leader === undefined ? [] : [leaderLine(status)]),
      ["mode", status.mode],
      ["events", status.events],
      ["problem", shown(status.problem)],
      ["offset", shown(status.offset_id)],
      ["last event", shown(status.last_event_at)],
      ["last sweep", shown(status.last_sweep_at)],
      ["datasets", shown(status.last_sweep_datasets)],
      ["due", `${status.due}, ${status.running} under way, ${status.later} later`],
    ]),
    ...status.waiting.flatMap(waitingLines),
    ...problems("failed:", failed),
    ...problems("refused:", refused),
  ];
}

function leaderLine({ leader = null, is_leader: isLeader }: LoopStatus): [string, string] {
  return ["followed by", isLeader ? `${leader}, which was asked` : shown(leader)];
}

function waitingLines({ dataset_urn, columns }: LoopStatus["waiting"][number]): string[] {
  const lines = columns.map(({ name, looks_like }) =>
    `  ${name}${looks_like === null ? "" : `: ${looksInWords(looks_like)}`}`
  );
  return [`waits for an approval: ${dataset_urn}`, ...lines];
}

function shown(value: string | number | null): string {
  return value === null ? "–" : String(value);
}
