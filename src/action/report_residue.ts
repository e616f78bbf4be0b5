/** What a report says of old values that are left. */
import type { Observe } from "../observations.ts";
import type { Residue, ResiduePlace, ResidueState } from "../platforms/residue.ts";
import type { Report } from "./trigger.ts";

/** The report with what is left of the old values, after clearing what only COMMIT lets be cleared. */
export async function withResidue<T extends Pick<Report, "run_id" | "table">>(
  report: T,
  residue: Residue,
  observe: Observe,
): Promise<T & { readonly residue: readonly ResiduePlace[] }> {
  const left = await residue.clearAfterwards?.() ?? residue.places;
  const inState = (wanted: ResidueState) =>
    left.filter(({ state }) => state === wanted).map(({ place }) => place).join(", ");
  const [remains, notChecked, cleared] = [
    inState("remains"),
    inState("not_checked"),
    inState("cleared"),
  ];
  if (remains + notChecked + cleared !== "") {
    const { run_id: runId, table } = report;
    observe({ event: "residue_found", runId, table, remains, notChecked, cleared });
  }
  return { ...report, residue: left };
}
