/**
 * YAML as a tree of maps, lists and texts, each with its line and column. Types are left to who reads
 * the tree: `8080`, `"8080"` and `true` are the texts that stand there.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** A place in the text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A part of the document. */
export type YamlNode =
  | { readonly kind: "map"; readonly entries: readonly YamlEntry[]; readonly place: Place }
  | { readonly kind: "list"; readonly items: readonly YamlNode[]; readonly place: Place }
  /** `text` is undefined for null and for what is missing. */
  | { readonly kind: "text"; readonly text: string | undefined; readonly place: Place };

/** A key of a map, with its value. */
export interface YamlEntry {
  readonly key: string;
  readonly place: Place;
  readonly value: YamlNode;
}

/** Something in the text that is not YAML, or is of no use here. `reason` quotes nothing of the text. */
export interface YamlFault {
  readonly reason: string;
  readonly place: Place;
}

/** The document, as far as it could be read. */
export interface YamlDocument {
  readonly root: YamlNode;
  readonly faults: readonly YamlFault[];
}

/** The parser's errors in our words: its own messages quote the text, which may be a secret. */
const REASONS: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: "a text in double quotes has an escape (\\) that YAML does not know",
  BAD_INDENT: "the indentation is wrong",
  BAD_SCALAR_START: "a text must be in quotes if it begins with this character",
  BLOCK_AS_IMPLICIT_KEY: 'a text that contains ": " must be in quotes',
  DUPLICATE_KEY: "this key is here twice",
  MISSING_CHAR: "a closing quote or bracket, a comma or a blank is missing",
  MULTILINE_IMPLICIT_KEY: "a colon is missing after the key",
  MULTIPLE_DOCS: "there is more than one document",
  TAB_AS_INDENT: "the indentation is a tab: use blanks",
};

/** No configuration is deeper; an alias within its own anchor would never end. */
const MAX_DEPTH = 16;

/** Parses YAML 1.2. What is not valid is in `faults`; nothing is thrown. */
export function parseYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults: YamlFault[] = document.errors.concat(document.warnings as never).map((error) => {
    return {
      reason: REASONS[error.code] ?? "this is not valid YAML",
      place: placeOf(error.pos[0]),
    };
  });
  const start = { line: 1, column: 1 };
  const refused = (reason: string, place: Place): YamlNode => {
    faults.push({ reason, place });
    return { kind: "text", text: undefined, place };
  };

  const convert = (node: unknown, above: Place, depth: number): YamlNode => {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const place = range ? placeOf(range[0]!) : above;
    if (depth > MAX_DEPTH) return refused("it is nested too deep", place);
    if (isAlias(node)) {
      const meant = node.resolve(document);
      return meant === undefined
        ? refused("an alias (*) has no anchor (&) before it", place)
        : convert(meant, place, depth + 1);
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item, place, depth + 1));
      return { kind: "list", items, place };
    }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => {
        const name = convert(key, place, depth + 1);
        if (name.kind !== "text") {
          faults.push({ reason: "a key must be a text", place: name.place });
        }
        return {
          key: name.kind === "text" ? name.text ?? "" : "",
          place: name.place,
          value: convert(value, name.place, depth + 1),
        };
      });
      return { kind: "map", entries, place };
    }
    if (!isScalar(node) || node.value === null) return { kind: "text", text: undefined, place };
    const { value } = node;
    // numbers as they are written: a long one would lose digits
    const written = typeof value === "number" || typeof value === "bigint"
      ? node.source
      : undefined;
    return { kind: "text", text: written ?? String(value), place };
  };
  return { root: convert(document.contents, start, 0), faults };
}
