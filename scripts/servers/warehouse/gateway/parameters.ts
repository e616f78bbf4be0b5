/**
 * Statements with parameters. Spark's Thrift server does not know parameters, but Spark's SQL does:
 * EXECUTE IMMEDIATE runs a statement with parameters as one statement.
 */
import type { SparkParameter } from "../thrift/types.ts";

/**
 * The text as a string literal of Spark's SQL. It holds no "--": for each, Iceberg's parser searches the
 * rest of the statement for the end of a comment, which takes minutes if that is a batch of tokens.
 */
export function stringLiteral(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
  return `'${escaped.replaceAll("--", "-\\u002d")}'`;
}

/** An identifier of Spark's SQL. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** `statement` with `parameters`, as one statement that Spark can run. */
export function executeImmediate(statement: string, parameters: readonly SparkParameter[]): string {
  const bound = parameters.map((parameter) =>
    parameter.name ? `${literal(parameter)} AS ${identifier(parameter.name)}` : literal(parameter)
  );
  return `EXECUTE IMMEDIATE ${stringLiteral(statement)} USING ${bound.join(", ")}`;
}

/** EXECUTE IMMEDIATE accepts only literals, so each type has its own form. */
function literal(parameter: SparkParameter): string {
  const text = parameter.value?.stringValue;
  if (text === undefined || text === null) return "NULL";
  switch (parameter.type) {
    case "STRING":
      return stringLiteral(text);
    case "BOOLEAN":
      return number(text, /^(true|false)$/i, "");
    case "TINYINT":
      return number(text, /^-?\d+$/, "Y");
    case "SMALLINT":
      return number(text, /^-?\d+$/, "S");
    case "INTEGER":
      return number(text, /^-?\d+$/, "");
    case "BIGINT":
      return number(text, /^-?\d+$/, "L");
    case "FLOAT":
      return number(text, /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i, "F");
    case "DOUBLE":
      return number(text, /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i, "D");
    case "DECIMAL":
      return number(text, /^-?\d+(\.\d+)?$/, "BD");
    case "DATE":
    case "TIMESTAMP":
    case "TIMESTAMP_NTZ":
      return `${parameter.type} ${stringLiteral(text)}`;
    default:
      throw new Error(`Cannot bind a parameter: type "${parameter.type}" is not imitated`);
  }
}

function number(text: string, shape: RegExp, suffix: string): string {
  if (!shape.test(text)) throw new Error("Cannot bind a parameter: not a value of its type");
  return `${text}${suffix}`;
}
