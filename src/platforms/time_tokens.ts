/** How long the token SDK takes for values, and how long its tokens are: measured on texts made for that. */
import type { Conversion } from "../tokens/conversion.ts";
import { packTexts, startOf } from "../tokens/packed_texts.ts";
import { convertColumn, type TextTable } from "./convert_batch.ts";

/** What was measured. */
export interface TokenCost {
  readonly msPerValue: number;
  readonly meanBytes: number;
}

const TEXTS = 500;
/** The first calls are slower than those of a run; a server is not to be called often. */
const MAX_CALLS = 10;
const MAX_MS = 200;

/** Has tokens made of random letters, `meanBytes` long. Throws what `convertColumn` throws. */
export async function timeTokens(
  table: TextTable,
  conversion: Conversion,
  meanBytes: number,
): Promise<TokenCost> {
  const length = Math.max(1, Math.min(1000, Math.round(meanBytes)));
  const texts = Array.from({ length: TEXTS }, () => randomLetters(length));
  const column = { ...table.columns[0]!, maxLength: null };
  const packed = packTexts(texts);
  const beganMs = performance.now();
  let [bestMs, bytes] = [Infinity, 0];
  for (let call = 0; call < MAX_CALLS && performance.now() - beganMs < MAX_MS; call++) {
    const startedMs = performance.now();
    const made = await convertColumn(table, conversion, column, packed);
    bestMs = Math.min(bestMs, performance.now() - startedMs);
    bytes = made.ends.reduce((sum, end, i) => sum + end - startOf(made.ends, i), 0);
  }
  return { msPerValue: bestMs / TEXTS, meanBytes: bytes / TEXTS };
}

function randomLetters(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => String.fromCharCode(97 + byte % 26)).join("");
}
