/** Aborts when somebody asks this process to end; the process then ends in its own time. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => controller.abort(new Error(`interrupted by ${name}`)));
  }
  return controller.signal;
}
