/** Which server a connection leads to, and which of its processes. */
import type { Client } from "../protocol/client.ts";

/** A process of a server. */
export interface ServerProcess {
  readonly pid: number;
  /** When the server was started, in seconds: what tells it from any other, standbys included. */
  readonly server: string;
}

const IDENTIFY = "SELECT pg_catalog.pg_backend_pid(), " +
  "EXTRACT(EPOCH FROM pg_catalog.pg_postmaster_start_time())::text";

/** Asks the server. Throws what the client throws. */
export async function identifyServer(client: Client): Promise<ServerProcess> {
  const { rows: [row] } = await client.query(IDENTIFY);
  const [pid, server] = row as [number, string];
  return { pid, server };
}
