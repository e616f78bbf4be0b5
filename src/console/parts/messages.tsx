/** What went wrong, what to know, and what to do where there is nothing yet. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/documents.ts";
import { adviceFor } from "../advice.ts";
import { Icon, type IconName } from "./icons.tsx";

/** Something to know. */
export function Note(
  { tone, title, children }: {
    tone: "bad" | "warn" | "quiet" | "good";
    title: string;
    children?: ComponentChildren;
  },
) {
  const icon: IconName = tone === "good" ? "check" : tone === "quiet" ? "info" : "alert";
  return (
    <div class={`note ${tone}`}>
      <Icon name={icon} />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}

/** A problem document, with what can be done about it. */
export function ProblemNote({ problem, tone = "bad" }: {
  problem: Problem;
  tone?: "bad" | "warn" | "quiet";
}) {
  const advice = adviceFor(problem.code);
  return (
    <Note tone={tone} title={problem.title}>
      <p class="detail">{problem.detail}</p>
      {advice && <p>{advice}</p>}
      <p class="fine">
        Code <code>{problem.code}</code>
      </p>
    </Note>
  );
}

/** Where there is nothing: why, and what comes next. */
export function Empty(
  { icon, title, children }: { icon: IconName; title: string; children: ComponentChildren },
) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Takes the place of what is not there yet, so that nothing moves when it comes. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => <div key={i} />)}
    </div>
  );
}
