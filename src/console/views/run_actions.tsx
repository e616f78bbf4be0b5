/** What can be done about a run under way. */
import { useId, useState } from "preact/hooks";
import { ApiProblem, call } from "../api/client.ts";
import type { Run, RunThrottle } from "../api/documents.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { hasEnded } from "../use_run.ts";

/** Pause, go on, limit the rate, cancel. */
export function RunActions({ run, name }: { run: Run; name: string }) {
  const [asks, setAsks] = useState<"cancel" | "rate">();
  const [fault, setFault] = useState("");
  if (hasEnded(run)) return null;
  const path = `/runs/${encodeURIComponent(run.run_id)}`;
  const attempt = async (what: Promise<unknown>) => {
    setFault("");
    await what.catch((error) => {
      setFault(error instanceof ApiProblem ? error.problem.detail : (error as Error).message);
    });
  };
  const change = (throttle: Partial<RunThrottle>) =>
    attempt(call(path, { method: "PATCH", body: throttle }));
  const may = (what: keyof RunThrottle) => run.adjustable?.includes(what) ?? false;
  const isPaused = run.throttle?.paused === true;
  return (
    <div class="run-actions">
      <div class="actions">
        {may("paused") && (
          <button type="button" onClick={() => change({ paused: !isPaused })}>
            <Icon name={isPaused ? "play" : "pause"} />
            {isPaused ? "Resume" : "Pause"}
          </button>
        )}
        {may("rows_per_second") && (
          <button type="button" onClick={() => setAsks("rate")}>Limit rate</button>
        )}
        <button
          type="button"
          class="danger"
          disabled={run.cancel_requested === true}
          onClick={() => setAsks("cancel")}
        >
          <Icon name="stop" />
          {run.cancel_requested ? "Cancelling…" : "Cancel"}
        </button>
      </div>
      <p class="fault" role="alert">{fault}</p>
      {asks === "cancel" && (
        <CancelDialog
          name={name}
          onConfirm={() => void attempt(call(`${path}/cancel`, { method: "POST" }))}
          onClose={() => setAsks(undefined)}
        />
      )}
      {asks === "rate" && (
        <RateDialog
          run={run}
          onChange={change}
          onClose={() => setAsks(undefined)}
        />
      )}
    </div>
  );
}

function CancelDialog({ name, onConfirm, onClose }: {
  name: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Confirm
      title="Cancel this run?"
      action="Cancel the run"
      isDangerous
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        <code>{name}</code>{" "}
        is left as it was before, except for batches that are committed already, if the run was
        asked to commit in batches.
      </p>
    </Confirm>
  );
}

function RateDialog({ run, onChange, onClose }: {
  run: Run;
  onChange: (throttle: Partial<RunThrottle>) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState(String(run.throttle?.rows_per_second ?? ""));
  const id = useId();
  const rate = Number(text);
  const isValid = text.trim() === "" || (Number.isInteger(rate) && rate > 0);
  return (
    <Confirm
      title="Limit the rate"
      action="Set the limit"
      onConfirm={() => {
        if (isValid) onChange({ rows_per_second: text.trim() === "" ? null : rate });
      }}
      onClose={onClose}
    >
      <label for={id}>Rows a second</label>
      <input
        id={id}
        type="number"
        min="1"
        step="1"
        inputMode="numeric"
        placeholder="no limit"
        value={text}
        aria-invalid={!isValid}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="fine">Empty means no limit. It holds from the next batch on.</p>
    </Confirm>
  );
}
