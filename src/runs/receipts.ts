/**
 * The receipts of runs, in a chain: each names the one before by its hash, so that one that was taken away
 * or changed shows. A run that has ended without one, since its process was gone, gets it when somebody asks.
 */
import { Semaphore } from "../async.ts";
import type { Signer } from "../receipts/signer.ts";
import { sealStatement, statementOn } from "../receipts/statement.ts";
import { noReceipt } from "./run_errors.ts";
import { predicateOf, type ProgramIdentity, RUN_TYPE, type TokenMaker } from "./run_receipt.ts";
import type { Run } from "./run.ts";
import type { RunStore, StoredReceipt } from "./run_store.ts";

/** What it works with. */
export interface ReceiptsDependencies {
  readonly store: RunStore;
  readonly program: ProgramIdentity;
  /** Makes the signer on the first call; undefined if receipts are not signed. */
  readonly signer: () => Promise<Signer | undefined>;
  /** Asks which SDK and key make the tokens at present. */
  readonly tokenMaker: () => Promise<TokenMaker>;
}

/** Makes receipts, and finds those that were made. */
export class Receipts {
  readonly #deps: ReceiptsDependencies;
  /** One at a time: they all go to the same end of the chain. */
  readonly #inTurn = new Semaphore(1);
  readonly #making = new Set<Promise<unknown>>();

  constructor(deps: ReceiptsDependencies) {
    this.#deps = deps;
  }

  /**
   * Makes the receipt of a run that this process did, in its own time. A failure leaves it to `find`. The SDK
   * is asked only after a run that used it: to open it for a receipt could fail the next run.
   */
  make(runId: string, hasSucceeded: boolean): void {
    const token = hasSucceeded ? this.#deps.tokenMaker() : Promise.resolve(null);
    const making = token.then((token) => this.#receiptOf(runId, token))
      .catch(() => {}).finally(() => this.#making.delete(making));
    this.#making.add(making);
  }

  /** The receipt of a run; undefined if there is no such run, or it has not ended. */
  async find(runId: string): Promise<StoredReceipt | undefined> {
    await this.settled();
    return await this.#receiptOf(runId, null);
  }

  /** The receipt as it is sent. Throws `not_found`. */
  async document(runId: string): Promise<string> {
    const receipt = await this.find(runId);
    return receipt?.document ?? noReceipt();
  }

  /** Resolves when those that are being made are made. */
  async settled(): Promise<void> {
    await Promise.all(this.#making);
  }

  async #receiptOf(runId: string, token: TokenMaker | null): Promise<StoredReceipt | undefined> {
    const { store } = this.#deps;
    return await this.#inTurn.run(async () => {
      for (;;) {
        const made = await store.receipt(runId);
        if (made !== undefined) return made;
        const stored = await store.get(runId);
        const receipt = stored && await this.#next(stored.run, token);
        if (receipt === undefined || await store.addReceipt(receipt)) return receipt;
        // another process was faster: with this run's, or with another one's
      }
    });
  }

  /** The receipt as the next one of the chain; undefined if the run has not ended. */
  async #next(run: Run, token: TokenMaker | null): Promise<StoredReceipt | undefined> {
    const { store, program, signer } = this.#deps;
    const last = await store.lastReceipt();
    const sequence = 1 + (last?.sequence ?? 0);
    const chain = { sequence, previous_sha256: last?.hash ?? null };
    const predicate = predicateOf(run, { token, program, chain });
    if (predicate === undefined) return undefined;
    const statement = statementOn(run.dataset_urn, RUN_TYPE, predicate);
    const { document, sha256: hash } = await sealStatement(statement, await signer());
    return { runId: run.run_id, sequence, hash, document };
  }
}
