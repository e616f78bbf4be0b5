/** Reads the parts of a Markdown page that the documentation's generator and tests work with. */

/** A fenced code block. */
export interface CodeBlock {
  /** What stands behind the fence, such as `bash`; empty if nothing does. */
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** A table: the cells as written, without the blanks around them. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The line of the header, from 1. */
  readonly line: number;
}

/** A link or an image, inline: `[text](target)`. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The fenced code blocks of a page, without the indentation that a list gives them. */
export function codeBlocksOf(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const pattern = /^([ \t]*)(```+)([^\n`]*)\n([\s\S]*?)^\1\2[ \t]*$/gm;
  for (const { 0: _, 1: indent, 3: info, 4: body, index } of page.matchAll(pattern)) {
    const lines = body!.split("\n").map((line) =>
      line.startsWith(indent!) ? line.slice(indent!.length) : line
    );
    blocks.push({ language: info!.trim(), text: lines.join("\n"), line: lineAt(page, index) });
  }
  return blocks;
}

/** The page with every line of its code blocks empty, so that line numbers stay. */
export function withoutCodeBlocks(page: string): string {
  let fence = "";
  return page.split("\n").map((line) => {
    const mark = /^\s*(```+)/.exec(line)?.[1];
    if (fence === "" && mark === undefined) return line;
    if (fence === "") fence = mark!;
    else if (mark === fence) fence = "";
    return "";
  }).join("\n");
}

/** The tables of a page, in order. */
export function tablesOf(page: string): Table[] {
  const lines = withoutCodeBlocks(page).split("\n");
  const isRow = (line: string | undefined) => line?.startsWith("|") ?? false;
  const tables: Table[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (!isRow(lines[i])) continue;
    const start = i;
    while (isRow(lines[i])) i++;
    const [header, , ...rows] = lines.slice(start, i).map(cellsOf);
    tables.push({ header: header!, rows, line: start + 1 });
  }
  return tables;
}

/** The cells of a table's row; `\|` is no border. */
export function cellsOf(row: string): string[] {
  return row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The names in backticks in a cell or a line. */
export function codeSpansOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** The links and images outside of code. */
export function linksOf(page: string): Link[] {
  const text = withoutCodeBlocks(page).replace(/`[^`\n]*`/g, (code) => "x".repeat(code.length));
  return [...text.matchAll(/\]\(\s*<?([^()\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
    .map(({ 1: target, index }) => ({ target: target!, line: lineAt(text, index) }));
}

/**
 * The anchors of a page's headings as GitHub makes them: lower case, without punctuation, blanks as
 * hyphens, and a number behind one that is there already.
 */
export function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const { 1: heading } of withoutCodeBlocks(page).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const anchor = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
