/** How much memory a program takes. */
import { type Ended, type Environment, type Program, spawnProgram } from "./program.ts";

/** Why that cannot be found out here; undefined if it can. */
export const noPeakMemory: string | undefined = Deno.build.os === "linux"
  ? undefined
  : "only Linux reports the peak memory of a process";

/** The system keeps the peak, so only what is used in the last moments of a process is missed. */
const LOOK_INTERVAL_MS = 20;

/** Watches a process. The function that it gives ends that, and gives its peak memory in megabytes. */
export function watchPeak(pid: number): () => number {
  let peakMb = 0;
  const look = () => peakMb = Math.max(peakMb, peakMbOf(pid));
  const looking = setInterval(look, LOOK_INTERVAL_MS);
  return () => {
    clearInterval(looking);
    return peakMb;
  };
}

/** Runs a program to its end. Gives how it ended, and its peak memory in megabytes. */
export async function runForPeak(
  program: Program,
  args: readonly string[],
  env: Environment,
): Promise<Ended & { readonly peakMb: number }> {
  await using running = spawnProgram(program, args, env);
  const peak = watchPeak(running.pid);
  try {
    const ended = await running.ended;
    return { ...ended, peakMb: peak() };
  } finally {
    peak();
  }
}

/** The most memory that the process has had so far; 0 once it has ended. */
function peakMbOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024 / 1e6);
  } catch {
    return 0;
  }
}
