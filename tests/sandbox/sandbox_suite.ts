/**
 * The sandbox, tested from inside: a probe runs instead of the product's worker, under the
 * product's own supervisor, and tries to get out.
 */
import assert from "node:assert/strict";
import { type AlteredProject, alterProject } from "../support/altered_program.ts";
import { forceEnd, parseLog, type Program, runProgram, spawnProgram } from "../support/program.ts";
import type { ProbeOrder, ProbeReport } from "./probe_worker.ts";

/** What the supervisor prints of itself once its worker has ended. */
interface SupervisorReport {
  readonly states: Readonly<Record<string, string>>;
  readonly done: readonly string[];
}

const NO_MORE = () => ({});

const SUPERVISOR_PROBE = `
async function probeRights(code: number): Promise<number> {
  const names = ["net", "env", "read", "write", "run", "ffi", "sys", "import"] as const;
  const states = Object.fromEntries(
    names.map((name) => [name, Deno.permissions.querySync({ name }).state]),
  );
  const attempts: Record<string, () => unknown> = {
    connect: () => Deno.connect({ hostname: "127.0.0.1", port: 1 }).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }),
    listen: () => Deno.listen({ port: 0 }),
    read: () => Deno.readTextFileSync("/etc/passwd"),
    env: () => Deno.env.get("PG_CONN_STR"),
    command: () => new Deno.Command("/bin/true").outputSync(),
    worker: () => new Worker("data:text/javascript,", {
      type: "module",
      deno: { permissions: { net: true } },
    }),
  };
  const done: string[] = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt();
      done.push(name);
    } catch {
      // as it should be
    }
  }
  console.log(JSON.stringify({ states, done }));
  return code;
}
`;

/** The product with the probe in it. */
export async function probeProject(): Promise<AlteredProject> {
  const probe = await Deno.readTextFile(new URL("./probe_worker.ts", import.meta.url));
  return await alterProject({
    "src/worker.ts": () => probe.replaceAll("../../src/", "./"),
    "src/main.ts": (text) =>
      text.replace(
        /Deno\.exit\(await main\(\)(.*)\);/,
        "Deno.exit(await probeRights(await main()$1));",
      ) +
      SUPERVISOR_PROBE,
  });
}

/**
 * What must be true of any build of the program. `harmless` is what Deno itself lets pass whatever the
 * permissions say.
 */
export function sandboxSuite(program: Program, harmless: readonly string[]): void {
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);

  let probed: ReturnType<typeof probe> | undefined;

  test("the sandbox allows connections to the listed hosts, and nothing else", async () => {
    const { reports, connections, moved } = await (probed ??= probe(program, NO_MORE));
    const [inside] = reports as [ProbeReport, SupervisorReport];
    const done = Object.entries(inside).filter(([, outcome]) => outcome === "done");
    assert.deepEqual(
      done.map(([attempt]) => attempt).toSorted(),
      ["allowed: Deno.connect", "allowed: fetch", "allowed: node:net", ...harmless].toSorted(),
    );
    assert.ok(Object.keys(inside).length > 90);
    assert.equal(connections, 0, "the listener on the forbidden port saw somebody");
    assert.equal(moved, false, "the file is as it was");
  });

  test("a file that a token SDK reads again can be read, and not written or removed", async () => {
    const { reports: [inside], moved } = await probe(program, (file) => ({
      TOKEN_SDK_MODE: "vault-transit",
      VAULT_ADDR: "https://v",
      VAULT_TRANSIT_KEY: "k",
      VAULT_KUBERNETES_ROLE: "r",
      VAULT_KUBERNETES_TOKEN_FILE: file,
    }));
    const without = (await (probed ??= probe(program, NO_MORE))).reports[0] as ProbeReport;
    const more = Object.keys(inside).filter((attempt) =>
      inside[attempt] === "done" && without[attempt] !== "done"
    );
    assert.deepEqual(more.toSorted(), [
      "fetch: a file",
      "node:fs: read",
      "node:fs: stat",
      "open",
      "readTextFile",
      "readTextFileSync",
      "stat",
    ]);
    assert.equal(moved, false, "the file is as it was");
  });

  test("the supervisor keeps no permission for itself", async () => {
    const [, supervisor] = (await (probed ??= probe(program, NO_MORE))).reports as [
      ProbeReport,
      SupervisorReport,
    ];
    assert.deepEqual(supervisor.done, []);
    const kept = Object.entries(supervisor.states).filter(([, state]) => state === "granted");
    assert.deepEqual(kept, []);
    assert.equal(Object.keys(supervisor.states).length, 8);
  });

  for (const then of ["throw", "reject", "close", "exit"] as const) {
    test(`a sandbox that ends on its own (${then}) ends the program with exit code 1`, async () => {
      const { code, stderr } = await order(program, { then });
      assert.equal(code, 1);
      const errors = parseLog(stderr).filter(({ level }) => level === "ERROR");
      assert.deepEqual(errors.map(({ event }) => event), ["worker_died"]);
    });
  }

  test("only a well-formed message from the sandbox ends the program", async () => {
    const { code, stderr } = await order(program, { then: "babble" });
    assert.deepEqual([code, parseLog(stderr)], [7, []]);
  });

  test("a second signal ends a sandbox that no longer responds", async () => {
    await using spinning = spawnProgram(program, argsOf({ then: "spin" }), {});
    await spinning.logged("spinning");
    const { code } = await forceEnd(spinning, "SIGTERM", "SIGINT");
    assert.equal(code, 130);
  });
}

