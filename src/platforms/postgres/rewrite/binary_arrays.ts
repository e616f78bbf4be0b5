/**
 * Arrays in binary format, so that a whole column of a batch travels as one parameter, and the server
 * parses no text.
 *
 * Source: PostgreSQL's `array_recv`: the number of dimensions, whether there may be NULLs, the oid of the
 * elements' type, the length and the lower bound of the dimension (4 bytes each), then each element:
 * its length (4 bytes, -1 for NULL) and its value in its own binary format.
 */
import { copyBytes, type Encoding } from "../../../bytes.ts";
import { type PackedResults, startOf } from "../../../tokens/packed_texts.ts";
import { CTID_BYTES } from "./row_batch.ts";

/** Oids of types, from PostgreSQL's `pg_type.dat`. */
const TEXT = 25;
const OID = 26;
const TID = 27;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** The `oid[]` of the `chosen` of the oids. */
export function oidArray(oids: Uint32Array, chosen: Uint32Array): Encoding {
  return array(OID, chosen.length, chosen.length * (LENGTH_BYTES + 4), (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      at = putInt32(target, at, 4);
      at = putInt32(target, at, oids[chosen[n]!]!);
    }
  });
}

/** The `tid[]` of the `chosen` of the row addresses. */
export function ctidArray(ctids: Uint8Array, chosen: Uint32Array): Encoding {
  const length = chosen.length * (LENGTH_BYTES + CTID_BYTES);
  return array(TID, chosen.length, length, (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      const start = chosen[n]! * CTID_BYTES;
      at = putInt32(target, at, CTID_BYTES);
      at = copyBytes(ctids, start, start + CTID_BYTES, target, at);
    }
  });
}

/**
 * The `text[]` of the texts of the `chosen` rows; `placeOf` has the number of a row's text, and -1 for
 * none, which becomes NULL.
 */
export function textArray(
  { bytes, ends }: PackedResults,
  placeOf: Int32Array,
  chosen: Uint32Array,
): Encoding {
  let length = chosen.length * LENGTH_BYTES;
  for (let n = 0; n < chosen.length; n++) {
    const place = placeOf[chosen[n]!]!;
    if (place >= 0) length += ends[place]! - startOf(ends, place);
  }
  return array(TEXT, chosen.length, length, (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      const place = placeOf[chosen[n]!]!;
      if (place < 0) {
        at = putInt32(target, at, NULL_LENGTH);
        continue;
      }
      const [start, end] = [startOf(ends, place), ends[place]!];
      at = putInt32(target, at, end - start);
      at = copyBytes(bytes, start, end, target, at);
    }
  });
}

/** An array of one dimension, whose elements take `length` bytes and are put there by `encodeElements`. */
function array(
  type: number,
  elements: number,
  length: number,
  encodeElements: (target: Uint8Array, at: number) => void,
): Encoding {
  return {
    length: HEADER_BYTES + length,
    encode(target, at) {
      const header = [1, 1, type, elements, 1];
      for (const value of header) at = putInt32(target, at, value);
      encodeElements(target, at);
    },
  };
}

function putInt32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
  return at + 4;
}
