/** Where a run would leave old values, as far as the catalogue tells before it. */
import type { ResiduePlace } from "../../residue.ts";
import type { Session } from "../connection/session.ts";
import { findAnalyzable, searchOnce } from "./find_residue.ts";
import { type FinishedRewrite, residuePlaces } from "./residue_places.ts";

/** The places as the run would report them, if nobody else writes. Reads the catalogue only. */
export async function expectResidue(
  session: Session,
  rewrite: FinishedRewrite,
): Promise<ResiduePlace[]> {
  const mayAnalyze = (await findAnalyzable(session, rewrite)).length > 0;
  const found = await searchOnce(session, rewrite);
  // what holds values now holds tokens once the run has collected the statistics again
  const after = mayAnalyze
    ? {
      ...found,
      inStatistics: [],
      extended: found.extended.map((each) =>
        each.state === "values" ? { ...each, state: "tokens" as const } : each
      ),
    }
    : found;
  return residuePlaces(after, rewrite, mayAnalyze);
}
