/** Log lines as texts for people, by LogTape. */
import { getAnsiColorFormatter, getTextFormatter, type TextFormatter } from "@logtape/logtape";
import { oneLine } from "./one_line.ts";

/** A sentence a line, with a time. Its values may contain anything, line breaks and terminal codes included. */
export function textFormatter(isColored: boolean): TextFormatter {
  const options = { timestamp: "time", value: (value: unknown) => oneLine(shown(value)) } as const;
  return isColored ? getAnsiColorFormatter(options) : getTextFormatter(options);
}

/** A value as a sentence shows it: texts in quotes, lists in brackets, fields by their names. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, field]) => `${name} ${shown(field)}`).join(" ");
  }
  return typeof value === "string" ? quoted(value) : String(value);
}

/** In those quotes that the text itself does not contain. */
function quoted(text: string): string {
  const quote = text.includes('"') && !text.includes("'") ? "'" : '"';
  return `${quote}${text}${quote}`;
}
