/** How the values of a result are given to the program: numbers, booleans and JSON; all others as texts. */
import type { Decode } from "../protocol/backend_messages.ts";

/** By the oid of the type. Source: PostgreSQL, src/include/catalog/pg_type.dat. */
const DECODES: Readonly<Record<number, Decode>> = {
  16: (text) => text === "t", // bool
  21: Number, // int2
  23: Number, // int4
  26: Number, // oid
  114: (text) => JSON.parse(text), // json
  700: Number, // float4
  701: Number, // float8
  3802: (text) => JSON.parse(text), // jsonb
};

/** How values of that type are decoded; undefined: they stay texts. */
export function decodeOf(typeOid: number): Decode | undefined {
  return DECODES[typeOid];
}
