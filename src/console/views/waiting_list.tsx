/** Columns that wait for an approval, with why they are tagged, and the button that approves them. */
import { useState } from "preact/hooks";
import { ApiProblem, call } from "../api/client.ts";
import type {
  Approvals,
  DatahubStatus,
  Looks,
  TagReason,
  WaitingColumn,
  WaitingDataset,
} from "../api/documents.ts";
import { counted, shortUrn, urnParts } from "../format.ts";
import { looksFalse, looksInWords } from "../looks.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { Names } from "../parts/names.tsx";
import { Time } from "../parts/time.tsx";

/** What waits, and what to do after an approval. */
export interface WaitingListProps {
  /** Undefined before it is known. */
  readonly approvals: Approvals | undefined;
  readonly mode: DatahubStatus["mode"];
  readonly onApproved: () => void;
}

/** A card for each dataset. */
export function WaitingList({ approvals, mode, onApproved }: WaitingListProps) {
  if (approvals === undefined) return null;
  const { waiting, approval_tag } = approvals;
  return (
    <section class="card">
      <h2>
        Waiting for approval <span class="fine">{waiting.length}</span>
      </h2>
      {waiting.length === 0 && (
        <p class="fine">
          {mode === "approve"
            ? "Nothing waits. A column that somebody tags in DataHub appears here."
            : "Nothing waits: approvals are asked for with DATAHUB_MODE=approve."}
        </p>
      )}
      {waiting.length > 0 && approval_tag && (
        <p class="fine">
          Approving puts the tag <code>{shortUrn(approval_tag)}</code> on the column in DataHub.
        </p>
      )}
      <ul class="places">
        {waiting.map((each) => (
          <Waiting
            key={each.dataset_urn}
            dataset={each}
            mayApprove={approval_tag !== null}
            onApproved={onApproved}
          />
        ))}
      </ul>
    </section>
  );
}

function Waiting({ dataset, mayApprove, onApproved }: {
  dataset: WaitingDataset;
  mayApprove: boolean;
  onApproved: () => void;
}) {
  const { dataset_urn, rows } = dataset;
  const [asks, setAsks] = useState(false);
  const [leftOut, setLeftOut] = useState(derivedOnly(dataset));
  const { said, approve } = useApproval(dataset_urn, onApproved);
  const chosen = dataset.columns.map(({ name }) => name).filter((each) => !leftOut.includes(each));
  const name = urnParts(dataset_urn)?.name ?? dataset_urn;
  const mayAsk = said !== "Approving…" && said !== "Approved" && chosen.length > 0;
  return (
    <li>
      <div class="place">
        <span>
          <code class="name" title={dataset_urn}>{name}</code>
          {rows !== null && <span class="fine">{counted(rows, "row")} with plain values</span>}
        </span>
        {mayApprove && (
          <button
            type="button"
            class="primary"
            aria-disabled={!mayAsk}
            onClick={() => mayAsk && setAsks(true)}
          >
            <Icon name="check" />
            {said === "Approving…" || said === "Approved" ? said : "Approve"}
          </button>
        )}
      </div>
      <Reasons
        name={name}
        columns={dataset.columns}
        chosen={mayApprove && dataset.columns.length > 1 ? chosen : undefined}
        onChoose={(column, isChosen) =>
          setLeftOut(isChosen ? leftOut.filter((each) => each !== column) : [...leftOut, column])}
      />
      <p class="fault" role="alert">{typeof said === "object" ? said.fault : ""}</p>
      {asks && (
        <Confirm
          title={`Approve ${counted(chosen.length, "column")}?`}
          action="Approve"
          onConfirm={() => void approve(chosen)}
          onClose={() => setAsks(false)}
        >
          <p>
            <Names names={chosen} /> of <code>{name}</code>{" "}
            will be tokenized in place, soon. A wrong tag costs data where tokens cannot be read
            back.
          </p>
        </Confirm>
      )}
    </li>
  );
}

/** Nobody tagged those: they are approved only if somebody chooses them, unless there are no others. */
function derivedOnly({ columns }: WaitingDataset): readonly string[] {
  const derived = columns.filter(({ reasons }) => reasons.every((each) => each.derived));
  return derived.length === columns.length ? [] : derived.map(({ name }) => name);
}

/** Approves, and says how far that is. */
function useApproval(dataset_urn: string, onApproved: () => void) {
  const [said, setSaid] = useState<"" | "Approving…" | "Approved" | { fault: string }>("");
  const approve = async (columns: readonly string[]) => {
    setSaid("Approving…");
    try {
      await call("/datahub/approvals", { method: "POST", body: { dataset_urn, columns } });
      setSaid("Approved");
      onApproved();
    } catch (error) {
      const fault = error instanceof ApiProblem ? error.problem.detail : (error as Error).message;
      setSaid({ fault });
    }
  };
  return { said, approve };
}

/** Why each column is tagged. With `chosen`, columns may be left out of the approval. */
function Reasons({ name, columns, chosen, onChoose }: {
  name: string;
  columns: readonly WaitingColumn[];
  chosen: readonly string[] | undefined;
  onChoose: (column: string, isChosen: boolean) => void;
}) {
  return (
    <table class="reasons">
      <caption class="visually-hidden">Why the columns of {name} are tagged</caption>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Why</th>
          <th scope="col">The values look like</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column) => (
          <tr key={column.name}>
            <th scope="row">
              {chosen === undefined ? <code>{column.name}</code> : (
                <label class="check">
                  <input
                    type="checkbox"
                    checked={chosen.includes(column.name)}
                    onChange={(event) => onChoose(column.name, event.currentTarget.checked)}
                  />
                  <code>{column.name}</code>
                </label>
              )}
            </th>
            <td>{column.reasons.map((each) => <Reason key={each.label} reason={each} />)}</td>
            <td>
              <LooksLike looks={column.looks_like} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What a sample looks like, and a warning if that is not what the tag says. */
function LooksLike({ looks }: { looks: Looks | null }) {
  if (looks === null) return <span class="fine">not sampled</span>;
  return (
    <>
      {looksInWords(looks)}
      {looksFalse(looks) && <p class="fault">This is not what the tag says.</p>}
    </>
  );
}

function Reason({ reason: { label, actor, at, derived } }: { reason: TagReason }) {
  return (
    <p class="reason">
      <span class="chip" title={label}>{shortUrn(label)}</span>
      <span class="fine">
        {derived ? "derived by a program" : actor ? <>by {shortUrn(actor)}</> : "nobody known"}
        {at && (
          <>
            , <Time at={at} />
          </>
        )}
      </span>
    </p>
  );
}
