/** Aborts on a signal to end this process, which then ends when it has cleaned up. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => controller.abort(new Error(`interrupted by ${name}`)));
  }
  return controller.signal;
}
