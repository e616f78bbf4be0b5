/**
 * Tokens of the `dummy` SDK, and texts that only look like one. JavaScript, PostgreSQL and Spark must
 * tell them apart in the same way, so the tests of each dialect use this list.
 */

/** A text, and whether the detector must accept it as a token. */
export interface DetectorCase {
  readonly title: string;
  readonly text: string;
  readonly isToken: boolean;
}

const tokens: Readonly<Record<string, string>> = {
  "the empty value's token": "tok__poc",
  "one byte, two paddings": "tok_YQ==_poc",
  "two bytes, one padding": "tok_YWI=_poc",
  "three bytes, no padding": "tok_YWJj_poc",
  "plus and slash": "tok_+/+/_poc",
  "the lowest last character before two paddings": "tok_AA==_poc",
  "the highest last character before two paddings": "tok_/w==_poc",
  "the lowest last character before one padding": "tok_AAA=_poc",
  "the highest last character before one padding": "tok_//8=_poc",
  "a token of a token": "tok_dG9rX19wb2M=_poc",
  "longer than a line of base64": `tok_${"YWJj".repeat(40)}_poc`,
  "long": `tok_${"YWJj".repeat(5_000)}YQ==_poc`,
};

const others: Readonly<Record<string, string>> = {
  "the empty text": "",
  "natural text": "Ada Lovelace",
  "the prefix alone": "tok_",
  "the suffix alone": "_poc",
  "one underscore between": "tok_poc",
  "no prefix": "YQ==_poc",
  "no suffix": "tok_YQ==",
  "a prefix in capitals": "TOK_YQ==_poc",
  "a suffix in capitals": "tok_YQ==_POC",
  "missing padding, one byte": "tok_YQ_poc",
  "missing padding, two bytes": "tok_YWI_poc",
  "half the padding": "tok_YQ=_poc",
  "too much padding": "tok_YWI==_poc",
  "padding only": "tok_==_poc",
  "four paddings": "tok_====_poc",
  "padding after whole groups": "tok_YWJj====_poc",
  "padding in the middle": "tok_YQ==YQ==_poc",
  "unused bits set, one byte": "tok_YR==_poc",
  "unused bits set, two bytes": "tok_YWJ=_poc",
  "one character": "tok_Y_poc",
  "five characters": "tok_YWJjY_poc",
  "the URL-safe alphabet": "tok_-_-__poc",
  "a space within": "tok_YW Jj_poc",
  "a line break within": "tok_YWJj\nYWJj_poc",
  "a space before it": " tok_YQ==_poc",
  "a space after it": "tok_YQ==_poc ",
  "a line break before it": "\ntok_YQ==_poc",
  "a line break after it": "tok_YQ==_poc\n",
  "a carriage return after it": "tok_YQ==_poc\r",
  "a Windows line break after it": "tok_YQ==_poc\r\n",
  "a next-line character after it": "tok_YQ==_poc\u0085",
  "a line separator after it": "tok_YQ==_poc\u2028",
  "a paragraph separator after it": "tok_YQ==_poc\u2029",
  "two tokens": "tok_YQ==_poctok_YQ==_poc",
  "a token on a line of its own": "first\ntok_YQ==_poc\nlast",
  "text before it": "xtok_YQ==_poc",
  "text after it": "tok_YQ==_pocx",
  "two suffixes": "tok_YQ==_poc_poc",
  "two prefixes": "tok_tok_YQ==_poc",
  "fullwidth letters": "tok_ＹＷＪｊ_poc",
  "letters with accents": "tok_ÝWJj_poc",
  "letters that fold to ASCII": "tok_\u212Aſſſ_poc",
  "an invisible character within": "tok_YW\u200BJj_poc",
  "a combining mark after it": "tok_YWJj_poc\u0301",
  "a tab instead of the padding": "tok_YWI\t_poc",
  "a key number, as in tokens of other SDKs": "tok_v1_YQ==_poc",
};

/** Every case. */
export const DETECTOR_CASES: readonly DetectorCase[] = [
  ...Object.entries(tokens).map(([title, text]) => ({ title, text, isToken: true })),
  ...Object.entries(others).map(([title, text]) => ({ title, text, isToken: false })),
];

/** Values of many lengths and alphabets, to compare one way of making tokens with another. */
export const SAMPLE_VALUES: readonly string[] = [
  "",
  " ",
  "a",
  "ab",
  "abc",
  "Ada Lovelace",
  "ada@example.com",
  'O\'Brien "quoted" \\back\\slash',
  "ends in a line break\n",
  "\r\n\t",
  "Zoë Ångström",
  "e\u0301 is not é",
  "静香 源",
  "👩‍👩‍👧‍👦 and 🏳️‍🌈",
  "مرحبا",
  "\u0001\u007f\u0080\u00ff\u0100\uffff\u{10ffff}",
  "x".repeat(57),
  "x".repeat(58),
  "é".repeat(1_000),
  "null",
  "NULL",
  "{a,b}",
  "%_$1",
];
