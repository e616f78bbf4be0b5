/** The connections, and whether they can be reached. */
import { callAnyStatus } from "../api/client.ts";
import type { Readiness } from "../api/documents.ts";
import { Badge } from "../parts/badges.tsx";
import { Empty, Skeleton } from "../parts/messages.tsx";
import { usePolled } from "../use_polled.ts";

const PAUSE_MS = 10_000;

/** A line for each connection, and one for DataHub. */
export function ConnectionsView() {
  const { value, refresh } = usePolled<Readiness>({
    key: "/readyz",
    load: (signal) => callAnyStatus("/readyz", signal),
    pauseMs: () => PAUSE_MS,
  });
  const lines = value === undefined ? [] : [
    ...Object.entries(value.platforms),
    ...(value.datahub === undefined ? [] : [["DataHub", value.datahub] as const]),
  ];
  return (
    <>
      <header class="view-head">
        <h1 tabIndex={-1}>Connections</h1>
        <button type="button" onClick={refresh}>Check now</button>
      </header>
      {value === undefined && <Skeleton rows={2} />}
      {value !== undefined && Object.keys(value.platforms).length === 0 && (
        <Empty icon="connections" title="No database is connected">
          <p>
            Set <code>PG_CONN_STR</code> or <code>DBX_JDBC_URL</code>, and start the program again.
          </p>
        </Empty>
      )}
      {lines.length > 0 && (
        <ul class="rows">
          {lines.map(([name, state]) => <Connection key={name} name={name} state={state} />)}
        </ul>
      )}
    </>
  );
}

function Connection({ name, state }: { name: string; state: string }) {
  const isUp = state === "reachable";
  return (
    <li class="row connection">
      <span class="name">{name}</span>
      <Badge tone={isUp ? "good" : "bad"} icon={isUp ? "check" : "cross"}>
        {isUp ? "reachable" : "not reachable"}
      </Badge>
      {!isUp && <p class="detail">{state}</p>}
    </li>
  );
}
