/** The page that the long form of the crash proofs writes. */
import { type MeasuredPage, provenance, updatePage } from "../../scripts/measured_page.ts";
import type { Counts } from "../support/deno_tests.ts";

const COMMAND = "make test-faults LONG=1";

/** docs/crash-proofs.md. */
export const CRASH_PROOFS_PAGE: MeasuredPage = {
  page: new URL("../../docs/crash-proofs.md", import.meta.url),
  template: new URL("crash_proofs.template.md", import.meta.url),
};

/** Writes the results of a run in which no test failed. */
export async function writeCrashProofs(table: string, { passed, skipped }: Counts): Promise<void> {
  const counts = `${passed} tests passed${skipped > 0 ? `, ${skipped} were skipped` : ""}.`;
  const results = [await provenance(COMMAND), table, counts].join("\n\n");
  await updatePage(CRASH_PROOFS_PAGE, new Map([["results", results]]));
}
