/** The lines of the table that `make test-faults` prints: tests write them, run.ts reads them. */
import { markdownTable } from "../../scripts/bench/figures.ts";

/** One line. */
export interface Result {
  readonly fault: string;
  /** On what, and in which way. */
  readonly run: string;
  readonly times: number;
  /** How often the run was in the middle of writing then. */
  readonly struck: number;
  readonly old: number;
  readonly partly: number;
  readonly tokenized: number;
  /** Rows that were checked. */
  readonly rows: number;
  readonly lost: number;
  readonly plaintext: number;
}

const file = Deno.env.get("FAULTS_RESULTS");

/** Adds a line. */
export async function report(line: Result): Promise<void> {
  if (file === undefined) return;
  await Deno.writeTextFile(file, JSON.stringify(line) + "\n", { append: true });
}

/** All lines of a file as the table. */
export async function resultsTable(path: string): Promise<string> {
  const lines = (await Deno.readTextFile(path)).trim().split("\n").filter(Boolean)
    .map((line): Result => JSON.parse(line));
  const head = ["fault", "run", "times", "struck while it wrote", "found old", "in between"];
  return markdownTable(
    [...head, "tokenized", "rows checked", "lost", "plaintext found"],
    lines.map(({ fault, run, times, struck, old, partly, tokenized, rows, lost, plaintext }) => {
      const numbers = [times, struck, old, partly, tokenized].map(String);
      return [fault, run, ...numbers, rows.toLocaleString("en-US"), `${lost}`, `${plaintext}`];
    }),
  );
}
