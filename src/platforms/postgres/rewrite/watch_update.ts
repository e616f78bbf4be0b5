/**
 * Reports how far one UPDATE has come, which the server itself does not: a second connection, which the count
 * of foreign tokens does not need any more, samples now and then how many rows are replaced. What it finds is
 * an estimate. Nothing depends on it: if the role or the server does not allow it, nothing is reported.
 */
import { abortable, delay } from "../../../async.ts";
import type { Progress } from "../../platform.ts";
import type { Session } from "../connection/session.ts";
import {
  type BlockSample,
  countReplacedStatement,
  countSampleStatement,
  type FindSampleRow,
  findSampleStatement,
  type SampledRow,
} from "../sql/sample_progress.ts";
import type { Work } from "./work.ts";

/** Shorter statements are not watched; and how often one is, at most. */
const INTERVAL_MS = 1000;
/** The most of one connection's time that sampling may take. */
const MAX_SHARE_OF_TIME = 0.05;
/** Fewer rows tell nothing. */
const MIN_SAMPLED_ROWS = 50;

/**
 * Resolves as `update` does, an UPDATE of the run's transaction that is under way, and reports its progress
 * meanwhile: not before `connectionFree` is settled.
 */
export async function watchUpdate<T>(
  work: Work,
  update: Promise<T>,
  connectionFree: Promise<unknown> = Promise.resolve(),
): Promise<T> {
  const over = new AbortController();
  const watched = watch(
    work,
    connectionFree,
    AbortSignal.any([work.run.context.signal, over.signal]),
  )
    .catch(() => {}); // there is no progress to report then
  try {
    return await update;
  } finally {
    over.abort();
    await watched;
  }
}

async function watch(work: Work, connectionFree: Promise<unknown>, signal: AbortSignal) {
  await delay(INTERVAL_MS, signal);
  await abortable(Promise.allSettled([connectionFree]), signal);
  const began = await sampling(work, signal, (session) => begin(session, work));
  if (began === undefined) return;
  for (let pauseMs = 0;;) {
    await delay(pauseMs, signal);
    const startedMs = performance.now();
    const replaced = await sampling(work, signal, (session) => countReplaced(session, work, began));
    // it may wait for the lock of its first row
    if (replaced !== undefined) work.run.context.progress(estimate(began, replaced));
    pauseMs = Math.max(INTERVAL_MS, (performance.now() - startedMs) / MAX_SHARE_OF_TIME);
  }
}

/** Calls `use` with a session that is given back afterwards. Undefined if the server has none to spare. */
function sampling<T>(
  { run }: Work,
  signal: AbortSignal,
  use: (session: Session) => Promise<T | undefined>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  return run.withSnapshotReader(use, signal);
}

/** What was sampled in the beginning. */
interface Beginning {
  readonly sample: BlockSample;
  readonly rows: number;
  readonly selected: number;
}

/** Undefined if the role may not read what a sample needs, or too little is in it. */
async function begin(
  session: Session,
  { table, conversion }: Work,
): Promise<Beginning | undefined> {
  const action = `sample ${table.displayName}`;
  const { rows: [found] } = await session.query<FindSampleRow>(action, findSampleStatement(table));
  const [mayRead, step, blocks] = found!;
  if (!mayRead) return undefined;
  const sample = { step, blocks };
  const { rows: [counted] } = await session.query<SampledRow>(
    action,
    countSampleStatement(table, conversion.selects, sample),
  );
  const [rows, selected, lines] = counted!;
  if (selected < MIN_SAMPLED_ROWS) return undefined;
  return { sample: { ...sample, lines }, rows, selected };
}

async function countReplaced(
  session: Session,
  { table }: Work,
  { sample }: Beginning,
): Promise<number | undefined> {
  const { rows: [counted] } = await session.query<[number | null]>(
    `sample ${table.displayName}`,
    countReplacedStatement(table, sample),
  );
  return counted![0] ?? undefined;
}

/** The rows of the table, by those of the sample. Figures that a sample cannot tell apart are alike. */
function estimate({ sample: { step }, rows, selected }: Beginning, replaced: number): Progress {
  const total = rows * step;
  const unit = step === 1 ? 1 : 10 ** Math.max(0, Math.floor(Math.log10(total)) - 2);
  const rounded = (sampled: number) => unit * Math.round(sampled * step / unit);
  return {
    updated: rounded(Math.min(replaced, selected)),
    skipped: rounded(rows - selected),
    total: rounded(rows),
    isEstimate: true,
  };
}
