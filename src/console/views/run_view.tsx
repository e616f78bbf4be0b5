/** One run. */
import type { Problem, Run } from "../api/documents.ts";
import { count, duration, urnParts } from "../format.ts";
import { RunStateBadge } from "../parts/badges.tsx";
import { CopyButton } from "../parts/copy_button.tsx";
import { Fact } from "../parts/fact.tsx";
import { Icon } from "../parts/icons.tsx";
import { Empty, Note, ProblemNote, Skeleton } from "../parts/messages.tsx";
import type { Sample } from "../parts/rate_chart.tsx";
import { rowsText } from "../parts/progress_bar.tsx";
import { Time } from "../parts/time.tsx";
import { hrefOf } from "../router.ts";
import { hasEnded, useRun } from "../use_run.ts";
import { causeInWords, methodInWords, operationInWords, warningInWords } from "../words.ts";
import { ProgressCard, RateCard } from "./progress_cards.tsx";
import { ReceiptCard } from "./receipt_card.tsx";
import { ResidueCard } from "./residue_card.tsx";
import { RunActions } from "./run_actions.tsx";

/** The run with that id, followed until it ends. */
export function RunView({ runId }: { runId: string }) {
  const { run, problem, samples } = useRun(runId);
  return (
    <>
      <p class="back">
        <a href="#/runs">
          <Icon name="arrow" />All runs
        </a>
      </p>
      {run ? <Shown run={run} samples={samples} /> : <NotShown problem={problem} />}
    </>
  );
}

function NotShown({ problem }: { problem: Problem | undefined }) {
  if (problem === undefined) {
    return (
      <>
        <h1 tabIndex={-1}>Run</h1>
        <Skeleton rows={4} />
      </>
    );
  }
  if (problem.status !== 404) return <ProblemNote problem={problem} />;
  return (
    <Empty icon="runs" title="There is no such run">
      <p>
        Without a history in a database, runs are forgotten when the program ends. Set{" "}
        <code>HISTORY_CONN_STR</code> to keep them.
      </p>
      <p>
        <a class="button" href="#/runs">Show all runs</a>
      </p>
    </Empty>
  );
}

/** Not everything that did not succeed went wrong. */
const TONES: Readonly<Record<string, "quiet" | "warn">> = {
  cancelled: "quiet",
  interrupted: "warn",
};

function Shown({ run, samples }: { run: Run; samples: readonly Sample[] }) {
  const name = run.table ?? urnParts(run.dataset_urn)?.name ?? run.dataset_urn;
  return (
    <>
      <header class="view-head">
        <div>
          <h1 tabIndex={-1} class="name">{name}</h1>
          <p class="under">
            <span role="status">
              <RunStateBadge run={run} />
            </span>
            {run.operation !== "tokenize" && <span class="chip">{run.operation}</span>}
            {run.dry_run && <span class="chip">dry run</span>}
            <span class="urn">
              <code>{run.dataset_urn}</code>
              <CopyButton text={run.dataset_urn} what="dataset URN" />
            </span>
          </p>
        </div>
        <RunActions run={run} name={name} />
      </header>
      {run.problem && <ProblemNote problem={run.problem} tone={TONES[run.state] ?? "bad"} />}
      <Warnings run={run} />
      {run.report && <Counts run={run} />}
      {!hasEnded(run) && <ProgressCard run={run} />}
      {(!hasEnded(run) || samples.length > 1) && <RateCard run={run} samples={samples} />}
      <Facts run={run} />
      {run.report?.residue && <ResidueCard residue={run.report.residue} />}
      {hasEnded(run) && <ReceiptCard runId={run.run_id} />}
    </>
  );
}

function Warnings({ run }: { run: Run }) {
  return run.report?.warnings?.map((warning) => (
    <Note key={warning} tone="warn" title="Warning">
      <p>
        {warningInWords(warning)}
      </p>
    </Note>
  ));
}

function Counts({ run }: { run: Run }) {
  const { report } = run;
  if (report === null) return null;
  const { updated, skipped, foreign, lookalikes } = report;
  return (
    <section class="tiles" aria-label="Counts">
      <Tile name={run.dry_run ? "Rows to change" : "Rows updated"} value={count(updated)} />
      <Tile name="Rows skipped" value={count(skipped)} />
      {foreign > 0 && <Tile name="Tokens of others" value={count(foreign)} />}
      {lookalikes !== undefined && <Tile name="Not real tokens" value={count(lookalikes)} />}
      <Tile name="Took" value={duration(report.elapsed_ms)} />
      {!run.dry_run && updated > 0 && (
        <Tile
          name="Rows a second"
          value={count(updated / Math.max(1, report.elapsed_ms) * 1000)}
        />
      )}
    </section>
  );
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div class="tile">
      <span class="fine">{name}</span>
      <span class="big">{value}</span>
    </div>
  );
}

function Facts({ run }: { run: Run }) {
  const { cause, report } = run;
  return (
    <section class="card" aria-label="About this run">
      <dl class="facts">
        <Fact name={run.columns.length === 1 ? "Column" : "Columns"}>
          {run.columns.map((each) => <code class="chip" key={each}>{each}</code>)}
        </Fact>
        <Fact name="Operation">{operationInWords(run.operation)}</Fact>
        <Fact name="Platform">{run.platform ?? "–"}</Fact>
        {report?.method && <Fact name="Method">{methodInWords(report.method)}</Fact>}
        <Fact name="Started by">
          {causeInWords(cause.kind)}
          {cause.actor && (
            <>
              , <code>{cause.actor}</code>
            </>
          )}
        </Fact>
        <Fact name="Asked for">
          <Time at={run.created_at} />
        </Fact>
        <Fact name="Began">{run.started_at ? <Time at={run.started_at} /> : "–"}</Fact>
        <Fact name="Ended">{run.finished_at ? <Time at={run.finished_at} /> : "–"}</Fact>
        {hasEnded(run) && !report && run.progress && (
          <Fact name="Came to">
            {rowsText(run.progress)}
          </Fact>
        )}
        <Fact name="Run" isWide>
          <code class="id">{run.run_id}</code>
          <CopyButton text={run.run_id} what="run id" />
        </Fact>
      </dl>
      {hasEnded(run) && (
        <p>
          <a
            class="button"
            href={hrefOf({
              view: "new",
              dataset: run.dataset_urn,
              columns: run.columns.join(", "),
            })}
          >
            Plan again
          </a>
        </p>
      )}
    </section>
  );
}
