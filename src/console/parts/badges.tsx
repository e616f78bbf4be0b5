/** What something is, in a word and a colour. The colour alone says nothing. */
import type { ComponentChildren } from "preact";
import type { ResiduePlace, Run } from "../api/documents.ts";
import { Icon, type IconName } from "./icons.tsx";

/** What a colour means. */
export type Tone = "good" | "bad" | "warn" | "busy" | "quiet";

/** A word with a colour. */
export function Badge(
  { tone, icon, children }: { tone: Tone; icon?: IconName; children: ComponentChildren },
) {
  return (
    <span class={`badge ${tone}`}>
      {icon ? <Icon name={icon} /> : <span class="dot" aria-hidden="true" />}
      {children}
    </span>
  );
}

const RUN_STATES: Readonly<Record<string, readonly [tone: Tone, icon?: IconName]>> = {
  queued: ["quiet", "clock"],
  running: ["busy"],
  paused: ["warn", "pause"],
  cancelling: ["warn"],
  succeeded: ["good", "check"],
  failed: ["bad", "cross"],
  cancelled: ["quiet", "stop"],
  interrupted: ["warn", "alert"],
};

/** The state of a run as people see it: also that it is paused, or about to end. */
export function stateOf({ state, throttle, cancel_requested }: Run): string {
  if (state !== "queued" && state !== "running") return state;
  if (cancel_requested) return "cancelling";
  return state === "running" && throttle?.paused ? "paused" : state;
}

/** The state of a run. */
export function RunStateBadge({ run }: { run: Run }) {
  const state = stateOf(run);
  const [tone, icon] = RUN_STATES[state] ?? ["quiet"];
  return <Badge tone={tone} {...(icon && { icon })}>{state}</Badge>;
}

/** What is left of old values at a place. */
export function ResidueBadge({ state }: { state: ResiduePlace["state"] }) {
  if (state === "none") return <Badge tone="good" icon="check">nothing left</Badge>;
  if (state === "cleared") return <Badge tone="good" icon="check">cleared</Badge>;
  if (state === "remains") return <Badge tone="bad" icon="alert">old values left</Badge>;
  return <Badge tone="warn" icon="info">not checked</Badge>;
}
