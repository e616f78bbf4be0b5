/** What a sample of the selected texts looks like. */
import type { Conversion } from "../../../tokens/conversion.ts";
import { type FormCounts, formCounts, FORMS } from "../../forms.ts";
import { type Shape, shapesOf } from "../../masked_shapes.ts";
import type { Session } from "../connection/session.ts";
import {
  NUMBERS_A_COLUMN,
  type SampleFormsRow,
  sampleFormsStatement,
  sampleTextsStatement,
} from "../sql/sample_values.ts";
import type { TargetTable } from "../table.ts";

/** What is known of a column's texts. */
export interface SampledColumn extends FormCounts {
  /** The mean length in the sample; 0 if it has none. */
  readonly meanBytes: number;
}

type Selects = Pick<Conversion, "selects">;

/** For each column. If none of the sampled blocks has a selected text, the whole table is searched. */
export async function sampleForms(
  session: Session,
  table: TargetTable,
  { selects }: Selects,
): Promise<SampledColumn[]> {
  const read = async (isWhole: boolean) => {
    const { rows: [row] } = await session.query<SampleFormsRow>(
      `look at a sample of ${table.displayName}`,
      sampleFormsStatement(table, selects, isWhole),
    );
    return table.columns.map((_, i) => {
      const numbers = row!.slice(i * NUMBERS_A_COLUMN, (i + 1) * NUMBERS_A_COLUMN);
      const counts = formCounts(numbers.slice(0, FORMS.length).map(Number));
      return { ...counts, meanBytes: Number(numbers[FORMS.length] ?? 0) };
    });
  };
  const sampled = await read(false);
  return sampled.some((each) => each.sampled > 0) ? sampled : await read(true);
}

/** The shapes of each column's texts. The texts go no further. */
export async function sampleShapes(
  session: Session,
  table: TargetTable,
  { selects }: Selects,
): Promise<Shape[][]> {
  const shapes: Shape[][] = [];
  for (const column of table.columns.keys()) {
    const read = async (isWhole: boolean) => {
      const { rows } = await session.query<[string]>(
        `look at a sample of ${table.displayName}`,
        sampleTextsStatement(table, selects, column, isWhole),
      );
      return rows.map(([text]) => text);
    };
    const texts = await read(false);
    shapes.push(shapesOf(texts.length > 0 ? texts : await read(true)));
  }
  return shapes;
}
