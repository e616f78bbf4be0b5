/** The form of a new run. */
import { useId, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { TriggerBody } from "../api/documents.ts";
import { urnParts } from "../format.ts";

/** What the form is made of. */
export interface PlanFormProps {
  readonly initial: { readonly dataset: string; readonly columns: string };
  readonly isBusy: boolean;
  /** Called when what was checked is no longer what the form says. */
  readonly onChange: () => void;
  readonly onCheck: (body: TriggerBody) => void;
}

/** The fields, and the button that checks. */
export function PlanForm({ initial, isBusy, onChange, onCheck }: PlanFormProps) {
  const [dataset, setDataset] = useState(initial.dataset);
  const [columns, setColumns] = useState(initial.columns);
  const [faults, setFaults] = useState({ dataset: "", columns: "" });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const names = columns.split(",").map((each) => each.trim()).filter((each) => each !== "");
    const found = faultsOf(dataset.trim(), names);
    setFaults(found);
    if (found.dataset !== "" || found.columns !== "") return;
    const form = new FormData(event.currentTarget as HTMLFormElement);
    onCheck({
      dataset_urn: dataset.trim(),
      columns: names,
      commit: form.get("commit") === "batches" ? "batches" : "atomic",
      strategy: form.get("strategy") === "rewrite" ? "rewrite" : "update",
      scrub: form.get("scrub") !== null,
    });
  };

  return (
    <form class="card plan" onSubmit={submit} onInput={onChange} noValidate>
      <Field
        label="Dataset"
        hint="The dataset's URN, as DataHub shows it"
        placeholder="urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)"
        value={dataset}
        fault={faults.dataset}
        onInput={setDataset}
      />
      <Field
        label="Columns"
        hint="Names, with commas between"
        placeholder="email, phone"
        value={columns}
        fault={faults.columns}
        onInput={setColumns}
      />
      <Options />
      <button type="submit" class="primary" aria-disabled={isBusy}>
        {isBusy ? "Asking…" : "Check"}
      </button>
    </form>
  );
}

function faultsOf(dataset: string, columns: readonly string[]) {
  return {
    dataset: dataset === ""
      ? "Name the dataset."
      : urnParts(dataset) === undefined
      ? "This is no dataset URN: urn:li:dataset:(urn:li:dataPlatform:…,…,PROD)"
      : "",
    columns: columns.length === 0 ? "Name at least one column." : "",
  };
}

function Field({ label, hint, placeholder, value, fault, onInput }: {
  label: string;
  hint: string;
  placeholder: string;
  value: string;
  fault: string;
  onInput: (value: string) => void;
}) {
  const [id, hintId] = [useId(), useId()];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        aria-invalid={fault !== ""}
        aria-describedby={hintId}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p id={hintId} class={fault === "" ? "fine" : "fault"}>{fault === "" ? hint : fault}</p>
    </div>
  );
}

function Options() {
  return (
    <details>
      <summary>Options</summary>
      <div class="options">
        <Choice
          name="commit"
          legend="Commit"
          choices={[
            ["atomic", "All or nothing"],
            ["batches", "In batches: others wait less, and what is done stays done"],
          ]}
        />
        <Choice
          name="strategy"
          legend="Way of work"
          choices={[
            ["update", "Update rows in place"],
            ["rewrite", "Rewrite the whole table, under an exclusive lock"],
          ]}
        />
        <label class="check">
          <input type="checkbox" name="scrub" />
          <span>Clear old values that stay elsewhere, as far as the role may</span>
        </label>
      </div>
    </details>
  );
}

function Choice({ name, legend, choices }: {
  name: string;
  legend: string;
  choices: readonly (readonly [value: string, text: ComponentChildren])[];
}) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {choices.map(([value, text], i) => (
        <label class="check" key={value}>
          <input type="radio" name={name} value={value} defaultChecked={i === 0} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
