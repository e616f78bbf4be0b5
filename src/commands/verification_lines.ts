/** A verification as a person reads it: the verdict first, then what it rests on. */
import { counted, duration } from "../counted.ts";
import type { Finding, FindingState } from "../platforms/inspection.ts";
import type { ColumnCounts, TokenCount, Verification } from "../verify/verification.ts";
import { MARKS } from "./marks.ts";
import { type Line, table, Whole } from "./text_lines.ts";

const VERDICTS: Readonly<Record<FindingState, string>> = {
  clean: `${MARKS.ok} clean`,
  not_clean: `${MARKS.failed} not clean`,
  could_not_tell: `${MARKS.failed} could not tell`,
};

/** The lines. `isTrying`: the tokens protect nothing. */
export function verificationLines(verification: Verification, isTrying: boolean): Line[] {
  const { rows, columns, checks, snapshot } = verification;
  const dummy = "anybody can read these tokens back: TOKEN_SDK_MODE is dummy";
  return [
    ...table([
      ["table", verification.table],
      ["verdict", VERDICTS[verification.verdict]],
      ["rows", rows === null ? "not read" : counted(rows, "row")],
      ...(snapshot === null ? [] : [["snapshot", snapshot] as const]),
      ...columns.map((column) => [column.name, countsLine(column)] as const),
      ...(isTrying ? [["warning", dummy] as const] : []),
      ["took", duration(verification.elapsed_ms)],
    ]),
    ...checks.flatMap(checkLines),
    `not covered: ${verification.not_covered.join("; ")}`,
  ];
}

function countsLine({ nulls, tokens, foreign, lookalikes, plain }: ColumnCounts): string {
  const parts = [
    ...tokens.map((each) => kindLine(each, "token")),
    ...foreign.map((each) => kindLine(each, "foreign token")),
    ...(lookalikes > 0 ? [counted(lookalikes, "lookalike")] : []),
    ...(plain > 0 ? [counted(plain, "plain value")] : []),
    ...(nulls > 0 ? [counted(nulls, "NULL")] : []),
  ];
  return parts.length === 0 ? "no rows" : parts.join(", ");
}

function kindLine({ sdk, key_id: keyId, checked, count }: TokenCount, noun: string): string {
  const key = keyId === null ? "" : ` with key ${keyId}`;
  const how = checked === "opened" ? "opened" : "by form alone";
  return `${counted(count, noun)} of ${sdk}${key} (${how})`;
}

function checkLines({ check, state, detail, command }: Finding): Line[] {
  const said = `${state === "clean" ? MARKS.ok : MARKS.failed} ${check}: ${
    state.replaceAll("_", " ")
  }`;
  const first = detail === undefined ? said : `${said} (${detail})`;
  return command === undefined ? [first] : [first, new Whole(`    ${command}`)];
}
