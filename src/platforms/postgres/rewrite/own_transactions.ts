/**
 * The committed transactions of a run in batches. What they wrote need not be compared with the patterns
 * again: a row tells in `xmin` which transaction wrote it.
 */
import type { Session } from "../connection/session.ts";
import { CURRENT_XMIN, type CurrentXminRow } from "../sql/count_rows.ts";
import type { TargetTable } from "../table.ts";
import { runsOthersCode } from "./prove_done.ts";

/** To look for more than these in each row, by a hash table or not, is no faster than to compare its values. */
const MAX_HASHED = 20_000;
const MAX_LISTED = 200;

/** Collects them. */
export class OwnTransactions {
  readonly #canTell: boolean;
  readonly #xmins: string[] = [];
  #max = MAX_LISTED;

  constructor(table: TargetTable) {
    // code of others may write on in these transactions
    this.#canTell = table.canReadXmin && !runsOthersCode(table);
  }

  /** The `xmin` of what the transaction of `session` has written; undefined if that does not tell. */
  async xminOf(session: Session): Promise<string | undefined> {
    if (!this.#canTell) return undefined;
    const { rows: [row] } = await session.query<CurrentXminRow>(
      "identify the transaction",
      CURRENT_XMIN,
    );
    const [xmin, hashes] = row!;
    if (hashes) this.#max = MAX_HASHED;
    return xmin ?? undefined;
  }

  /** Adds a transaction, once it is committed. */
  add(xmin: string | undefined): void {
    if (xmin !== undefined) this.#xmins.push(xmin);
  }

  /** All of them; none if there are too many. */
  get all(): readonly string[] {
    return this.#xmins.length > this.#max ? [] : this.#xmins;
  }
}
