/** Spark's own Thrift server as a child process, with Delta and Iceberg, on loopback. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../free_port.ts";
import { compileFunctions, FUNCTIONS_EXTENSION, Secrets } from "./functions.ts";
import type { SparkInstallation } from "./install.ts";
import { javaProgram } from "./prerequisites.ts";
import { SparkSession } from "./session.ts";

export interface SparkServerOptions {
  readonly installation: SparkInstallation;
  /** Spark's tables, metastore, scratch files and log all go here. */
  readonly directory: string;
  readonly httpPath: string;
  readonly signal?: AbortSignal;
  /** See `StartOptions` of the warehouse. */
  readonly isForLittleData: boolean;
}

const READY_WITHIN_MS = 180_000;
const POLL_INTERVAL_MS = 250;

/** One task per processor core. */
const ENOUGH_DATA = {
  "spark.sql.shuffle.partitions": "2",
  "spark.databricks.delta.snapshotPartitions": "2",
};

/** A statement on few rows spends most of its time being planned, compiled and divided into tasks. */
const LITTLE_DATA = {
  "spark.sql.shuffle.partitions": "1",
  "spark.databricks.delta.snapshotPartitions": "1",
  "spark.sql.adaptive.enabled": "false",
  "spark.sql.codegen.wholeStage": "false",
  "spark.sql.codegen.factoryMode": "NO_CODEGEN",
};

/** What runs a few times only is not worth being compiled well. */
const COMPILE_QUICKLY = "-XX:TieredStopAtLevel=1";

/** Catalogs: `spark_catalog` keeps Delta tables, `main` keeps Iceberg's. */
function sparkArguments(options: SparkServerOptions, functions: string, port: number): string[] {
  const { directory, installation } = options;
  const conf: Record<string, string> = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension," +
      `org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,${FUNCTIONS_EXTENSION}`,
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.catalog.main": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.main.type": "hadoop",
    "spark.sql.catalog.main.warehouse": join(directory, "main"),
    "spark.sql.warehouse.dir": join(directory, "spark_catalog"),
    // cancelled statements use up a Hive metastore's connections, and then every statement waits
    "spark.sql.catalogImplementation": "in-memory",
    // Databricks makes Delta tables by default
    "spark.sql.sources.default": "delta",
    // a cancelled statement frees its processor cores at once
    "spark.sql.thriftServer.interruptOnCancel": "true",
    ...(options.isForLittleData ? LITTLE_DATA : ENOUGH_DATA),
    // VACUUM makes this many tasks, even for few files; 10,000 by default
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    "spark.ui.enabled": "false",
    // what the web interface would show is kept although there is none: hundreds of statements' texts
    // and plans, of which each may hold 16 MiB of parameters
    "spark.sql.thriftserver.ui.retainedStatements": "1",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.sql.maxPlanStringLength": "10000",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.local.dir": join(directory, "local"),
    // the code of many small statements needs more than the default cache of 48 MB, and a full cache
    // is cleared over and over
    "spark.driver.extraJavaOptions":
      `${options.isForLittleData ? COMPILE_QUICKLY : ""} -XX:ReservedCodeCacheSize=512m ` +
      `-Dderby.system.home=${directory} -Djava.io.tmpdir=${join(directory, "tmp")} ` +
      new Secrets(directory).javaOption,
  };
  const hiveconf: Record<string, string> = {
    "hive.server2.transport.mode": "http",
    "hive.server2.thrift.http.port": String(port),
    "hive.server2.thrift.http.path": options.httpPath.replace(/^\//, ""),
    "hive.server2.thrift.bind.host": "127.0.0.1",
    // A session that closes tries to make a Hive metastore in memory, which fails here: let it fail at
    // once, instead of after ten attempts in twenty seconds.
    "hive.hmshandler.retry.attempts": "0",
    "hive.hmshandler.retry.interval": "0ms",
    // how long Spark may hold a request for a statement's status
    "hive.server2.long.polling.timeout": "500ms",
  };
  return [
    "--master",
    "local[2]",
    "--driver-memory",
    "2g",
    // on the class path of the virtual machine itself: closing a session closes the class loader for
    // `--jars`, and with it Delta for every later session
    "--driver-class-path",
    [...installation.jars, functions].join(":"),
    ...Object.entries(conf).flatMap(([name, value]) => ["--conf", `${name}=${value}`]),
    "--class",
    "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
    "spark-internal",
    ...Object.entries(hiveconf).flatMap(([name, value]) => ["--hiveconf", `${name}=${value}`]),
  ];
}

export class SparkServer implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly process: Deno.ChildProcess,
    private readonly lifeline: WritableStreamDefaultWriter<Uint8Array>,
    private readonly log: Promise<void>,
  ) {}

  /** Starts Spark and resolves when it opens sessions. */
  static async start(options: SparkServerOptions): Promise<SparkServer> {
    const { directory, httpPath, installation } = options;
    for (const name of ["local", "tmp"]) await Deno.mkdir(join(directory, name));
    const functions = await compileFunctions(installation, directory, options.signal);
    const port = freePort();
    const submit = join(installation.sparkHome, "bin", "spark-submit");
    const watched = fileURLToPath(new URL("watched.sh", import.meta.url));
    const process = new Deno.Command("bash", {
      args: [watched, submit, ...sparkArguments(options, functions, port)],
      cwd: directory,
      // Java names files in the locale's encoding: without one, table names can only be ASCII
      env: { SPARK_HOME: installation.sparkHome, LC_ALL: "C.UTF-8", ...javaHome() },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const logFile = join(directory, "spark.log");
    const server = new SparkServer(
      `http://127.0.0.1:${port}${httpPath}`,
      process,
      process.stdin.getWriter(),
      writeLog(logFile, process),
    );
    try {
      await server.ready(options.signal);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      options.signal?.throwIfAborted();
      const log = await Deno.readTextFile(logFile);
      throw new Error(`Cannot start Spark: ${(error as Error).message}\n${log.slice(-4000)}`);
    }
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lifeline.close().catch(() => {});
    await this.process.status;
    await this.log;
  }

  private async ready(signal: AbortSignal | undefined): Promise<void> {
    let ended = false;
    void this.process.status.then(() => ended = true);
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      signal?.throwIfAborted();
      if (ended) throw new Error("it ended before it was ready");
      if (performance.now() > deadline) throw new Error("it did not become ready in time");
      try {
        await using session = await SparkSession.open(this.url);
        // the first statement loads the catalogs, for which tests should not wait
        await session.run("SHOW CATALOGS");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
      }
    }
  }
}

/** `spark-submit` takes the Java of JAVA_HOME, or the one on the PATH when it is not set. */
function javaHome(): Record<string, string> {
  const program = javaProgram();
  return program === "java" ? {} : { JAVA_HOME: program.replace(/\/bin\/java$/, "") };
}

async function writeLog(path: string, process: Deno.ChildProcess): Promise<void> {
  const append = () => Deno.open(path, { create: true, append: true });
  await Promise.all([
    process.stdout.pipeTo((await append()).writable),
    process.stderr.pipeTo((await append()).writable),
  ]);
}
