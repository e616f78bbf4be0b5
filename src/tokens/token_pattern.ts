/**
 * What a token looks like, written once and translated for each place that has to recognise one.
 *
 * The body is a regular expression in the subset that JavaScript, PostgreSQL (ARE) and Java (Spark)
 * interpret alike: literals, character classes, `(?:…)`, `|`, `*`, `+`, `?`, `{n}`, `{n,m}`; no
 * anchors, back-references, look-around, `.`, backslashes or quotes. It always matches the whole value.
 */
export interface TokenPattern {
  /** The expression without anchors. */
  readonly body: string;
}

const ALLOWED = /^[A-Za-z0-9_:+\/=\[\](){}?*|,~-]+$/;

/** Makes a pattern. Throws a `TypeError` if the body is outside the shared subset: an adapter's bug. */
export function tokenPattern(body: string): TokenPattern {
  if (!ALLOWED.test(body) || /\((?!\?:)/.test(body)) {
    throw new TypeError(
      "Cannot use the token pattern: it is outside the subset that all dialects share",
    );
  }
  return Object.freeze({ body });
}

/** Pieces of a pattern for canonical base64 (RFC 4648, section 3.5): unused bits are zero. */
export interface Base64Pieces {
  /** One character of the alphabet. */
  readonly char: string;
  /**
   * Four characters, for three bytes. To be repeated without a counter: V8 then needs constant space,
   * and so matches tokens of any length. With one, as in `{4}`, its stack overflows at some four
   * million characters.
   */
  readonly group: string;
  /** The end after one byte beyond whole groups. */
  readonly oneByte: string;
  /** The end after two bytes beyond whole groups. */
  readonly twoBytes: string;
}

/** The standard alphabet, padded (section 4). */
export const BASE64: Base64Pieces = base64Pieces("[A-Za-z0-9+/]", "=");
/** The URL-safe alphabet, without padding (section 5). */
export const BASE64_URL: Base64Pieces = base64Pieces("[A-Za-z0-9_-]", "");

function base64Pieces(char: string, padding: string): Base64Pieces {
  return {
    char,
    group: char.repeat(4),
    oneByte: `${char}[AQgw]${padding}${padding}`,
    twoBytes: `${char}${char}[AEIMQUYcgkosw048]${padding}`,
  };
}

/** A JavaScript regular expression. Without the `m` flag `$` matches at the very end only. */
export function toJavaScript(pattern: TokenPattern): RegExp {
  return new RegExp(`^(?:${pattern.body})$`);
}

/** A PostgreSQL regular expression. By default `$` matches at the very end only. */
export function toPostgres(pattern: TokenPattern): string {
  return `^(?:${pattern.body})$`;
}

/** A Java regular expression for Spark's RLIKE, where `$` would also match before a last line break. */
export function toSpark(pattern: TokenPattern): string {
  return `\\A(?:${pattern.body})\\z`;
}
