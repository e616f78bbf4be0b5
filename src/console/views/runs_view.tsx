/** The runs, newest first. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import type { Run, RunPage } from "../api/documents.ts";
import { count, duration, urnParts } from "../format.ts";
import { RunStateBadge } from "../parts/badges.tsx";
import { Icon } from "../parts/icons.tsx";
import { Empty, ProblemNote, Skeleton } from "../parts/messages.tsx";
import { percentText, ProgressBar } from "../parts/progress_bar.tsx";
import { Ago } from "../parts/time.tsx";
import { goTo, hrefOf } from "../router.ts";
import { usePolled } from "../use_polled.ts";

const PAGE_SIZE = 25;
/** How soon the list is read again: while something runs, and otherwise. */
const LIVE_PAUSE_MS = 1500;
const IDLE_PAUSE_MS = 4000;

const STATES = ["queued", "running", "succeeded", "failed", "cancelled", "interrupted"];

/** What the list is narrowed to. */
interface Filter {
  readonly state: string;
  readonly dataset: string;
}

/** The list, with its filters. */
export function RunsView(filter: Filter) {
  const key = pathOf(filter);
  const newest = usePolled<RunPage>({
    key,
    load: (signal) => call(key, { signal }),
    pauseMs: (page) => page?.runs.some(isLive) ? LIVE_PAUSE_MS : IDLE_PAUSE_MS,
  });
  const { runs, hasMore, loadMore, isLoading } = useOlder(key, newest.value);
  return (
    <>
      <header class="view-head">
        <h1 tabIndex={-1}>Runs</h1>
        <a class="button primary" href="#/new">
          <Icon name="plus" />New run
        </a>
      </header>
      <Filters {...filter} />
      {newest.problem && <ProblemNote problem={newest.problem} />}
      {newest.value === undefined && !newest.problem && <Skeleton rows={5} />}
      {newest.value !== undefined && runs.length === 0 && <NoRuns {...filter} />}
      {runs.length > 0 && (
        <ul class="rows" aria-label="Runs, newest first">
          {runs.map((run) => <RunRow key={run.run_id} run={run} />)}
        </ul>
      )}
      {!hasMore && runs.length > 0 && <EndOfHistory page={newest.value} />}
      {hasMore && (
        <button type="button" class="more" onClick={loadMore} aria-disabled={isLoading}>
          {isLoading ? "Loading…" : "Load more"}
        </button>
      )}
    </>
  );
}

/** What comes after the last run. */
function EndOfHistory({ page }: { page: RunPage | undefined }) {
  if (page?.history?.kept_in !== "memory") return null;
  const { dropped_runs: dropped = 0 } = page.history;
  return (
    <p class="fine after">
      {dropped > 0 && `${count(dropped)} older runs were dropped. `}
      Runs are kept in memory until the program ends; <code>HISTORY_CONN_STR</code> keeps them.
    </p>
  );
}

function isLive({ state }: Run): boolean {
  return state === "running" || state === "queued";
}

function pathOf({ state, dataset }: Filter): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (state !== "") query.set("state", state);
  if (dataset !== "") query.set("dataset_urn", dataset);
  return `/runs?${query}`;
}

/** The newest runs, as they are now, and older ones as far as somebody asked for them. */
function useOlder(path: string, newest: RunPage | undefined) {
  const [older, setOlder] = useState<RunPage>();
  const [isLoading, setLoading] = useState(false);
  useEffect(() => setOlder(undefined), [path]);
  const cursor = older === undefined ? newest?.next_cursor : older.next_cursor;
  const loadMore = async () => {
    if (!cursor || isLoading) return;
    setLoading(true);
    try {
      const page = await call<RunPage>(`${path}&cursor=${encodeURIComponent(cursor)}`);
      setOlder({ runs: [...older?.runs ?? [], ...page.runs], next_cursor: page.next_cursor });
    } catch {
      // the newest runs, which are read all the time, say what is wrong
    } finally {
      setLoading(false);
    }
  };
  const byId = new Map(
    [...newest?.runs ?? [], ...older?.runs ?? []].map((run) => [run.run_id, run]),
  );
  for (const run of newest?.runs ?? []) byId.set(run.run_id, run);
  return { runs: [...byId.values()], hasMore: !!cursor, loadMore, isLoading };
}

function Filters({ state, dataset }: Filter) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        State
        <select
          value={state}
          onChange={(event) => goTo({ view: "runs", state: event.currentTarget.value, dataset })}
        >
          <option value="">All</option>
          {STATES.map((each) => <option key={each} value={each}>{each}</option>)}
        </select>
      </label>
      <label class="wide">
        Dataset
        <input
          type="search"
          placeholder="urn:li:dataset:(…)"
          value={dataset}
          spellcheck={false}
          onChange={(event) =>
            goTo({ view: "runs", state, dataset: event.currentTarget.value.trim() })}
        />
      </label>
    </form>
  );
}

function NoRuns({ state, dataset }: Filter) {
  if (state !== "" || dataset !== "") {
    return (
      <Empty icon="runs" title="No run fits the filters">
        <p>
          <a class="button" href="#/runs">Show all runs</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty icon="runs" title="No runs yet">
      <p>Check first what a run would do. Nothing is changed until you say so.</p>
      <p>
        <a class="button primary" href="#/new">
          <Icon name="plus" />New run
        </a>
      </p>
    </Empty>
  );
}

function RunRow({ run }: { run: Run }) {
  const name = run.table ?? urnParts(run.dataset_urn)?.name ?? run.dataset_urn;
  return (
    <li>
      <a class="row" href={hrefOf({ view: "run", runId: run.run_id })}>
        <span class="what">
          <span class="name">{name}</span>
          <span class="columns">{run.columns.join(", ")}</span>
        </span>
        <span class="outcome">
          <Outcome run={run} name={name} />
        </span>
        <span class="when">
          <RunStateBadge run={run} />
          <span class="fine">
            <Ago at={run.created_at} />
            {" · "}
            {run.operation !== "tokenize" && `${run.operation} · `}
            {causeOf(run)}
          </span>
        </span>
      </a>
    </li>
  );
}

/** What caused a run, in a word. */
function causeOf({ cause }: Run): string {
  const names = { http: "API", cli: "command line", event: "DataHub", sweep: "DataHub sweep" };
  return names[cause.kind] ?? cause.kind;
}

function Outcome({ run, name }: { run: Run; name: string }) {
  const { state, report, problem, progress } = run;
  if (state === "running" || state === "queued") {
    const percent = percentText(run);
    return (
      <>
        <ProgressBar run={run} label={`Progress of ${name}`} />
        <span class="fine">
          {percent === undefined
            ? state === "queued" ? "waiting" : "starting"
            : `${percent} of ${count(progress?.total ?? 0)} rows`}
        </span>
      </>
    );
  }
  if (report) {
    const verb = run.dry_run ? "would change" : "updated";
    return (
      <>
        <span>
          <b>{count(report.updated)}</b> {verb}, <b>{count(report.skipped)}</b> skipped
        </span>
        <span class="fine">
          {run.dry_run ? "dry run, " : ""}
          {duration(report.elapsed_ms)}
        </span>
      </>
    );
  }
  return <span class="fine">{problem?.title ?? ""}</span>;
}
