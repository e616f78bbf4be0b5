/** Which server a connection leads to, and which of its processes. */
import type { Client } from "../protocol/client.ts";

/** A process of a server. */
export interface ServerProcess {
  readonly pid: number;
  /** When the server was started, in seconds: what tells it from any other, standbys included. */
  readonly server: string;
  /** The port of its client, as the server sees it; null if it has none. */
  readonly clientPort: number | null;
}

const IDENTIFY = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.inet_client_port(), " +
  "EXTRACT(EPOCH FROM pg_catalog.pg_postmaster_start_time())::text";

/** Asks the server. Throws what the client throws. */
export async function identifyServer(client: Client): Promise<ServerProcess> {
  const { rows: [row] } = await client.query(IDENTIFY);
  const [pid, clientPort, server] = row as [number, number | null, string];
  return { pid, server, clientPort };
}
