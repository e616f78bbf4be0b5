/**
 * The transactions of a run in batches, which need not be searched again: what they wrote is done. A row
 * tells in `xmin` which transaction wrote it.
 */
import type { Conversion } from "../../../tokens/conversion.ts";
import type { Session } from "../connection/session.ts";
import { CURRENT_XMIN } from "../sql/count_rows.ts";
import type { TargetTable } from "../table.ts";

/** Comparing each row with more transactions than this is no faster than checking its values. */
export const MAX_TRANSACTIONS = 5000;

/** The committed transactions of one run. */
export class OwnTransactions {
  readonly #areDone: boolean;
  readonly #xmins: string[] = [];

  constructor(
    { canReadXmin, triggers, functions }: Pick<
      TargetTable,
      "canReadXmin" | "triggers" | "functions"
    >,
    { canReject }: Pick<Conversion, "canReject">,
  ) {
    // else their rows cannot be told from others', or may still be selected
    const runsOthersCode = triggers.length > 0 || functions.length > 0;
    this.#areDone = canReadXmin && !runsOthersCode && !canReject;
  }

  /**
   * The `xmin` of the transaction that `session` is in, which must have written something; undefined if
   * what it wrote has to be searched again all the same.
   */
  async xminOf(session: Session): Promise<string | undefined> {
    if (!this.#areDone) return undefined;
    const { rows: [row] } = await session.query<[xmin: string]>(
      "identify the transaction",
      CURRENT_XMIN,
    );
    return row![0];
  }

  /** Adds a transaction, once it is committed. */
  add(xmin: string | undefined): void {
    if (xmin !== undefined) this.#xmins.push(xmin);
  }

  /** The transactions whose rows need not be searched; none if there are too many of them. */
  get done(): readonly string[] {
    return this.#xmins.length > MAX_TRANSACTIONS ? [] : this.#xmins;
  }
}
