/** `tokenize serve`, as a process of its own. */
import { freePort } from "../servers/free_port.ts";
import { PROGRAM } from "./bench_database.ts";
import { endsWithBench } from "./children.ts";

const REQUEST = new TextEncoder().encode("GET /healthz HTTP/1.0\r\n\r\n");

/** A service that answers; disposing of it ends it. */
export interface BenchService extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** From its exec to the first answer of /healthz, in milliseconds. */
  readonly startMs: number;
}

/** Starts the service, or a program in its place, and waits for its first answer. */
export async function startBenchService(
  environment: Readonly<Record<string, string>> = {},
  program: string = PROGRAM,
): Promise<BenchService> {
  const port = freePort();
  const beganMs = performance.now();
  const child = endsWithBench(
    new Deno.Command(program, {
      args: ["serve"],
      env: { PORT: String(port), HOST: "127.0.0.1", LOG_LEVEL: "error", ...environment },
    }).spawn(),
  );
  while (!await answers(port)) await new Promise((resolve) => setTimeout(resolve, 1));
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    startMs: performance.now() - beganMs,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
    },
  };
}

/** The resident memory of a process, in bytes (Linux). */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(REQUEST);
    return await connection.read(new Uint8Array(1024)) !== null;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
