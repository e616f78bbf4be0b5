/** Values between JavaScript and SQL, as tests and measurements use them. */
import { decodeOf as decodeForProgram } from "../../../src/platforms/postgres/connection/types.ts";
import type { Decode } from "../../../src/platforms/postgres/protocol/backend_messages.ts";
import type { Parameter } from "../../../src/platforms/postgres/protocol/frontend_messages.ts";

/** Of types that the program does not decode, by their oid. Source: PostgreSQL, src/include/catalog/pg_type.dat. */
const DECODES: Readonly<Record<number, Decode>> = {
  17: (text) => Uint8Array.from(text.slice(2).match(/../g) ?? [], (hex) => parseInt(hex, 16)), // bytea
  1003: arrayOf(String), // name[]
  1005: arrayOf(Number), // int2[]
  1007: arrayOf(Number), // int4[]
  1009: arrayOf(String), // text[]
  1015: arrayOf(String), // varchar[]
  1028: arrayOf(Number), // oid[]
  1114: (text) => new Date(`${text}Z`), // timestamp
  1184: (text) => new Date(text), // timestamptz
};

/** How values of that type are decoded; undefined: they stay texts. */
export function decodeOf(typeOid: number): Decode | undefined {
  return DECODES[typeOid] ?? decodeForProgram(typeOid);
}

/** A value as a parameter of a statement. */
export function toParameter(value: unknown): Parameter {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? toArrayLiteral(value) : String(value);
}

/** A name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function toArrayLiteral(values: readonly unknown[]): string {
  const items = values.map((each) =>
    each === null ? "NULL" : `"${String(each).replaceAll(/["\\]/g, "\\$&")}"`
  );
  return `{${items.join()}}`;
}

/** Reads an array of one dimension. */
function arrayOf(decode: Decode): Decode {
  return (text) =>
    [...text.matchAll(/"((?:[^"\\]|\\.)*)"|[^{},]+/gs)].map(([bare, quoted]) => {
      if (quoted !== undefined) return decode(quoted.replaceAll(/\\(.)/gs, "$1"));
      return bare === "NULL" ? null : decode(bare);
    });
}
