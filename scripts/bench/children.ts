/** Programs that the bench started end with it, also where somebody stops it. */

const running = new Set<Deno.ChildProcess>();

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.addSignalListener(name, () => {
    for (const child of running) child.kill("SIGKILL");
    Deno.exit(130);
  });
}

/** Has the program end with the bench. Gives it back. */
export function endsWithBench(child: Deno.ChildProcess): Deno.ChildProcess {
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}
