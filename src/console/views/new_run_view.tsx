/** Plans a run: first what it would do, then the run itself. */
import { useEffect, useState } from "preact/hooks";
import { ApiProblem, call } from "../api/client.ts";
import type { Problem, Run, TriggerBody } from "../api/documents.ts";
import { urnParts } from "../format.ts";
import { Note, ProblemNote } from "../parts/messages.tsx";
import { goTo } from "../router.ts";
import { hasEnded, useRun } from "../use_run.ts";
import { PlanForm } from "./plan_form.tsx";
import { PlannedRun } from "./planned_run.tsx";

/** What is filled in to begin with. */
export interface NewRunProps {
  readonly dataset: string;
  readonly columns: string;
}

/** The form, and below it what a run would do. */
export function NewRunView({ dataset, columns }: NewRunProps) {
  const [plan, setPlan] = useState<{ body: TriggerBody; runId: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);

  const start = async (body: TriggerBody, then: (run: Run) => void) => {
    setBusy(true);
    setProblem(undefined);
    try {
      then(await trigger(body));
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const check = (body: TriggerBody) => {
    setPlan(undefined);
    return start(
      { ...body, dry_run: true, scrub: false },
      (run) => setPlan({ body, runId: run.run_id }),
    );
  };
  const go = (body: TriggerBody) => start(body, (run) => goTo({ view: "run", runId: run.run_id }));

  return (
    <>
      <header class="view-head">
        <h1 tabIndex={-1}>New run</h1>
      </header>
      <p class="lead">Check first: that counts what a run would change, and changes nothing.</p>
      <PlanForm
        initial={{ dataset, columns }}
        isBusy={isBusy}
        onChange={() => setPlan(undefined)}
        onCheck={check}
      />
      <div aria-live="polite">
        {problem && <ProblemNote problem={problem} />}
        {plan && <CheckedPlan {...plan} isBusy={isBusy} onGo={() => go(plan.body)} />}
      </div>
    </>
  );
}

/** Starts a run. The key makes a request that is sent twice, since the network failed, one run. */
async function trigger(body: TriggerBody): Promise<Run> {
  const headers = { prefer: "respond-async", "idempotency-key": newKey() };
  return await call<Run>("/trigger", { method: "POST", body, headers });
}

/** `crypto.randomUUID` is there only where the page came encrypted, or from this machine. */
function newKey(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = `${(error as Error).message}. Nothing was started, as far as is known.`;
  return { status: 0, title: "There was no response", detail, code: "unreachable" };
}

function CheckedPlan({ body, runId, isBusy, onGo }: {
  body: TriggerBody;
  runId: string;
  isBusy: boolean;
  onGo: () => void;
}) {
  const { run, problem } = useRun(runId);
  useEffect(() => {
    if (run && hasEnded(run)) {
      document.getElementById("plan-result")?.scrollIntoView?.({ block: "nearest" });
    }
  }, [run && hasEnded(run)]);
  if (problem) return <ProblemNote problem={problem} />;
  const name = urnParts(body.dataset_urn)?.name ?? body.dataset_urn;
  if (run === undefined || !hasEnded(run)) {
    return <Note tone="quiet" title={`Counting the rows of ${name}…`} />;
  }
  return <PlannedRun run={run} body={body} isBusy={isBusy} onGo={onGo} />;
}
