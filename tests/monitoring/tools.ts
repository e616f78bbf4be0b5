/** The judges: Prometheus' promtool, and a collector made of OpenTelemetry's own parts. */
import { fileURLToPath } from "node:url";
import { go, type Installation, installation, installGoTool } from "../support/go_tools.ts";

/** The version of the collector's parts, as in `collector/go.mod`. */
const COLLECTOR_VERSION = "0.165.0";

/** promtool, or what is missing for it. */
export function installPromtool(): Promise<Installation> {
  return installGoTool("promtool");
}

/** The collector, compiled into .tools, or what is missing for it. */
export function installCollector(): Promise<Installation> {
  return installation(compileCollector);
}

async function compileCollector(): Promise<string> {
  const program = fileURLToPath(
    new URL(`../../.tools/otel-collector-${COLLECTOR_VERSION}`, import.meta.url),
  );
  if (await Deno.stat(program).then(() => true, () => false)) return program;
  const unfinished = `${program}.${Deno.pid}`;
  console.error(`Compiling OpenTelemetry's collector ${COLLECTOR_VERSION} (once, into .tools/)`);
  const cwd = fileURLToPath(new URL("collector", import.meta.url));
  const env = { GOFLAGS: "-mod=readonly -buildvcs=false" };
  await go(["build", "-trimpath", "-ldflags=-s -w", "-o", unfinished, "."], { cwd, env });
  await Deno.rename(unfinished, program);
  return program;
}
