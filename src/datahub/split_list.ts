/** Splits a comma-separated list on the commas between its entries, not on those within a URN. */
export function splitList(text: string): string[] {
  const entries: string[] = [];
  let depth = 0;
  let current = "";
  for (const char of text) {
    if (char === "(") depth++;
    if (char === ")") depth = Math.max(0, depth - 1);
    if (char === "," && depth === 0) {
      entries.push(current);
      current = "";
    } else current += char;
  }
  return [...entries, current].map((entry) => entry.trim()).filter((entry) => entry !== "");
}
