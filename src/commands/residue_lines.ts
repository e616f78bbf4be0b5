/** Where old values are, or will be, left, for a person. */
import type { ResiduePlace } from "../platforms/residue.ts";
import { MARKS } from "./marks.ts";
import { type Line, Whole } from "./text_lines.ts";

/** What a run left: first what remains to be done, then, in one line, what is clean. */
export function residueLines(residue: readonly ResiduePlace[]): Line[] {
  if (residue.length === 0) return [];
  const left = residue.filter((each) => !isClean(each)).flatMap((each) => {
    const said = `  ${leftLine(each)}`;
    return each.command === undefined ? [said] : [said, new Whole(`    ${each.command}`)];
  });
  const clean = residue.filter(isClean).map(({ place, state }) => `${place} (${state})`);
  const last = clean.length === 0 ? [] : [`  ${MARKS.ok} clean: ${clean.join(", ")}`];
  return ["old values elsewhere", ...left, ...last];
}

/** Whether nothing is to be done there. */
export function isClean({ state }: ResiduePlace): boolean {
  return state === "none" || state === "cleared";
}

/** A place where something is left, or may be. */
export function leftLine({ place, state, detail }: ResiduePlace): string {
  const mark = state === "not_checked" ? MARKS.not_checked : MARKS.advice;
  return `${mark} ${place}: ${state.replace("_", " ")}${
    detail === undefined ? "" : ` (${detail})`
  }`;
}
