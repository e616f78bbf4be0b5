/** What a check found, in a line: that all is well, what should be otherwise, what does not work. */

import type { MARKS } from "./marks.ts";

/** The name of the check of the settings themselves. */
export const SETTINGS_CHECK = "settings";

/** A line. This is the published document. */
export interface Finding {
  /** What was checked. */
  readonly check: string;
  readonly state: keyof typeof MARKS;
  readonly detail: string;
  /** What to do about it; null if there is nothing, or `detail` says it. */
  readonly todo: string | null;
}

/** All is well. */
export function ok(check: string, detail: string): Finding {
  return { check, state: "ok", detail, todo: null };
}

/** It works, but should be otherwise. */
export function advice(check: string, detail: string, todo: string | null = null): Finding {
  return { check, state: "advice", detail, todo };
}

/** The program cannot tell. */
export function notChecked(check: string, detail: string, todo: string | null = null): Finding {
  return { check, state: "not_checked", detail, todo };
}

/** It does not work. */
export function failed(check: string, detail: string, todo: string | null = null): Finding {
  return { check, state: "failed", detail, todo };
}
