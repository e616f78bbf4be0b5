/**
 * Tokens of Vault, and texts that only look like one. JavaScript, PostgreSQL and Spark must tell them
 * apart in the same way.
 */
import type { DetectorCase } from "./detector_cases.ts";

const A = (count: number) => "A".repeat(count);

const tokens: Readonly<Record<string, string>> = {
  "the token of the empty value": "vault:v1:EqhABDc+DeCbFi50ojdv7vp3mAk9oCatVFH9hw==",
  "one byte": "vault:v1:RmKmDCqQJCmyLwb7ADNx0lxH40AirMy4BO9vqXQ=",
  "an address": "vault:v1:kiV1HG+JQhm+bVA9mo42W9b6DuIXF8knBd3A7iLzPEnu0rBvlnjMOJeD/Q==",
  "28 bytes, two paddings": `vault:v1:${A(38)}==`,
  "29 bytes, one padding": `vault:v1:${A(39)}=`,
  "30 bytes, no padding": `vault:v1:${A(40)}`,
  "31 bytes": `vault:v1:${A(42)}==`,
  "plus and slash": `vault:v2:+/${A(38)}`,
  "the highest last character before two paddings": `vault:v1:${A(37)}w==`,
  "the highest last character before one padding": `vault:v1:${A(38)}8=`,
  "a version of two digits": `vault:v12:${A(40)}`,
  "a version of nine digits": `vault:v123456789:${A(40)}`,
  "a long token": `vault:v1:${A(40_000)}`,
};

const others: Readonly<Record<string, string>> = {
  "the empty text": "",
  "natural text": "Ada Lovelace",
  "no payload": "vault:v1:",
  "27 bytes": `vault:v1:${A(36)}`,
  "28 bytes without padding": `vault:v1:${A(38)}`,
  "28 bytes with one padding": `vault:v1:${A(38)}=`,
  "29 bytes without padding": `vault:v1:${A(39)}`,
  "29 bytes with two paddings": `vault:v1:${A(39)}==`,
  "padding after whole groups": `vault:v1:${A(40)}====`,
  "padding in the middle": `vault:v1:${A(38)}==${A(40)}`,
  "unused bits set, two paddings": `vault:v1:${A(37)}B==`,
  "unused bits set, one padding": `vault:v1:${A(38)}B=`,
  "one character too many": `vault:v1:${A(41)}`,
  "the URL-safe alphabet": `vault:v1:-_${A(38)}`,
  "no version": `vault:v:${A(40)}`,
  "version zero": `vault:v0:${A(40)}`,
  "a leading zero": `vault:v01:${A(40)}`,
  "a version of ten digits": `vault:v1234567890:${A(40)}`,
  "a negative version": `vault:v-1:${A(40)}`,
  "a version that is not a number": `vault:vx:${A(40)}`,
  "a version in other digits": `vault:v\u0661:${A(40)}`,
  "capital letters": `VAULT:V1:${A(40)}`,
  "another mark": `vaults:v1:${A(40)}`,
  "no mark": A(40),
  "an HMAC of Vault": `vault:sha2-256:${A(40)}`,
  "a space before it": ` vault:v1:${A(40)}`,
  "a space after it": `vault:v1:${A(40)} `,
  "a space within": `vault:v1:${A(20)} ${A(20)}`,
  "a line break after it": `vault:v1:${A(40)}\n`,
  "a carriage return after it": `vault:v1:${A(40)}\r`,
  "a next-line character after it": `vault:v1:${A(40)}\u0085`,
  "a line separator after it": `vault:v1:${A(40)}\u2028`,
  "a line break before it": `\nvault:v1:${A(40)}`,
  "two tokens": `vault:v1:${A(40)}vault:v1:${A(40)}`,
  "a token on a line of its own": `first\nvault:v1:${A(40)}\nlast`,
  "fullwidth letters": `vault:v1:\uFF21${A(39)}`,
  "letters that fold to ASCII": `vault:v1:\u212A${A(39)}`,
};

/** Every case. */
export const VAULT_DETECTOR_CASES: readonly DetectorCase[] = [
  ...Object.entries(tokens).map(([title, text]) => ({ title, text, isToken: true })),
  ...Object.entries(others).map(([title, text]) => ({ title, text, isToken: false })),
];
