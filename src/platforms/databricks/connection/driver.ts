/**
 * The Databricks driver, loaded when the first run needs it and restricted to Thrift over HTTPS to the
 * warehouse. Telemetry, feature flags and downloads from storage are off, and it writes no log. It
 * never retries: retry_request.ts decides what is sent again.
 */
import os from "node:os";
import type { DBSQLClient, DBSQLSession } from "@databricks/sql";
import type { Authorization } from "./authorization.ts";
import { HttpTransport } from "./http_transport.ts";
import type { DatabricksSettings } from "./settings.ts";

/** A statement that the warehouse is running or has run. */
export type Operation = Awaited<ReturnType<DBSQLSession["executeStatement"]>>;

/** A statement's state. */
export type OperationStatus = Awaited<ReturnType<Operation["status"]>>;

/**
 * What counts and proves must read the table as it is. Source: Databricks SQL language reference,
 * "USE_CACHED_RESULT" (it is true by default).
 */
const SESSION_CONFIGURATION = { use_cached_result: "false" };

/** One run's client, with its own connections. */
export class Driver {
  readonly #client: DBSQLClient;
  readonly #transport: HttpTransport;

  private constructor(client: DBSQLClient, transport: HttpTransport) {
    this.#client = client;
    this.#transport = transport;
  }

  /** Makes a client. Nothing is sent yet. */
  static async make(settings: DatabricksSettings, authorization: Authorization): Promise<Driver> {
    const { DBSQLClient } = await load();
    const client = new DBSQLClient({ logger: { log: () => {} } }); // its messages may hold values
    await client.connect({
      host: settings.host,
      port: settings.port,
      path: settings.httpPath,
      authType: "custom",
      provider: { authenticate: async () => ({ Authorization: await authorization.header() }) },
      userAgentEntry: "tokenize-action",
      telemetryEnabled: false,
    });
    const transport = new HttpTransport(settings);
    transport.carry(await (await client.getConnectionProvider()).getThriftConnection());
    return new Driver(client, transport);
  }

  /** Opens a session, whose results are never those of earlier queries. */
  async openSession(): Promise<DriverSession> {
    const session = await this.#client.openSession({ configuration: SESSION_CONFIGURATION });
    return new DriverSession(session as DBSQLSession);
  }

  /** Closes the connections. Sessions must be closed before. */
  close(): void {
    this.#transport.close();
  }
}

/** A session on the warehouse. */
export class DriverSession {
  readonly #session: DBSQLSession;

  constructor(session: DBSQLSession) {
    this.#session = session;
  }

  /** Sends a statement. `streamed` results are fetched later, not sent with the first response. */
  execute(
    statement: string,
    parameters: Readonly<Record<string, string>>,
    streamed: boolean,
  ): Promise<Operation> {
    return this.#session.executeStatement(statement, {
      namedParameters: { ...parameters },
      useCloudFetch: false,
      useLZ4Compression: false,
      maxRows: streamed ? null : 1000,
    });
  }

  /** Closes the session, which ends any statement still running in it. */
  async close(): Promise<void> {
    try {
      await this.#session.close();
    } catch {
      // the driver stops at the first statement that it cannot close, and leaves the session open
      const backend: unknown = Reflect.get(this.#session, "backend");
      await (backend as { close?(): Promise<unknown> } | undefined)?.close?.();
    }
  }
}

async function load(): Promise<typeof import("@databricks/sql")> {
  // its dependencies call Buffer(), and the warning about that would be a line outside the log
  Object.assign(globalThis.process, { noDeprecation: true });
  os.release = () => ""; // the driver calls this, and the sandbox does not permit it
  // a CommonJS module: once bundled, its exports are in `default`
  return (await import("@databricks/sql")).default;
}
