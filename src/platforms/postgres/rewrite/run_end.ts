/**
 * What a run sends when everything is written: the count of the table, the check that nobody has altered it
 * meanwhile, and the search for residue. They go out together, and along with the last write if it is known
 * to be the last, so that they share its round trip.
 *
 * If the write fails, so does all that was sent after it, and if a check fails, what followed it is undone.
 */
import { inFlight } from "../../../async.ts";
import type { Residue } from "../../residue.ts";
import type { Session } from "../connection/session.ts";
import { findResidue } from "../residue/find_residue.ts";
import { countRows, isLarge, type RowCounts } from "./count_table.ts";
import { countAtEnd, runsOthersCode } from "./prove_done.ts";
import type { Work } from "./work.ts";

/** The end of one run in one transaction. */
export class RunEnd {
  readonly #session: Session;
  readonly #work: Work;
  #counts: Promise<RowCounts> | undefined;
  #unaltered: Promise<void> | undefined;
  #residue: Promise<Residue> | undefined;

  readonly #confirmed: () => Promise<void>;

  /** `confirmed` resolves when the table is known to be the one that it was taken for. */
  constructor(session: Session, work: Work, confirmed = () => Promise.resolve()) {
    this.#session = session;
    this.#work = work;
    this.#confirmed = confirmed;
  }

  /**
   * To be called when a statement that writes `rows` rows was sent, and nothing is left to write. Code of
   * others may write more, and what a large table needs takes longer than a round trip: then it does nothing.
   */
  sendAhead(rows: number): void {
    const { table } = this.#work;
    if (isLarge(table) || runsOthersCode(table)) return;
    // at once: after the search for residue it would fail with it
    this.#counts = inFlight(countRows(this.#session, this.#work));
    this.#sendRest(rows);
  }

  /** Counts the table, as `countAtEnd` does. */
  count(foreign: Promise<number | undefined>): Promise<RowCounts> {
    return this.#counts ?? countAtEnd(this.#session, this.#work, foreign);
  }

  /** Resolves when the session has nothing of it under way: a failure in it is then undone. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#confirmed(), this.#counts, this.#unaltered, this.#residue]);
  }

  /** Throws what `checkUnaltered` of the run throws. To be called after everything else but `residue`. */
  async check(updated: number): Promise<void> {
    if (this.#unaltered === undefined) this.#sendRest(updated);
    await this.#unaltered;
    await this.settled();
  }

  /** See `findResidue`. */
  residue(updated: number): Promise<Residue> {
    return this.#residue ?? this.#findResidue(updated);
  }

  #sendRest(updated: number): void {
    const { run, table } = this.#work;
    this.#unaltered = inFlight(run.checkUnaltered(this.#session, table));
    // values that were restored leave no residue; and what a large table needs takes its time
    if (run.context.writesValues || isLarge(table)) return;
    this.#residue = inFlight(this.#findResidue(updated));
  }

  #findResidue(updated: number): Promise<Residue> {
    const { run, table, conversion: { selects } } = this.#work;
    const { scrub, strategy } = run.context;
    const rebuilt = strategy === "rewrite" && updated > 0;
    return findResidue(this.#session, run, { table, selects, scrub, updated, rebuilt });
  }
}
