/** What processes took: memory and processor time, as Linux tells. */
import { join } from "node:path";
import type { PostgresServer } from "../servers/postgres/postgres_server.ts";

/** How often a process is looked at, and the unit of its times. */
const INTERVAL_MS = 20;
const TICKS_PER_SECOND = 100;

/** What one process took until its end. */
export interface ProcessUsage {
  /** The highest resident memory, in bytes. */
  readonly peakRssBytes: number;
  readonly cpuSeconds: number;
}

/** Watches a process until `end` is called. */
export function watchProcess(pid: number): { end: () => Promise<ProcessUsage> } {
  let [peakRssBytes, cpuSeconds, watching] = [0, 0, true];
  const watch = async () => {
    while (watching) {
      const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
      peakRssBytes = Math.max(peakRssBytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
      const { own = 0 } = await readTimes(pid) ?? {};
      cpuSeconds = Math.max(cpuSeconds, own);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  };
  const watched = watch();
  return {
    async end() {
      watching = false;
      await watched;
      return { peakRssBytes, cpuSeconds };
    },
  };
}

/** The processor time that a process has taken so far, in seconds. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  return (await readTimes(pid))?.own ?? 0;
}

/** The processor time that all children of this process took that have ended, in seconds. */
export async function cpuSecondsOfEnded(): Promise<number> {
  return (await readTimes(Deno.pid))?.ofEnded ?? 0;
}

/** The processor time that all processes of a server have taken so far, in seconds. */
export async function serverCpuSeconds({ dir }: PostgresServer): Promise<number> {
  const first = Number.parseInt(await Deno.readTextFile(join(dir, "data", "postmaster.pid")));
  const sum = await sumOfFamily(first);
  // one that ended between two looks was in neither
  await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS));
  return Math.max(sum, await sumOfFamily(first));
}

async function sumOfFamily(first: number): Promise<number> {
  const { own = 0, ofEnded = 0 } = await readTimes(first) ?? {};
  let sum = own + ofEnded;
  for await (const { name } of Deno.readDir("/proc")) {
    const times = /^\d+$/.test(name) ? await readTimes(Number(name)) : undefined;
    if (times?.parentPid === first) sum += times.own;
  }
  return sum;
}

/** Source: proc_pid_stat(5). The times are those of the process, and of its children that have ended. */
async function readTimes(
  pid: number,
): Promise<{ parentPid: number; own: number; ofEnded: number } | undefined> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
  return {
    parentPid: fields[1]!,
    own: (user + system) / TICKS_PER_SECOND,
    ofEnded: (endedUser + endedSystem) / TICKS_PER_SECOND,
  };
}
