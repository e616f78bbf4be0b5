/**
 * The work on a table that was looked up before: it is confirmed by what is sent along with BEGIN, and the work
 * goes out with that. A run that probably finds nothing to do sends its end along too.
 */
import type { Session } from "../connection/session.ts";
import { lostBeforeBegin, sendEnd } from "../connection/transaction.ts";
import type { KnownTable } from "../lookup/known_tables.ts";
import type { PostgresRun } from "../postgres_run.ts";
import type { TargetTable } from "../table.ts";
import { countRows, LARGE_TABLE_BYTES, type RowCounts } from "./count_table.ts";
import type { Work } from "./work.ts";

/** One run on such a table, in a transaction on one session. */
export class KnownWork {
  /** The table, with the snapshot that it was confirmed by. */
  readonly table: TargetTable;
  /** Whether there is a transaction to be ended. */
  isOpen = false;
  readonly #session: Session;
  readonly #run: PostgresRun;
  readonly #known: KnownTable;
  #confirmed: Promise<string> | undefined;

  constructor(session: Session, run: PostgresRun, known: KnownTable) {
    let { snapshot } = known.table;
    this.#session = session;
    this.#run = run;
    this.#known = known;
    this.#setSnapshot = (taken) => snapshot = taken;
    this.table = {
      ...known.table,
      get snapshot() {
        return snapshot;
      },
    };
  }

  readonly #setSnapshot: (snapshot: string) => void;

  /**
   * The counts of the table, if the run is expected to find nothing to do and there is nothing; its transaction
   * is over then. Otherwise undefined. Throws what `beginOn` throws.
   */
  async countIfNothing(work: Work): Promise<RowCounts | undefined> {
    if (!this.#known.expectsNothing) return undefined;
    const session = this.#session;
    const beginning = this.#begin();
    const counting = countRows(session, work);
    const [begun, counted, ended] = await Promise.allSettled([
      beginning,
      counting,
      sendEnd(session),
    ]);
    if (begun.status === "rejected") throw begun.reason;
    if (counted.status === "rejected") throw lostBeforeBegin(counted.reason);
    if (ended.status === "rejected") throw lostBeforeBegin(ended.reason);
    return counted.value.selected === 0 ? counted.value : undefined;
  }

  /** Does `work` while the transaction holds the table. Throws what `beginOn` and `work` throw. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    this.isOpen = true;
    const beginning = this.#begin();
    const working = work();
    // work that fails before it sends anything leaves BEGIN joined to nothing: the server would not respond
    working.catch(() => this.#session.query("end the group", "").catch(() => {}));
    const [begun, done] = await Promise.allSettled([beginning, working]);
    if (begun.status === "rejected") throw begun.reason;
    if (done.status === "rejected") throw done.reason;
    return done.value;
  }

  /** Resolves when `table` has the snapshot that it was confirmed by. */
  async confirmed(): Promise<void> {
    await this.#confirmed;
  }

  #begin(): Promise<string> {
    this.#confirmed = this.#run.beginOn(this.#session, this.#known, LARGE_TABLE_BYTES)
      .then((snapshot) => {
        this.#setSnapshot(snapshot);
        return snapshot;
      });
    return this.#confirmed;
  }
}
