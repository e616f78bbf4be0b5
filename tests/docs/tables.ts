/** Holds the tables of pages against what the code has. */
import assert from "node:assert/strict";
import { codeSpansOf, type Table, tablesOf } from "../../scripts/docs/markdown.ts";
import { page } from "./pages.ts";

/** The rows of a page's tables whose first column has this title. */
export function rowsOf(path: string, firstColumn: string): readonly (readonly string[])[] {
  const tables = tablesOf(page(path).text).filter(({ header }) => header[0] === firstColumn);
  assert.ok(tables.length > 0, `${path} has no table whose first column is "${firstColumn}"`);
  return tables.flatMap(({ rows }) => rows);
}

/** The names in the first cells of those rows. */
export function namesIn(path: string, firstColumn: string): string[] {
  return rowsOf(path, firstColumn).flatMap(([first]) => codeSpansOf(first!));
}

/** Fails with a line for each name that a page lacks, or has although there is no such thing. */
export function assertNamesAll(
  where: string,
  documented: readonly string[],
  real: readonly string[],
) {
  const faults = [
    ...real.filter((name) => !documented.includes(name))
      .map((name) => `${where}: add a row for \`${name}\``),
    ...documented.filter((name) => !real.includes(name))
      .map((name) => `${where}: there is no \`${name}\`, take its row out`),
    ...documented.filter((name, i) => documented.indexOf(name) !== i)
      .map((name) => `${where}: \`${name}\` has two rows`),
  ];
  assert.deepEqual(faults, []);
}

/** Fails with a line for each row that has an empty cell. */
export function assertNoEmptyCell(path: string, tables: readonly Table[]) {
  const empty = tables.flatMap(({ header, rows }) =>
    rows.flatMap((cells) =>
      header.flatMap((title, i) =>
        title !== "" && cells[i] === ""
          ? [`${path}: the row of ${rowName(cells)} has no "${title}"`]
          : []
      )
    )
  );
  assert.deepEqual(empty, []);
}

/** What a row is about: its first name in backticks, or else its first text. */
function rowName(cells: readonly string[]): string {
  return codeSpansOf(cells.join(" "))[0] ?? cells.find(Boolean) ?? "";
}
