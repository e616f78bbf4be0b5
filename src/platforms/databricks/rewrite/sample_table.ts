/** What a sample of the selected texts looks like. */
import { type FormCounts, formCounts, FORMS } from "../../forms.ts";
import { type Shape, shapesOf } from "../../masked_shapes.ts";
import {
  type SampleFormsRow,
  sampleFormsStatement,
  type SampleTextsRow,
  sampleTextsStatement,
} from "../sql/sample_values.ts";
import type { Work } from "./work.ts";

/** For each column. */
export async function sampleForms({ session, table, conversion }: Work): Promise<FormCounts[]> {
  const [row] = await session.query<SampleFormsRow>(
    `look at a sample of ${table.displayName}`,
    sampleFormsStatement(table, conversion.selects),
  );
  return table.columns.map((_, i) => formCounts(FORMS.map((_, j) => row![`form${i}_${j}`] ?? 0)));
}

/** The shapes of each column's texts. The texts go no further. */
export async function sampleShapes({ session, table, conversion }: Work): Promise<Shape[][]> {
  const shapes: Shape[][] = [];
  for (const i of table.columns.keys()) {
    const rows = await session.query<SampleTextsRow>(
      `look at a sample of ${table.displayName}`,
      sampleTextsStatement(table, conversion.selects, i),
    );
    shapes.push(shapesOf(rows.map(({ text }) => text)));
  }
  return shapes;
}
