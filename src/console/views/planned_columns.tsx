/** What is in the columns of a plan. */
import type { PlannedColumn } from "../api/documents.ts";
import { count } from "../format.ts";
import { looksInWords } from "../looks.ts";

/** A row for each column. */
export function PlannedColumns({ columns }: { columns: readonly PlannedColumn[] }) {
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label="The columns">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">To tokenize</th>
            <th scope="col">Tokens</th>
            <th scope="col">NULL</th>
            <th scope="col">Looks like</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.name}>
              <th scope="row">
                <code>{column.name}</code> <span class="fine">{column.type}</span>
              </th>
              <td>{count(column.would_change)}</td>
              <td>{count(column.tokens.own)}</td>
              <td>{count(column.nulls)}</td>
              <td class="words">
                {column.looks_like === null ? "–" : looksInWords(column.looks_like)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
