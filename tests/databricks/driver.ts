/** The real driver, set up as quietly as it goes: no telemetry, no downloads, no console. */
import { DBSQLClient } from "@databricks/sql";
import type { WarehouseAddress } from "../../scripts/servers/warehouse/control.ts";

export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Sent as it is, or asked for each time it is needed. */
  readonly token: string | (() => Promise<string>);
  readonly initialCatalog?: string;
  readonly initialSchema?: string;
  /** How often, and how soon, the driver itself retries what it thinks can be retried. */
  readonly retryMaxAttempts?: number;
  readonly retryDelayMinMs?: number;
  readonly socketTimeoutMs?: number;
}

type Session = Awaited<ReturnType<DBSQLClient["openSession"]>>;
export type Operation = Awaited<ReturnType<Session["executeStatement"]>>;

/** A client with one session. */
export class Driver implements AsyncDisposable {
  private constructor(private readonly client: DBSQLClient, readonly session: Session) {}

  static async open(options: DriverOptions): Promise<Driver> {
    const client = new DBSQLClient({ logger: { log: () => {} } });
    // without a listener, a failed connection would end the process
    client.on("error", () => {});
    const { token } = options;
    await client.connect({
      host: options.host,
      port: options.port,
      path: options.path,
      telemetryEnabled: false,
      socketTimeout: options.socketTimeoutMs,
      retryMaxAttempts: options.retryMaxAttempts,
      retryDelayMin: options.retryDelayMinMs,
      ...(typeof token === "string"
        ? { authType: "access-token", token }
        : { authType: "external-token", getToken: token }),
    });
    try {
      const { initialCatalog, initialSchema } = options;
      return new Driver(client, await client.openSession({ initialCatalog, initialSchema }));
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /** Runs a statement and gives all of its rows back. */
  async run(
    statement: string,
    namedParameters?: Record<string, string | number | boolean | null>,
  ): Promise<Record<string, unknown>[]> {
    const operation = await this.start(statement, namedParameters);
    try {
      return await operation.fetchAll() as Record<string, unknown>[];
    } finally {
      await operation.close();
    }
  }

  /** Starts a statement: it runs on the warehouse, and nobody waits for it. */
  start(
    statement: string,
    namedParameters: Record<string, string | number | boolean | null> = {},
  ): Promise<Operation> {
    return this.session.executeStatement(statement, {
      namedParameters: namedParameters as Record<string, string>,
      useCloudFetch: false,
      useLZ4Compression: false,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // what the warehouse lost cannot be closed, and some tests lose theirs
    await this.session.close().catch(() => {});
    await this.client.close().catch(() => {});
  }
}

/** The options for a door of the stand-in. */
export function driverOptions(
  address: WarehouseAddress,
  changes: Partial<DriverOptions> = {},
): DriverOptions {
  return {
    host: address.host,
    port: address.ports.warehouse,
    path: address.httpPath,
    token: address.token,
    ...changes,
  };
}
