/** What goes wrong, once each, at a moment of a run. */
import type { Arena, Mode, Run } from "./arena.ts";
import { startFlakyRelay } from "./flaky_relay.ts";

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  /** How often in the short form, and in the long one. */
  readonly times: readonly [short: number, long: number];
  /** Starts a run, and strikes after `delayMs` milliseconds. Gives the run, and tidies up. */
  strike(arena: Arena, mode: Mode, delayMs: number): Promise<Run>;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function toProcess(name: string, signal: Deno.Signal, times: Fault["times"]): Fault {
  return {
    name,
    times,
    async strike(arena, mode, delayMs) {
      const run = arena.run(mode);
      await wait(delayMs);
      run.signal(signal);
      await run.ended;
      return run;
    },
  };
}

function onTheWay(
  name: string,
  what: "cut" | "half-close" | "delay",
  times: Fault["times"],
): Fault {
  return {
    name,
    times,
    async strike(arena, mode, delayMs) {
      await using relay = startFlakyRelay(arena.server.port);
      const run = arena.run(mode, relay.port);
      await wait(delayMs);
      relay.misbehave(what);
      await run.ended;
      return run;
    },
  };
}

/** All of them. */
export const FAULTS: readonly Fault[] = [
  toProcess("kill -9 of the action", "SIGKILL", [10, 50]),
  toProcess("SIGTERM to the action", "SIGTERM", [4, 20]),
  {
    name: "backends terminated",
    times: [4, 20],
    async strike(arena, mode, delayMs) {
      const run = arena.run(mode);
      await wait(delayMs);
      await arena.sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tokenize-action'`;
      await run.ended;
      return run;
    },
  },
  {
    name: "server stopped (immediate)",
    times: [3, 20],
    async strike(arena, mode, delayMs) {
      const run = arena.run(mode);
      await wait(delayMs);
      await arena.server.stop("immediate");
      await run.ended;
      await arena.restart();
      return run;
    },
  },
  onTheWay("connections cut", "cut", [4, 20]),
  onTheWay("connections half-closed", "half-close", [4, 20]),
  onTheWay("connections delayed", "delay", [2, 10]),
  {
    name: "statement_timeout of the server",
    times: [3, 20],
    async strike(arena, mode, delayMs) {
      const timeoutMs = Math.max(1, Math.round(delayMs / 20));
      await arena.sql.unsafe(`ALTER ROLE postgres SET statement_timeout = ${timeoutMs}`);
      try {
        const run = arena.run(mode);
        await run.ended;
        return run;
      } finally {
        await arena.sql`ALTER ROLE postgres RESET statement_timeout`;
      }
    },
  },
];
