/**
 * A disposable real OpenBao server on 127.0.0.1, initialised and unsealed:
 *
 *     await using server = await startBao({ durable: true, tls: true });
 *     await server.api("POST", "sys/mounts/transit", { type: "transit" });
 *     await server.seal();
 *     await server.restart();          // keeps what it stored only if it is durable
 *
 * It ends with this process, however that ends. TEST_BAO names the program; where it is unset, it is
 * installed first.
 */
import { join } from "node:path";
import { freePort } from "../free_port.ts";
import { makeTestCertificates } from "../test_certificates.ts";
import { installOpenBao } from "./install.ts";
import { until } from "../until.ts";

/** What a server can be started with. */
export interface BaoOptions {
  /** Whether it keeps what it stored when it is restarted. False, the default, is faster. */
  readonly durable?: boolean;
  /** With a certificate for 127.0.0.1 and localhost, signed by a new CA. */
  readonly tls?: boolean;
}

/** Who asks, if it is not the root token, and where. */
export interface ApiOptions {
  readonly token?: string;
  readonly namespace?: string;
}

/** A server that runs. */
export interface BaoServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly rootToken: string;
  /** The CA that signed the certificate; undefined without TLS. */
  readonly caFile: string | undefined;
  /** Calls the API below `/v1/`. Gives the answer's JSON; throws where it is refused. */
  // deno-lint-ignore no-explicit-any -- tests look into it, and would fail if it had another shape
  api(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<any>;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  stop(): Promise<void>;
  /** Starts a stopped one, sealed. */
  start(): Promise<void>;
  /** Stops it, starts it and unseals it. */
  restart(): Promise<void>;
  /** What it has logged so far. */
  log(): Promise<string>;
}

/** Kills the server once this process is gone, which closes standard input. */
const WATCHED = `"$0" server -config="$1" </dev/null >"$2" 2>&1 & pid=$!
cat >/dev/null
kill -9 $pid; wait $pid`;

/** Starts one. */
export async function startBao(options: BaoOptions = {}): Promise<BaoServer> {
  const program = await findProgram();
  const dir = await Deno.makeTempDir({ prefix: "tokenize-bao-" });
  const port = freePort();
  const certificates = options.tls ? await makeTestCertificates(dir) : undefined;
  const address = `${options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  const listener = {
    address: `127.0.0.1:${port}`,
    ...(certificates === undefined
      ? { tls_disable: true }
      : { tls_cert_file: certificates.certFile, tls_key_file: certificates.keyFile }),
  };
  await Deno.mkdir(join(dir, "data"));
  const configuration = {
    storage: options.durable
      ? { raft: { path: join(dir, "data"), node_id: "one", performance_multiplier: "1" } }
      : { inmem: {} },
    listener: [{ tcp: listener }],
    api_addr: address,
    cluster_addr: `http://127.0.0.1:${freePort()}`,
    log_level: "debug",
  };
  const [config, logFile] = [join(dir, "config.json"), join(dir, "log")];
  await Deno.writeTextFile(config, JSON.stringify(configuration));
  const client = Deno.createHttpClient(
    certificates ? { caCerts: [await Deno.readTextFile(certificates.caFile)] } : {},
  );

  let child: Deno.ChildProcess | undefined;
  let secrets = { key: "", rootToken: "" };
  const send = async (method: string, path: string, body?: unknown, by: ApiOptions = {}) => {
    const headers = new Headers({ "x-vault-token": by.token ?? secrets.rootToken });
    if (by.namespace) headers.set("x-vault-namespace", by.namespace);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${address}/v1/${path}`, { method, headers, body: sent, client });
    const text = await response.text();
    const json = text === "" ? undefined : JSON.parse(text);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return json;
  };
  const start = async () => {
    child = new Deno.Command("sh", {
      args: ["-c", WATCHED, program, config, logFile],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(async () => await send("GET", "sys/seal-status").then(() => true, () => false));
  };
  const stop = async () => {
    await child?.stdin.close();
    await child?.status;
    child = undefined;
  };
  const unseal = async () => {
    await send("POST", "sys/unseal", { key: secrets.key });
    await until(async () => await send("GET", "sys/health").then(() => true, () => false));
  };
  await start();
  const made = await send("POST", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  secrets = { key: made.keys[0], rootToken: made.root_token };
  await unseal();
  return {
    address,
    port,
    rootToken: secrets.rootToken,
    caFile: certificates?.caFile,
    api: send,
    unseal,
    start,
    stop,
    seal: () => send("POST", "sys/seal"),
    async restart() {
      await stop();
      await start();
      await unseal();
    },
    log: () => Deno.readTextFile(logFile),
    async [Symbol.asyncDispose]() {
      await stop();
      client.close();
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function findProgram(): Promise<string> {
  const given = Deno.env.get("TEST_BAO");
  if (given) return given;
  const installation = await installOpenBao();
  if ("missing" in installation) throw new Error(`Cannot start OpenBao: ${installation.missing}`);
  return installation.program;
}