/** The arguments that bring an order to the probe: as the name of a dataset. */
export function argsOf(order: ProbeOrder): string[] {
  const urn = `urn:li:dataset:(urn:li:dataPlatform:postgres,${btoa(JSON.stringify(order))},PROD)`;
  return ["run", "--urn", urn, "--columns", "x"];
}

async function order(program: Program, order: ProbeOrder, env: Record<string, string> = {}) {
  return await runProgram(program, argsOf(order), { LOG_FORMAT: "json", ...env });
}

/** Sends the probe in, with a server it may reach and one it may not, and a file. */
async function probe(program: Program, settings: (file: string) => Record<string, string>) {
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using allowed = Deno.serve(options, (request) => {
    const to = new URL(request.url).searchParams.get("to");
    const location = `http://127.0.0.1:${to}/`;
    return to === null
      ? new Response("here")
      : new Response("", { status: 302, headers: { location } });
  });
  using forbidden = await listenTwice();
  const dir = await Deno.makeTempDir();
  const file = `${dir}/file`;
  await Deno.writeTextFile(file, "as.it.was");
  const canaries = { json: `${dir}/a.json`, javaScript: `${dir}/a.js`, text: `${dir}/a.txt` };
  await Deno.writeTextFile(canaries.json, `{"word": "canary"}`);
  await Deno.writeTextFile(
    canaries.javaScript,
    `export default "canary"; globalThis.postMessage?.("canary");`,
  );
  await Deno.writeTextFile(canaries.text, "canary\ncanary\n");
  try {
    const { port } = allowed.addr;
    const { code, stdout, stderr } = await order(program, {
      then: "report",
      allowed: { hostname: "127.0.0.1", port },
      forbiddenPort: forbidden.port,
      file,
      canaries,
    }, { PG_CONN_STR: `postgres://u@127.0.0.1:${port}/d`, ...settings(file) });
    assert.equal(code, 0, stderr);
    const reports = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const moved = await Deno.readTextFile(file).catch(() => "") !== "as.it.was";
    return { reports, connections: forbidden.connections(), moved };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A listener for TCP and one for UDP on the same port, which count who comes. */
async function listenTwice() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { createSocket } = await import("node:dgram");
  const socket = createSocket("udp4");
  let count = 0;
  socket.on("message", () => void count++);
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  (async () => {
    for await (const connection of listener) {
      count++;
      connection.close();
    }
  })().catch(() => {});
  return {
    port,
    connections: () => count,
    [Symbol.dispose]() {
      listener.close();
      socket.close();
    },
  };
}
