/** What a run would do, as a dry run found, and the button that starts it. */
import { useState } from "preact/hooks";
import type { Report, Run, TriggerBody } from "../api/documents.ts";
import { count, counted, duration } from "../format.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Note, ProblemNote } from "../parts/messages.tsx";
import { Names } from "../parts/names.tsx";

/** What was checked, and what to do with it. */
export interface PlannedRunProps {
  /** The dry run, which has ended. */
  readonly run: Run;
  readonly body: TriggerBody;
  readonly isBusy: boolean;
  readonly onGo: () => void;
}

/** Counts, blockers and warnings. */
export function PlannedRun({ run, body, isBusy, onGo }: PlannedRunProps) {
  const [asks, setAsks] = useState(false);
  const { report, problem } = run;
  if (problem !== null || report === null) {
    return (
      <section id="plan-result" class="plan-result">
        <h2>A run is not possible</h2>
        {problem && <ProblemNote problem={problem} />}
      </section>
    );
  }
  const isDone = report.updated === 0;
  return (
    <section id="plan-result" class="card plan-result" aria-label="What a run would do">
      <h2>{isDone ? "Nothing to do" : `${counted(report.updated, "row")} would change`}</h2>
      <PlanFacts report={report} />
      <PlanWarnings run={run} />
      {isDone ? <p>Every value in these columns is a token or NULL.</p> : (
        <button
          type="button"
          class="primary"
          aria-disabled={isBusy}
          onClick={() => setAsks(true)}
        >
          Tokenize {counted(report.updated, "row")}…
        </button>
      )}
      {asks && (
        <Confirm
          title={`Tokenize ${counted(report.updated, "row")}?`}
          action="Tokenize"
          onConfirm={onGo}
          onClose={() => setAsks(false)}
        >
          <p>
            The values of <Names names={body.columns} /> in <code>{report.table}</code>{" "}
            are replaced in place. Unless the token SDK can read its tokens back, that cannot be
            undone.
          </p>
        </Confirm>
      )}
    </section>
  );
}

function PlanFacts({ report }: { report: Report }) {
  return (
    <dl class="facts">
      <div>
        <dt>Table</dt>
        <dd>
          <code>{report.table}</code>
        </dd>
      </div>
      <div>
        <dt>Columns</dt>
        <dd>{report.columns.map((each) => <code class="chip" key={each}>{each}</code>)}</dd>
      </div>
      <div>
        <dt>Rows to leave alone</dt>
        <dd>{count(report.skipped)}</dd>
      </div>
      <div>
        <dt>Counted in</dt>
        <dd>{duration(report.elapsed_ms)}</dd>
      </div>
    </dl>
  );
}

function PlanWarnings({ run: { report } }: { run: Run }) {
  const warnings = report?.warnings ?? [];
  return (
    <>
      {warnings.includes("dummy_tokens") && (
        <Note tone="warn" title="These tokens protect nothing">
          <p>
            The token SDK is <code>dummy</code>: everybody can read the values from its tokens. Set
            {" "}
            <code>TOKEN_SDK_MODE</code> and a key before you use real data.
          </p>
        </Note>
      )}
      {warnings.filter((each) => each !== "dummy_tokens").map((each) => (
        <Note key={each} tone="warn" title="Warning">
          <p>{each}</p>
        </Note>
      ))}
      {(report?.foreign ?? 0) > 0 && (
        <Note tone="warn" title={`${counted(report!.foreign, "value")} of another SDK or key`}>
          <p>
            They are tokens already, and left alone. See <code>tokenize rotate</code>.
          </p>
        </Note>
      )}
    </>
  );
}
