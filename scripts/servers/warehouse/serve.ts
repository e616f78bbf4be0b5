/**
 * Runs a stand-in warehouse in the foreground until it is interrupted, to try things by hand:
 * `deno run -A scripts/servers/warehouse/serve.ts`. Prints how to reach it, as lines for a shell.
 */
import { warehouseEnvironment } from "./environment.ts";
import { interruption } from "./interruption.ts";
import { startWarehouse } from "./mod.ts";

const signal = interruption();
try {
  await using warehouse = await startWarehouse({ tell: console.error, signal });
  for (const [name, value] of Object.entries(warehouseEnvironment(warehouse))) {
    console.log(`export ${name}='${value}'`);
  }
  console.error(`ready; its files are in ${warehouse.directory}; interrupt to stop`);
  const interrupted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => interrupted.resolve());
  if (!signal.aborted) await interrupted.promise;
  console.error("stopping");
} catch (error) {
  if (!signal.aborted) throw error;
}
// signal listeners keep the process
Deno.exit(0);
