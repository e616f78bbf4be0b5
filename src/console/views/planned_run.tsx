/** What a run would do, as its plan says, and the button that starts it. */
import { useState } from "preact/hooks";
import type { Plan } from "../api/documents.ts";
import { adviceFor } from "../advice.ts";
import { bytes, count, counted, duration } from "../format.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Fact } from "../parts/fact.tsx";
import { Note } from "../parts/messages.tsx";
import { Names } from "../parts/names.tsx";
import { methodInWords } from "../words.ts";
import { PlannedColumns } from "./planned_columns.tsx";

/** What was checked, and what to do with it. */
export interface PlannedRunProps {
  readonly plan: Plan;
  readonly isBusy: boolean;
  readonly onGo: () => void;
}

/** Obstacles, warnings, counts and costs. */
export function PlannedRun({ plan, isBusy, onGo }: PlannedRunProps) {
  const [asks, setAsks] = useState(false);
  const { possible, would_update: rows } = plan;
  const title = !possible
    ? "A run is not possible"
    : rows === 0
    ? "Nothing to do"
    : rows === null
    ? "A run is possible"
    : `${counted(rows, "row")} would change`;
  const what = rows === null ? "the columns" : counted(rows, "row");
  return (
    <section class="card plan-result">
      <h2>{title}</h2>
      <Obstacles plan={plan} />
      {possible && <PlanWarnings plan={plan} />}
      {possible && <PlanFacts plan={plan} />}
      {plan.columns.length > 0 && <PlannedColumns columns={plan.columns} />}
      {possible && rows === 0 && <p>Every value in these columns is a token or NULL.</p>}
      {possible && rows !== 0 && (
        <button
          type="button"
          class="primary"
          aria-disabled={isBusy}
          onClick={() => !isBusy && setAsks(true)}
        >
          {isBusy ? "Starting…" : `Tokenize ${what}…`}
        </button>
      )}
      {asks && (
        <Confirm
          title={`Tokenize ${what}?`}
          action="Tokenize"
          onConfirm={onGo}
          onClose={() => setAsks(false)}
        >
          <p>
            The values of <Names names={plan.columns.map(({ name }) => name)} /> in{" "}
            <code>{plan.table}</code>{" "}
            are replaced in place. Unless the token SDK can read its tokens back, that cannot be
            undone.
          </p>
        </Confirm>
      )}
    </section>
  );
}

function Obstacles({ plan: { obstacles } }: { plan: Plan }) {
  return obstacles.map(({ code, detail }) => (
    <Note key={code + detail} tone="bad" title={detail}>
      {adviceFor(code) && <p>{adviceFor(code)}</p>}
      <p class="fine">
        Code <code>{code}</code>
      </p>
    </Note>
  ));
}

function PlanFacts({ plan }: { plan: Plan }) {
  const { table, rows, would_update: updated, method, estimate } = plan;
  return (
    <dl class="facts">
      <Fact name="Table">
        <code>{table}</code>
      </Fact>
      {rows !== null && updated !== null && (
        <Fact name="Rows to leave alone">{count(rows - updated)}</Fact>
      )}
      {method && <Fact name="Method">{methodInWords(method)}</Fact>}
      {estimate && (
        <>
          <Fact name="Would take about">{duration(estimate.seconds * 1000)}</Fact>
          <Fact name="Room on the disk">{bytes(estimate.disk_bytes)}</Fact>
          {estimate.wal_bytes !== null && (
            <Fact name="Write-ahead log">{bytes(estimate.wal_bytes)}</Fact>
          )}
        </>
      )}
    </dl>
  );
}

function PlanWarnings({ plan }: { plan: Plan }) {
  const others = plan.columns.reduce(
    (sum, { tokens }) => sum + tokens.other_key + tokens.other_sdk,
    0,
  );
  const left = plan.residue.filter(({ state }) => state === "remains").map(({ place }) => place);
  return (
    <>
      {plan.warnings?.includes("dummy_tokens") && (
        <Note tone="warn" title="These tokens protect nothing">
          <p>
            The token SDK is <code>dummy</code>: anybody can read the values from its tokens. Set
            {" "}
            <code>TOKEN_SDK_MODE</code> and a key before you use real data.
          </p>
        </Note>
      )}
      {others > 0 && (
        <Note tone="warn" title={`${counted(others, "token")} of another SDK or key`}>
          <p>
            They are left alone. <code>tokenize rotate</code> replaces them.
          </p>
        </Note>
      )}
      {plan.untried && (
        <Note tone="quiet" title="Some conditions are left to the run">
          <p>The role may not read what they are about: {plan.untried.join(", ")}.</p>
        </Note>
      )}
      {left.length > 0 && (
        <Note tone="quiet" title="Old values would stay elsewhere for a while">
          <p>
            In <Names names={left} />. The run's page has the commands that clear them.
          </p>
        </Note>
      )}
    </>
  );
}
