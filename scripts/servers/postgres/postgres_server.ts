/**
 * A disposable real PostgreSQL server on 127.0.0.1. It needs nothing installed: see
 * postgres_binaries.ts. It works as root too.
 *
 * A test that only needs a database does not start a server: it takes `createTestDatabase()` of
 * test_database.ts, on the server that `make test` started for all tests. A test that stops, kills
 * or configures a server, or needs TLS, starts one of its own on a free port:
 *
 *     await using server = await startPostgres({ tls: "required", settings: { work_mem: "1MB" } });
 *     server.url("postgres");        // postgres://postgres:postgres@127.0.0.1:PORT/postgres
 *     await server.kill();           // SIGKILL, as if the machine died
 *     await server.start();          // the same data, the same port
 *     await server.restart("immediate");
 *
 * Its data is deleted when it is disposed of, and also when the test's own process ends in any way,
 * SIGKILL included.
 *
 * As a command, for a server that stays until it is stopped:
 *
 *     scripts/deno.sh run -A scripts/servers/postgres/postgres_server.ts start [PORT]    # a new one, prints its URL
 *     scripts/deno.sh run -A scripts/servers/postgres/postgres_server.ts stop [PORT]
 */
import { freePort } from "../free_port.ts";
import { join } from "node:path";
import {
  findPostgresBinaries,
  type PostgresBinaries,
  type PostgresWish,
} from "./postgres_binaries.ts";
import { listProcesses } from "../processes.ts";
import { makeTestCertificates, type TestCertificates } from "../test_certificates.ts";
import { findUnprivilegedUser, type UnprivilegedUser } from "./unprivileged_user.ts";
import { until } from "../until.ts";

/** The port of the server that `make test` starts. */
export const DEFAULT_PORT = 55432;

/** How a server ends: waiting for clients, cutting them off, or without a checkpoint. */
export type StopMode = "smart" | "fast" | "immediate";

/** Server settings by name, as in postgresql.conf. */
export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

/** What a server can be started with. */
export interface PostgresOptions extends PostgresWish {
  /** 0, the default, is a free one. */
  readonly port?: number;
  /** Added to the settings the tests use; a function gets the major version that they are for. */
  readonly settings?: PostgresSettings | ((version: number) => PostgresSettings);
  /** Whether it survives a crash of the machine. False, the default, is faster. */
  readonly durable?: boolean;
  /** `trust` asks for no password. The default is `password`. */
  readonly auth?: "password" | "trust";
  /** With a certificate for 127.0.0.1 and localhost, signed by a new CA (`server.caFile`). */
  readonly tls?: "off" | "optional" | "required";
  /** Lines of pg_hba.conf, instead of those that `auth` and `tls` give. */
  readonly accessRules?: readonly string[];
  /** Further arguments of initdb, such as `--wal-segsize=1`. */
  readonly initdb?: readonly string[];
}

/** Parts of a connection URL that differ from the default. */
export interface UrlOptions {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  /** Such as `{ sslmode: "verify-full" }`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

const USER = "postgres";
const PASSWORD = "postgres";

/** A server that runs, or ran. */
export interface PostgresServer extends AsyncDisposable {
  readonly hostname: "127.0.0.1";
  readonly port: number;
  /** The major version: 15. */
  readonly version: number;
  readonly source: PostgresBinaries["source"];
  /** The folder of postgres, initdb and pg_ctl. */
  readonly binDir: string;
  /** The CA that signed the certificate; undefined without TLS. */
  readonly caFile: string | undefined;
  /** The folder of everything it has, deleted at the end. */
  readonly dir: string;

