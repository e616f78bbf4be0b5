/** The faults, each of which strikes once during a run. */
import type { ErrorCode } from "../../src/errors.ts";
import type { Running } from "../support/program.ts";
import type { Arena } from "./arena.ts";
import type { FlakyRelay } from "./flaky_relay.ts";

/** What is there to be struck. */
export interface Target {
  readonly arena: Arena;
  readonly run: Running;
  /** Stands between the two, where the fault asks for it. */
  readonly relay: FlakyRelay | undefined;
}

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  /** How often in the short form, and in the long one. */
  readonly times: readonly [short: number, long: number];
  /** What a run that fails of it may say; nothing where it is killed, or must not fail. */
  readonly code?: ErrorCode;
  readonly isRelayed?: boolean;
  strike(target: Target): Promise<unknown>;
  /** Takes it back, once the run has ended. */
  mend?(arena: Arena): Promise<unknown>;
}

function onTheWay(
  name: string,
  how: "cut" | "half-close" | "delay",
  fault: Pick<Fault, "times" | "code">,
): Fault {
  return {
    ...fault,
    name,
    isRelayed: true,
    strike: ({ relay }) => Promise.resolve(relay?.misbehave(how)),
  };
}

/** All of them. */
export const FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of the action",
    times: [3, 50],
    strike: ({ run }) => run.stop("SIGKILL"),
  },
  {
    name: "SIGTERM to the action",
    times: [2, 15],
    code: "shutting_down",
    strike: ({ run }) => run.stop("SIGTERM"),
  },
  {
    name: "backends terminated",
    times: [2, 15],
    code: "database_unreachable",
    strike: ({ arena: { sql } }) =>
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'tokenize-action'`,
  },
  {
    name: "server stopped (immediate)",
    times: [2, 15],
    code: "database_unreachable",
    strike: ({ arena }) => arena.server.stop("immediate"),
    mend: (arena) => arena.recover(),
  },
  {
    name: "server killed (kill -9)",
    times: [1, 15],
    code: "database_unreachable",
    strike: ({ arena }) => arena.server.kill(),
    mend: (arena) => arena.recover(),
  },
  onTheWay("connections cut", "cut", { times: [2, 15], code: "database_unreachable" }),
  onTheWay("connections half-closed", "half-close", {
    times: [2, 15],
    code: "database_unreachable",
  }),
  onTheWay("connections delayed", "delay", { times: [1, 10] }),
  {
    name: "statement_timeout of the server",
    times: [2, 15],
    code: "timeout",
    // from now on, also for sessions that are open
    strike: ({ arena }) => arena.server.configure({ statement_timeout: 1 }),
    mend: (arena) => arena.server.configure({ statement_timeout: 0 }),
  },
];
