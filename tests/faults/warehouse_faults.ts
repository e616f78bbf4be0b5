/** What goes wrong between the action and a warehouse, or with the action itself. */
import type { ErrorCode } from "../../src/errors.ts";
import type { FaultAction } from "../../scripts/servers/warehouse/control.ts";

/** One kind of fault. It happens at one request of the driver, or from there on. */
export interface WarehouseFault {
  readonly name: string;
  /** What the gateway does; undefined where the action is killed at that moment. */
  readonly action: FaultAction | undefined;
  /** How many requests meet it. */
  readonly requests: number | "always";
  /** What a run that fails of it may say. */
  readonly code?: ErrorCode;
}

/** All of them. */
export const WAREHOUSE_FAULTS: readonly WarehouseFault[] = [
  {
    name: "kill -9 of the action",
    action: undefined,
    requests: 1,
  },
  {
    name: "connection cut before the effect",
    action: { kind: "cut", moment: "before", manner: "abrupt" },
    requests: 1,
    code: "database_unreachable",
  },
  {
    name: "connection cut after the effect",
    action: { kind: "cut", moment: "after", manner: "abrupt" },
    requests: 1,
    code: "database_unreachable",
  },
  {
    name: "network down from then on",
    action: { kind: "cut", moment: "after", manner: "abrupt" },
    requests: "always",
    code: "database_unreachable",
  },
  {
    name: "session lost",
    action: { kind: "lose_session", wording: "databricks" },
    requests: 1,
    code: "database_unreachable",
  },
  {
    name: "warehouse away for a while (503)",
    action: { kind: "respond", status: 503, retryAfterSeconds: 1 },
    requests: 2,
    code: "database_unreachable",
  },
];
