/**
 * From exec to the first answer of /healthz, resident memory then, and the size of the binary; beside them
 * what the runtime takes by itself.
 */
import { type BarePrograms, compileBarePrograms } from "./bare_runtime.ts";
import { PROGRAM } from "./bench_database.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";
import { cpuSecondsOf, cpuSecondsOfEnded } from "./process_watch.ts";
import { residentBytes, startBenchService } from "./service.ts";

const STARTS = 41;

/** What one start took. */
interface Start {
  readonly elapsedMs: number;
  readonly cpuSeconds: number;
  /** Undefined for a program that has ended. */
  readonly memoryBytes?: number;
}

/** Measures, and reports a table. */
export async function benchStart(report: Report): Promise<void> {
  await using bare = await compileBarePrograms();
  const contenders = contendersWith(bare);
  const starts = new Map<string, Start[]>(Object.keys(contenders).map((name) => [name, []]));
  for (let start = 1; start <= STARTS; start++) {
    progress(`start ${start} of ${STARTS}`);
    for (const [name, once] of Object.entries(contenders)) starts.get(name)!.push(await once());
  }
  progress("");
  const { size } = await Deno.stat(PROGRAM);
  report(markdownTable([`${STARTS} starts`, "ms", "CPU, ms", "RSS, MB"], [...starts].map(rowOf)));
  report(`The binary has ${(size / 1e6).toFixed(0)} MB.`);
}

function contendersWith({ nothing, listening }: BarePrograms) {
  return {
    "the runtime alone: exec to its end": () => runOnce(nothing),
    "exec to the end of tokenize --version": () => runOnce(PROGRAM, "--version"),
    "the runtime with a sandbox: exec to the first answer": () => serveOnce(listening),
    "exec to the first answer of /healthz": () => serveOnce(PROGRAM),
  };
}

/** Times as medians, processor time as the mean: Linux counts it in hundredths of a second. */
function rowOf([name, starts]: [string, Start[]]): string[] {
  const memory = starts.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const cpuSeconds = starts.reduce((sum, start) => sum + start.cpuSeconds, 0) / starts.length;
  return [
    name,
    median(starts.map(({ elapsedMs }) => elapsedMs)).toFixed(0),
    (cpuSeconds * 1000).toFixed(0),
    memory.length === 0 ? "" : (median(memory) / 1e6).toFixed(0),
  ];
}

async function runOnce(program: string, ...args: string[]): Promise<Start> {
  const [startMs, before] = [performance.now(), await cpuSecondsOfEnded()];
  await new Deno.Command(program, { args }).output();
  const elapsedMs = performance.now() - startMs;
  return { elapsedMs, cpuSeconds: await cpuSecondsOfEnded() - before };
}

async function serveOnce(program: string): Promise<Start> {
  await using service = await startBenchService({}, program);
  const { startMs: elapsedMs, pid } = service;
  const cpuSeconds = await cpuSecondsOf(pid);
  return { elapsedMs, cpuSeconds, memoryBytes: await residentBytes(pid) };
}
