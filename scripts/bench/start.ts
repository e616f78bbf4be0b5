/** From exec to the first answer of /healthz, resident memory then, and the size of the binary. */
import { PROGRAM } from "./bench_database.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";
import { residentBytes, startBenchService } from "./service.ts";

const STARTS = 21;

/** Measures, and reports a table. */
export async function benchStart(report: Report): Promise<void> {
  const versionMs: number[] = [];
  const healthMs: number[] = [];
  const rssBytes: number[] = [];
  for (let start = 1; start <= STARTS; start++) {
    progress(`start ${start} of ${STARTS}`);
    versionMs.push(await timeVersionMs());
    const { elapsedMs, memoryBytes } = await startOnce();
    healthMs.push(elapsedMs);
    rssBytes.push(memoryBytes);
  }
  progress("");
  const { size } = await Deno.stat(PROGRAM);
  const table = markdownTable([`median of ${STARTS}`, "figure"], [
    ["exec to the end of tokenize --version", `${median(versionMs).toFixed(0)} ms`],
    ["exec to the first answer of /healthz", `${median(healthMs).toFixed(0)} ms`],
    ["RSS after it", `${(median(rssBytes) / 1e6).toFixed(0)} MB`],
    ["size of the binary", `${(size / 1e6).toFixed(0)} MB`],
  ]);
  report(table);
}

async function timeVersionMs(): Promise<number> {
  const startMs = performance.now();
  await new Deno.Command(PROGRAM, { args: ["--version"] }).output();
  return performance.now() - startMs;
}

async function startOnce(): Promise<{ elapsedMs: number; memoryBytes: number }> {
  await using service = await startBenchService();
  return { elapsedMs: service.startMs, memoryBytes: await residentBytes(service.pid) };
}
