/** The stand-in warehouse: real Spark behind a gateway that behaves as Databricks does. */
import type { WarehouseAddress, WarehouseControl } from "./control.ts";
import { serveControl } from "./control_server.ts";
import { makeCertificates } from "./gateway/certificates.ts";
import { Gateway } from "./gateway/gateway.ts";
import { LocalControl } from "./local_control.ts";
import { Secrets } from "./spark/functions.ts";
import { installSpark } from "./spark/install.ts";
import { SparkServer } from "./spark/server.ts";

const HOST = "localhost";
const HTTP_PATH = "/sql/1.0/warehouses/5tand1n";

/** A running warehouse. Disposing of it stops everything and removes its files. */
export interface Warehouse extends AsyncDisposable {
  readonly address: WarehouseAddress;
  readonly control: WarehouseControl;
  /** Where `connectControl` finds it from another process. */
  readonly controlUrl: string;
  /** Holds the log (`spark.log`) and the tables while the warehouse runs. */
  readonly directory: string;
}

/** How to start a warehouse. */
export interface StartOptions {
  /** Receives progress messages, since the first start takes minutes. */
  readonly tell?: (message: string) => void;
  /** Aborts the start. A warehouse that has started is disposed of instead. */
  readonly signal?: AbortSignal;
  /**
   * Whether Spark is configured for many statements on few rows, as in tests: it interprets what it
   * would otherwise compile for each statement. False, the default, leaves that to Spark.
   */
  readonly isForLittleData?: boolean;
}

/** Installs what is missing, and starts a warehouse of its own. */
export async function startWarehouse(options: StartOptions = {}): Promise<Warehouse> {
  const { tell = () => {}, signal, isForLittleData = false } = options;
  const installation = await installSpark(tell, signal);
  await using stack = new AsyncDisposableStack();
  const directory = await Deno.makeTempDir({ prefix: "stand-in-warehouse-" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  const certificates = await makeCertificates(directory);
  tell("starting Spark");
  const spark = stack.use(
    await SparkServer.start({
      installation,
      directory,
      httpPath: HTTP_PATH,
      signal,
      isForLittleData,
    }),
  );
  const credentials = {
    token: `dapi${crypto.randomUUID().replaceAll("-", "")}`,
    oauthClientId: crypto.randomUUID(),
    oauthClientSecret: `dose${crypto.randomUUID().replaceAll("-", "")}`,
  };
  const gateway = stack.use(
    new Gateway({
      host: HOST,
      httpPath: HTTP_PATH,
      ...credentials,
      sparkUrl: spark.url,
      certificates: certificates.doors,
    }),
  );
  const address: WarehouseAddress = {
    host: HOST,
    ports: gateway.ports,
    httpPath: HTTP_PATH,
    ...credentials,
    caFile: certificates.caFile,
  };
  const control = new LocalControl(address, gateway, spark.url, new Secrets(directory));
  // not awaited: a call may wait for a statement that only ends with Spark
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  const controlPort = serveControl(control, stop.signal);
  const running = stack.move();
  return {
    address,
    control,
    controlUrl: `http://127.0.0.1:${controlPort}`,
    directory,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