  /** The connection URL of a database (`postgres` if none is named), as the superuser. */
  url(database?: string, options?: UrlOptions): string;
  start(): Promise<void>;
  stop(mode?: StopMode): Promise<void>;
  restart(mode?: StopMode): Promise<void>;
  /** Ends all its processes with SIGKILL, and returns when they are gone. */
  kill(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Changes settings, and has a running server read them. Some count from the next restart only. */
  configure(settings: PostgresSettings): Promise<void>;
  /** What it has logged so far. */
  log(): Promise<string>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

/** Starts a new server that ends with this process. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return await launch(await DisposablePostgres.create(options));
}

async function launch(server: PostgresServer): Promise<PostgresServer> {
  await server.start().catch(async (error) => {
    await server.remove();
    throw error;
  });
  return server;
}

/** Runs `body` with a new server, and removes the server. */
export async function withPostgres<T>(
  options: PostgresOptions,
  body: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  await using server = await startPostgres(options);
  return await body(server);
}

class DisposablePostgres implements PostgresServer {
  readonly hostname = "127.0.0.1";
  readonly port: number;
  readonly dir: string;
  readonly #binaries: PostgresBinaries;
  readonly #user: UnprivilegedUser;
  readonly #certificates: TestCertificates | undefined;
  readonly #janitor: Janitor | undefined;
  /** Of the first of its processes, while it should be running. */
  #pid: number | undefined;

  private constructor(
    port: number,
    dir: string,
    binaries: PostgresBinaries,
    user: UnprivilegedUser,
    certificates: TestCertificates | undefined,
    janitor: Janitor | undefined,
  ) {
    this.port = port;
    this.dir = dir;
    this.#binaries = binaries;
    this.#user = user;
    this.#certificates = certificates;
    this.#janitor = janitor;
  }

  /** `keep`: it stays when this process ends. */
  static async create(options: PostgresOptions, keep = false): Promise<DisposablePostgres> {
    const port = options.port || freePort();
    const user = await findUnprivilegedUser();
    // Root's own TMPDIR may lie where the other user cannot go.
    const parent = user.uid === undefined ? undefined : "/tmp";
    const dir = await Deno.makeTempDir({ dir: parent, prefix: "tokenize-postgres-" });
    const janitor = keep ? undefined : await Janitor.create(dir);
    try {
      await Deno.chmod(dir, 0o755);
      const binaries = await findPostgresBinaries(options, dir);
      const certificates = (options.tls ?? "off") === "off"
        ? undefined
        : await makeTestCertificates(dir);
      await makeDataDir(dir, binaries, user, { ...options, port }, certificates);
      return new DisposablePostgres(port, dir, binaries, user, certificates, janitor);
    } catch (error) {
      await Deno.remove(dir, { recursive: true });
      await janitor?.dismiss();
      throw error;
    }
  }

  get version(): number {
    return this.#binaries.version;
  }

  get source(): PostgresBinaries["source"] {
    return this.#binaries.source;
  }

  get binDir(): string {
    return this.#binaries.binDir;
  }

  get caFile(): string | undefined {
    return this.#certificates?.caFile;
  }

  url(database = "postgres", options: UrlOptions = {}): string {
    const { user = USER, password = PASSWORD, host = this.hostname, parameters = {} } = options;
    const [login, secret, name] = [user, password, database].map(encodeURIComponent);
    const query = new URLSearchParams(parameters).toString();
    const suffix = query === "" ? "" : `?${query}`;
    return `postgres://${login}:${secret}@${host}:${this.port}/${name}${suffix}`;
  }

  async start(): Promise<void> {
    const args = ["start", "-w", "-t", "60", "-s", "-l", this.#logFile, "-D", this.#dataDir];
    await this.#pgCtl(args).catch(async (error) => {
      throw new Error(`Cannot start PostgreSQL: ${await this.log()}`, { cause: error });
    });
    this.#pid = Number.parseInt(await Deno.readTextFile(join(this.#dataDir, "postmaster.pid")));
  }

  async stop(mode: StopMode = "fast"): Promise<void> {
    if (!await this.isRunning()) return;
    await this.#pgCtl(["stop", "-w", "-t", "60", "-s", "-m", mode, "-D", this.#dataDir]);
    this.#pid = undefined;
  }

  async restart(mode: StopMode = "fast"): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  async kill(): Promise<void> {
    if (!await this.isRunning()) return;
    const pid = this.#pid as number;
    const children = (await listProcesses()).filter(({ parentPid }) => parentPid === pid);
    // The parent first, or it would take the end of a child for a crash to recover from.
    const doomed = [pid, ...children.map((child) => child.pid)];
    for (const each of doomed) killIfThere(each);
    await until(async () => (await listProcesses()).every((each) => !doomed.includes(each.pid)));
    this.#pid = undefined;
    // A pid stays taken until somebody collects the dead, which not every container does; the next
    // start would believe that this server still runs.
    await Deno.remove(join(this.#dataDir, "postmaster.pid"));
  }

  async isRunning(): Promise<boolean> {
    if (this.#pid === undefined) return false;
    return (await listProcesses()).some((each) => each.pid === this.#pid);
  }

  async configure(settings: PostgresSettings): Promise<void> {
    const file = join(this.#dataDir, "postgresql.conf");
    await Deno.writeTextFile(file, settingLines(settings), { append: true });
    if (await this.isRunning()) await this.#pgCtl(["reload", "-s", "-D", this.#dataDir]);
  }

  async log(): Promise<string> {
    return await Deno.readTextFile(this.#logFile).catch(() => "");
  }

  async remove(): Promise<void> {
    await this.stop("immediate");
    await Deno.remove(this.dir, { recursive: true }).catch(ignoreNotFound);
    await this.#janitor?.dismiss();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  get #dataDir(): string {
    return join(this.dir, "data");
  }

  get #logFile(): string {
    return join(this.dir, "data", "server.log");
  }

  async #pgCtl(args: string[]): Promise<void> {
    await runAs(this.#user, join(this.#binaries.binDir, "pg_ctl"), args, this.dir);
  }
}

/**
 * A process beside the server that waits for this one to end, and then removes the server and its
 * folder. It notices the end by a pipe that closes, however this process ended.
 */
class Janitor {
  /** Keeps the pipes: one that is garbage is closed. */
  static readonly #pipes = new Set<WritableStreamDefaultWriter<Uint8Array>>();
  readonly #dir: string;
  readonly #pipe: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(dir: string, pipe: WritableStreamDefaultWriter<Uint8Array>) {
    this.#dir = dir;
    this.#pipe = pipe;
    Janitor.#pipes.add(pipe);
  }

  static async create(dir: string): Promise<Janitor> {
    // In the background of a shell that ends at once, or Deno would end it with the test.
    const script = `
      exec 3<&0
      {
        trap '' INT TERM HUP
        read -r dismissed <&3 && exit 0
        pid=$(head -n 1 "$1/data/postmaster.pid") || pid=none
        is_ours() { { cat "/proc/$pid/cmdline" || ps -o args= -p "$pid"; } | grep -aqF "$1"; }
        tries=0
        while is_ours "$1" && [ $tries -lt 100 ]; do
          kill -QUIT "$pid"
          sleep 0.1
          tries=$((tries + 1))
        done
        rm -rf "$1"
      } &`;
    const args = ["-c", script, "janitor", dir];
    const options = { args, stdin: "piped", stdout: "null", stderr: "null" } as const;
    const shell = new Deno.Command("/bin/sh", options).spawn();
    const pipe = shell.stdin.getWriter();
    await shell.status;
    return new Janitor(dir, pipe);
  }

  /** Lets it go: there is nothing left to remove. */
  async dismiss(): Promise<void> {
    await this.#pipe.write(new TextEncoder().encode("dismissed\n"));
    await this.#closePipe();
  }

  /** Has it do now what it waits to do. */
  async removeNow(): Promise<void> {
    await this.#closePipe();
    await until(() => Deno.stat(this.#dir).then(() => false, () => true));
  }

  async #closePipe(): Promise<void> {
    Janitor.#pipes.delete(this.#pipe);
    await this.#pipe.close();
  }
}

async function makeDataDir(
  dir: string,
  binaries: PostgresBinaries,
  user: UnprivilegedUser,
  options: PostgresOptions & { readonly port: number },
  certificates: TestCertificates | undefined,
): Promise<void> {
  const dataDir = join(dir, "data");
  const passwordFile = join(dir, "password");
  await Deno.mkdir(dataDir, { mode: 0o700 });
  await Deno.writeTextFile(passwordFile, PASSWORD, { mode: 0o600 });
  const ownFiles = [dataDir, passwordFile];
  if (certificates !== undefined) ownFiles.push(certificates.certFile, certificates.keyFile);
  for (const file of ownFiles) await giveTo(user, file);

  const method = options.auth === "trust" ? "trust" : "scram-sha-256";
  await runAs(user, join(binaries.binDir, "initdb"), [
    `--pgdata=${dataDir}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    `--auth=${method}`,
    "--encoding=UTF8",
    "--locale=C",
    // So that letters beyond ASCII have cases too.
    `--lc-ctype=${Deno.build.os === "linux" ? "C.UTF-8" : "en_US.UTF-8"}`,
    "--no-sync",
    ...options.initdb ?? [],
  ], dir);

  const configFile = join(dataDir, "postgresql.conf");
  const settings = allSettings(options, binaries.version, certificates);
  await Deno.writeTextFile(configFile, settingLines(settings), { append: true });
  const connection = options.tls === "required" ? "hostssl" : "host";
  const rules = options.accessRules ?? [`${connection} all all 127.0.0.1/32 ${method}`];
  await Deno.writeTextFile(join(dataDir, "pg_hba.conf"), rules.join("\n") + "\n");
}

function allSettings(
  options: PostgresOptions & { readonly port: number },
  version: number,
  certificates: TestCertificates | undefined,
): PostgresSettings {
  // what was committed outlives a server that is killed, but not a machine that is
  const careless: PostgresSettings = { fsync: false, full_page_writes: false };
  const tls: PostgresSettings = certificates === undefined
    ? {}
    : { ssl: true, ssl_cert_file: certificates.certFile, ssl_key_file: certificates.keyFile };
  return {
    listen_addresses: "127.0.0.1",
    port: options.port,
    unix_socket_directories: "", // the path of one may be too long
    timezone: "UTC",
    ...(options.durable ? {} : careless),
    ...tls,
    ...typeof options.settings === "function" ? options.settings(version) : options.settings,
  };
}

function settingLines(settings: PostgresSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`).join("");
}

async function giveTo(user: UnprivilegedUser, file: string): Promise<void> {
  if (user.uid !== undefined) await Deno.chown(file, user.uid, user.gid ?? null);
}

async function runAs(
  user: UnprivilegedUser,
  program: string,
  args: string[],
  cwd: string,
): Promise<void> {
  const env = { PATH: Deno.env.get("PATH") ?? "", LC_ALL: "C" };
  const options = { args, cwd, env, clearEnv: true, stdin: "null", ...user } as const;
  const { success, stderr } = await new Deno.Command(program, options).output();
  if (success) return;
  throw new Error(`Cannot run ${program} ${args[0]}: ${new TextDecoder().decode(stderr).trim()}`);
}

function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    ignoreNotFound(error);
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Runs `start` and `stop`. The folder of a started server is noted in a file by its port. */
async function main([command, portText = String(DEFAULT_PORT)]: string[]): Promise<void> {
  const noteUrl = new URL(`../../../.tools/postgres-${portText}`, import.meta.url);
  const dir = await Deno.readTextFile(noteUrl).catch(() => undefined);
  if (command !== "start" && command !== "stop") {
    console.error("Usage: postgres_server.ts start|stop [PORT]");
    Deno.exit(2);
  }
  if (dir !== undefined) {
    await (await Janitor.create(dir)).removeNow();
    await Deno.remove(noteUrl);
  }
  if (command === "start") {
    const server = await launch(await DisposablePostgres.create({ port: Number(portText) }, true));
    await Deno.mkdir(new URL(".", noteUrl), { recursive: true });
    await Deno.writeTextFile(noteUrl, server.dir);
    console.log(server.url());
  }
}

if (import.meta.main) await main(Deno.args);
