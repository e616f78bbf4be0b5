/** How the connection to Postgres is: its server, its role, its encryption. */
import { isLoopback } from "../../../host_name.ts";
import type { ConnectionFacts } from "../../connection_facts.ts";
import type { Session } from "../connection/session.ts";
import { INSPECT_SERVER, type InspectServerRow } from "../sql/inspect_server.ts";

/** Asks the server. Throws a `ServiceError`. */
export async function inspectServer(session: Session): Promise<ConnectionFacts> {
  const { rows: [row] } = await session.query<InspectServerRow>("query Postgres", INSPECT_SERVER);
  const [version, user, encryption, nowMs, isStandby, isSuperuser] = row!;
  const { isPooled, settings: { sslMode, address } } = session;
  const problems = isStandby
    ? ["it is a standby, which takes no writes: connect to the primary"]
    : [];
  const isChecked = sslMode === "verify-full" || sslMode === "verify-ca";
  const advice = [
    encryption === null && !isPooled && !isLoopback(address)
      ? "the connection is not encrypted: use sslmode=verify-full"
      : "",
    isSuperuser ? "the role is a superuser: SELECT and UPDATE on the tables are enough" : "",
    encryption !== null && !isChecked && !isPooled
      ? `the server's certificate is not checked (sslmode=${sslMode}): use verify-full`
      : "",
  ];
  return {
    version: `PostgreSQL ${version.split(" ")[0]}`, // packagers add their own version
    user,
    // of a pooler's own connection the server's view says nothing
    encryption: isPooled ? undefined : encryption,
    nowMs,
    problems,
    advice: advice.filter(Boolean),
  };
}
