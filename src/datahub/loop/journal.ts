/**
 * What a crash must not lose beyond the offset, kept in DataHub: runs that began and were not reported yet,
 * so that each is reported once with its own id, and scrubs that are due.
 */
import { z } from "zod";
import type { Report } from "../../action/trigger.ts";
import { loadState, type StateKey, storeState } from "../gms/consumer_state.ts";
import type { Gms } from "../gms/gms.ts";

const runSchema = z.object({
  run_id: z.string(),
  columns: z.array(z.string()),
  started_at_ms: z.number(),
  updated: z.number(),
});

const scrubSchema = z.object({ scrubs: z.number(), due_at_ms: z.number() });

/** A run that began. Its `updated` is what was counted right before. */
export type BegunRun = z.infer<typeof runSchema>;

/** A scrub that is due: how many there were before, and when (milliseconds since 1970). */
export type DueScrub = z.infer<typeof scrubSchema>;

/** How long scrubs are collected before they are stored: there may be as many as datasets. */
const SCRUBS_DELAY_MS = 5000;

/** The journal of one consumer. To be loaded before anything else. */
export class Journal {
  readonly #runs = new Map<string, BegunRun>();
  readonly #scrubs = new Map<string, DueScrub>();
  /** What this program's runs did that were committed and are not reported yet. */
  readonly #committed = new Map<string, Report>();
  readonly #runsPage: JournalPage;
  readonly #scrubsPage: JournalPage;
  #scrubsTimer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | undefined;

  constructor(gms: Gms, consumer: string) {
    const key = (resource: string, schema: string) => ({ consumer, resource, schema });
    this.#runsPage = new JournalPage(gms, key("tokenize-runs", "TokenizeRuns"), this.#runs);
    this.#scrubsPage = new JournalPage(gms, key("tokenize-scrubs", "TokenizeScrubs"), this.#scrubs);
  }

  /** The URNs of datasets with a run that was not reported. */
  get unreported(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** The scrubs that are due, by dataset. */
  get scrubs(): ReadonlyMap<string, DueScrub> {
    return this.#scrubs;
  }

  /** Reads what an earlier program left, unless that was done. Throws `GmsError`. */
  load(): Promise<void> {
    return this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
  }

  async #load(): Promise<void> {
    const runs = await this.#runsPage.read(runSchema);
    const scrubs = await this.#scrubsPage.read(scrubSchema);
    for (const [urn, run] of Object.entries(runs)) this.#runs.set(urn, run);
    for (const [urn, scrub] of Object.entries(scrubs)) this.#scrubs.set(urn, scrub);
  }

  /** The run on a dataset that began and was not reported. */
  runOn(datasetUrn: string): BegunRun | undefined {
    return this.#runs.get(datasetUrn);
  }

  /** Notes a run that is about to begin. Throws `GmsError`: then it must not begin. */
  async begin(datasetUrn: string, run: BegunRun): Promise<void> {
    this.#committed.delete(datasetUrn);
    this.#runs.set(datasetUrn, run);
    await this.#runsPage.write();
  }

  /** Notes, until this program ends, what the run did. */
  committed(datasetUrn: string, report: Report): void {
    if (this.#runs.has(datasetUrn)) this.#committed.set(datasetUrn, report);
  }

  /** What the run did, if this program made it; undefined if only its journal tells of it. */
  reportOf(datasetUrn: string): Report | undefined {
    return this.#committed.get(datasetUrn);
  }

  /** Notes that the run was reported. Throws `GmsError`. */
  async end(datasetUrn: string): Promise<void> {
    this.#committed.delete(datasetUrn);
    if (this.#runs.delete(datasetUrn)) await this.#runsPage.write();
  }

  /** Notes when a dataset is to be scrubbed; undefined: not any more. It is stored within seconds. */
  scrub(datasetUrn: string, due: DueScrub | undefined): void {
    if (due !== undefined) this.#scrubs.set(datasetUrn, due);
    else if (!this.#scrubs.delete(datasetUrn)) return;
    this.#scrubsTimer ??= setTimeout(() => void this.#storeScrubs(), SCRUBS_DELAY_MS);
  }

  /** Stores what is not stored yet, as far as that is possible. */
  async flush(): Promise<void> {
    if (this.#scrubsTimer !== undefined) await this.#storeScrubs();
  }

  async #storeScrubs(): Promise<void> {
    clearTimeout(this.#scrubsTimer);
    this.#scrubsTimer = undefined;
    await this.#scrubsPage.write().catch(() => {}); // the next one stores it all
  }
}

/** Entries by dataset that are stored together. */
class JournalPage {
  readonly #gms: Gms;
  readonly #key: StateKey;
  readonly #entries: ReadonlyMap<string, unknown>;
  /** The write after the one under way, which will have everything that is known when it begins. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(gms: Gms, key: StateKey, entries: ReadonlyMap<string, unknown>) {
    this.#gms = gms;
    this.#key = key;
    this.#entries = entries;
  }

  /** What is stored; nothing if it has another form. Throws `GmsError`. */
  async read<T extends z.ZodType>(schema: T): Promise<Readonly<Record<string, z.infer<T>>>> {
    const stored = z.object({ entries: z.record(z.string(), schema) })
      .safeParse(await loadState(this.#gms, this.#key));
    return stored.success ? stored.data.entries : {};
  }

  /** One write at a time; those who come meanwhile share the next one. Throws `GmsError`. */
  write(): Promise<void> {
    return this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      const entries = Object.fromEntries(this.#entries);
      const write = storeState(this.#gms, this.#key, { entries });
      this.#last = write.catch(() => {}); // those who wait for it receive the failure
      return write;
    });
  }
}
