/** Databricks' limits for a statement; Spark has none. */
import type { SparkParameter } from "../thrift/types.ts";

const PARAMETERS = 256;
const BYTES = 16 * 1024 * 1024;

/** The limit that the statement exceeds; undefined if it exceeds none. */
export function exceededLimit(
  statement: string,
  parameters: readonly SparkParameter[],
): string | undefined {
  if (parameters.length > PARAMETERS) return `more than ${PARAMETERS} parameters`;
  const values = parameters.map(({ value }) => value?.stringValue ?? "");
  const bytes = [statement, ...values].reduce((sum, text) => sum + utf8Length(text), 0);
  return bytes > BYTES ? `more than ${BYTES} bytes of statement and parameters` : undefined;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
