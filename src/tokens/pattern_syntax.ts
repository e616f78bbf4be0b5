/** Reads the regular expressions that token patterns are written in (see `TokenPattern`). */

/** What a piece of a pattern matches. */
export type PatternNode =
  | { readonly kind: "bytes"; readonly bytes: ReadonlySet<number> }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly PatternNode[] }
  | {
    readonly kind: "repeat";
    readonly part: PatternNode;
    readonly min: number;
    /** Infinity if there is no limit. */
    readonly max: number;
  };

/** The pattern as a tree. Throws a `SyntaxError` if it is malformed. */
export function parsePattern(body: string): PatternNode {
  const parser = new Parser(body);
  const node = parser.choice();
  parser.end();
  return node;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Throws if something is left. */
  end(): void {
    if (this.#at < this.#text.length) throw malformed();
  }

  choice(): PatternNode {
    const parts = [this.#sequence()];
    while (this.#skip("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at]!)) {
      parts.push(this.#repeated());
    }
    return { kind: "sequence", parts };
  }

  #repeated(): PatternNode {
    const part = this.#single();
    const quantifier = this.#take(/(?:[*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})/y);
    if (quantifier === null) return part;
    const [sign, low, comma, high] = quantifier;
    if (sign === "*") return { kind: "repeat", part, min: 0, max: Infinity };
    if (sign === "+") return { kind: "repeat", part, min: 1, max: Infinity };
    if (sign === "?") return { kind: "repeat", part, min: 0, max: 1 };
    const min = Number(low);
    const max = comma === undefined ? min : high === "" ? Infinity : Number(high);
    if (max < min) throw malformed();
    return { kind: "repeat", part, min, max };
  }

  #single(): PatternNode {
    if (this.#skip("(?:")) {
      const inner = this.choice();
      if (!this.#skip(")")) throw malformed();
      return inner;
    }
    const members = this.#take(/\[([^\]]+)\]/y);
    if (members !== null) return { kind: "bytes", bytes: classOf(members[1]!) };
    const literal = this.#take(/[A-Za-z0-9_:\/=,~-]/y);
    if (literal === null) throw malformed();
    return { kind: "bytes", bytes: new Set([literal[0].charCodeAt(0)]) };
  }

  /** Whether `text` comes next; it is then read. */
  #skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** What the sticky expression matches next; it is then read. */
  #take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#text);
    if (match !== null) this.#at = expression.lastIndex;
    return match;
  }
}

/** The bytes of a character class, given without its brackets. */
function classOf(members: string): ReadonlySet<number> {
  const bytes = new Set<number>();
  for (let i = 0; i < members.length; i++) {
    const from = members.charCodeAt(i);
    const isRange = members[i + 1] === "-" && i + 2 < members.length;
    const to = isRange ? members.charCodeAt(i + 2) : from;
    if (to < from) throw malformed();
    for (let byte = from; byte <= to; byte++) bytes.add(byte);
    if (isRange) i += 2;
  }
  return bytes;
}

function malformed(): SyntaxError {
  return new SyntaxError("Cannot read the token pattern: it is malformed");
}
