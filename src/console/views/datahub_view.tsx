/** What DataHub asks for: what is due, what waits for an approval, and what cannot be done. */
import { call } from "../api/client.ts";
import type { Approvals, DatahubStatus, DatasetProblem, Problem } from "../api/documents.ts";
import { count, duration, urnParts } from "../format.ts";
import { Badge } from "../parts/badges.tsx";
import { Empty, Note, ProblemNote, Skeleton } from "../parts/messages.tsx";
import { Ago } from "../parts/time.tsx";
import { adviceFor } from "../advice.ts";
import { usePolled } from "../use_polled.ts";
import { WaitingList } from "./waiting_list.tsx";

const PAUSE_MS = 3000;

/** How DataHub is followed, and its queue. */
export function DatahubView() {
  const status = usePolled<DatahubStatus>({
    key: "/datahub/status",
    load: (signal) => call("/datahub/status", { signal }),
    pauseMs: () => PAUSE_MS,
  });
  const approvals = usePolled<Approvals>({
    key: "/datahub/approvals",
    load: (signal) => call("/datahub/approvals", { signal }),
    pauseMs: () => PAUSE_MS,
  });
  const refresh = () => {
    approvals.refresh();
    status.refresh();
  };
  return (
    <>
      <header class="view-head">
        <h1 tabIndex={-1}>DataHub</h1>
      </header>
      {status.problem && <NotFollowed problem={status.problem} />}
      {status.value === undefined && !status.problem && <Skeleton rows={4} />}
      {status.value && (
        <>
          <Overview status={status.value} />
          <WaitingList approvals={approvals.value} mode={status.value.mode} onApproved={refresh} />
          <ProblemList
            title="Refused"
            hint="Somebody has to change something. Then they are tried again by the next event or sweep."
            problems={status.value.refused}
          />
          <ProblemList
            title="Failed"
            hint="They are tried again, after growing pauses."
            problems={status.value.failed}
          />
        </>
      )}
    </>
  );
}

function NotFollowed({ problem }: { problem: Problem }) {
  if (problem.code !== "platform_not_configured") return <ProblemNote problem={problem} />;
  return (
    <Empty icon="datahub" title="DataHub is not followed">
      <p>
        With <code>DATAHUB_GMS_URL</code>{" "}
        set, columns that somebody tags in DataHub appear here, and are counted or tokenized as{" "}
        <code>DATAHUB_MODE</code> says.
      </p>
    </Empty>
  );
}

const MODES = {
  observe: "Observe: count only",
  approve: "Approve: tokenize what was approved",
  run: "Run: tokenize what is tagged",
} as const;

const EVENTS = {
  polling: ["good", "events arrive"],
  absent: ["quiet", "sweeps only"],
  failing: ["bad", "no events at the moment"],
} as const;

function Overview({ status }: { status: DatahubStatus }) {
  const [tone, text] = EVENTS[status.events];
  return (
    <>
      {status.problem && (
        <Note tone="bad" title="DataHub">
          <p class="detail">{status.problem}</p>
        </Note>
      )}
      <p class="under">
        <span class="chip">{MODES[status.mode]}</span>
        <Badge tone={tone}>{text}</Badge>
        <span class="fine">
          {status.last_sweep_at === null ? "No sweep has ended yet" : (
            <>
              Swept <Ago at={status.last_sweep_at} />
            </>
          )}
          {status.lag_seconds !== null &&
            `, the newest event is ${duration(status.lag_seconds * 1000)} old`}
        </span>
      </p>
      <section class="tiles" aria-label="The queue">
        <Tile name="Due" value={status.due} />
        <Tile name="Under way" value={status.running} />
        <Tile name="Later" value={status.later} />
        <Tile name="Tagged at the last sweep" value={status.last_sweep_datasets} />
      </section>
    </>
  );
}

function Tile({ name, value }: { name: string; value: number | null }) {
  return (
    <div class="tile">
      <span class="fine">{name}</span>
      <span class="big">{value === null ? "–" : count(value)}</span>
    </div>
  );
}

function ProblemList({ title, hint, problems }: {
  title: string;
  hint: string;
  problems: readonly DatasetProblem[];
}) {
  if (problems.length === 0) return null;
  return (
    <section class="card">
      <h2>
        {title} <span class="fine">{problems.length}</span>
      </h2>
      <p class="fine">{hint}</p>
      <ul class="places">
        {problems.map(({ dataset_urn, code, detail }) => (
          <li key={dataset_urn}>
            <div class="place">
              <code class="name" title={dataset_urn}>
                {urnParts(dataset_urn)?.name ?? dataset_urn}
              </code>
              <Badge tone="bad" icon="cross">{code}</Badge>
            </div>
            <p class="detail">{detail}</p>
            {adviceFor(code) && <p class="fine">{adviceFor(code)}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}
