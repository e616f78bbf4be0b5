/** Plans a run: first what it would do, then the run itself. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, call } from "../api/client.ts";
import type { Plan, Problem, Run, TriggerBody } from "../api/documents.ts";
import { urnParts } from "../format.ts";
import { Note, ProblemNote } from "../parts/messages.tsx";
import { goTo } from "../router.ts";
import { PlanForm } from "./plan_form.tsx";
import { PlannedRun } from "./planned_run.tsx";

/** What is filled in to begin with. */
export interface NewRunProps {
  readonly dataset: string;
  readonly columns: string;
}

/** What became of the form so far. */
type Stage =
  | { readonly kind: "form" }
  | { readonly kind: "checking" | "starting"; readonly body: TriggerBody; readonly plan?: Plan }
  | { readonly kind: "checked"; readonly body: TriggerBody; readonly plan: Plan }
  | { readonly kind: "refused"; readonly problem: Problem };

/** The form, and below it what a run would do. */
export function NewRunView({ dataset, columns }: NewRunProps) {
  const { stage, check, start, reset } = useStages();
  return (
    <>
      <header class="view-head">
        <h1 tabIndex={-1}>New run</h1>
      </header>
      <p class="lead">Check first: that counts what a run would change, and changes nothing.</p>
      <PlanForm
        initial={{ dataset, columns }}
        isBusy={stage.kind === "checking" || stage.kind === "starting"}
        onChange={reset}
        onCheck={(body) => void check(body)}
      />
      <div aria-live="polite">
        {stage.kind === "refused" && <ProblemNote problem={stage.problem} />}
        {stage.kind === "checking" && (
          <Note
            tone="quiet"
            title={`Counting the rows of ${urnParts(stage.body.dataset_urn)?.name}…`}
          />
        )}
        {"plan" in stage && stage.plan && (
          <PlannedRun
            plan={stage.plan}
            isBusy={stage.kind === "starting"}
            onGo={() => void start(stage.body, stage.plan)}
          />
        )}
      </div>
    </>
  );
}

function useStages() {
  const [stage, setStage] = useState<Stage>({ kind: "form" });
  const asked = useRef(new AbortController());
  useEffect(() => () => asked.current.abort(), []);

  const reset = () => {
    asked.current.abort();
    setStage({ kind: "form" });
  };
  const attempt = async (work: (signal: AbortSignal) => Promise<void>) => {
    asked.current.abort();
    const { signal } = asked.current = new AbortController();
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) setStage({ kind: "refused", problem: problemOf(error) });
    }
  };
  const check = (body: TriggerBody) =>
    attempt(async (signal) => {
      setStage({ kind: "checking", body });
      const plan = await call<Plan>("/plan", { method: "POST", body, signal });
      setStage({ kind: "checked", body, plan });
    });
  const start = (body: TriggerBody, plan: Plan | undefined) =>
    attempt(async () => {
      setStage({ kind: "starting", body, ...(plan && { plan }) });
      // the key makes a request that is sent twice, as the network failed, one run
      const headers = { prefer: "respond-async", "idempotency-key": newKey() };
      const run = await call<Run>("/trigger", { method: "POST", body, headers });
      goTo({ view: "run", runId: run.run_id });
    });
  return { stage, check, start, reset };
}

/** `crypto.randomUUID` is there only where the page came encrypted, or from this machine. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = `${(error as Error).message}. Nothing was started, as far as is known.`;
  return { status: 0, title: "There was no response", detail, code: "unreachable" };
}
