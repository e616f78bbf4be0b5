/**
 * The committed transactions of a run in batches. What they wrote need not be compared with the patterns
 * again: a row tells in `xmin` which transaction wrote it.
 */
import type { Session } from "../connection/session.ts";
import { CURRENT_XMIN } from "../sql/count_rows.ts";
import type { TargetTable } from "../table.ts";
import { runsOthersCode } from "./prove_done.ts";

/** From this version on the server looks a transaction up in a hash table instead of a list. */
const HASHING_VERSION = 14;

/** To look for more than these in each row is no faster than to compare its values. */
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
    if (session.majorVersion >= HASHING_VERSION) this.#max = MAX_HASHED;
    const { rows: [row] } = await session.query<[xmin: string | null]>(
      "identify the transaction",
      CURRENT_XMIN,
    );
    return row![0] ?? undefined;
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
