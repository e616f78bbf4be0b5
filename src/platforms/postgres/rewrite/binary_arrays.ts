/**
 * Arrays in binary format, so that a whole column of a batch travels as one parameter, and the server
 * parses no text.
 *
 * Source: PostgreSQL's `array_recv`: the number of dimensions, whether there may be NULLs, the oid of the
 * elements' type, the length and the lower bound of the dimension (4 bytes each), then each element:
 * its length (4 bytes, -1 for NULL) and its value in its own binary format.
 */
import { copyText, type Encoding, viewOf } from "../../../bytes.ts";
import { type PackedResults, startOf } from "../../../tokens/packed_texts.ts";
import { CTID_BYTES } from "./row_batch.ts";

/** Oids of types, from PostgreSQL's `pg_type.dat`. */
const TEXT = 25;
const OID = 26;
const TID = 27;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const OID_BYTES = 4;
const NULL_LENGTH = -1;

/** The `oid[]` of the `chosen` of the oids. */
export function oidArray(oids: Uint32Array, chosen: Uint32Array): Encoding {
  const length = chosen.length * (LENGTH_BYTES + OID_BYTES);
  return array(OID, chosen.length, length, (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      target.setInt32(at, OID_BYTES);
      target.setUint32(at + LENGTH_BYTES, oids[chosen[n]!]!);
      at += LENGTH_BYTES + OID_BYTES;
    }
  });
}

/** The `tid[]` of the `chosen` of the row addresses. */
export function ctidArray(ctids: Uint8Array, chosen: Uint32Array): Encoding {
  const source = viewOf(ctids);
  const length = chosen.length * (LENGTH_BYTES + CTID_BYTES);
  return array(TID, chosen.length, length, (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      const start = chosen[n]! * CTID_BYTES;
      target.setInt32(at, CTID_BYTES);
      at = copyText(source, start, start + CTID_BYTES, target, at + LENGTH_BYTES);
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
  const source = viewOf(bytes);
  return array(TEXT, chosen.length, length, (target, at) => {
    for (let n = 0; n < chosen.length; n++) {
      at = putText(source, ends, placeOf[chosen[n]!]!, target, at);
    }
  });
}

/** Puts the text at `place` into `target` at `at`, or NULL. Gives where it ends. */
function putText(
  source: DataView,
  ends: Uint32Array,
  place: number,
  target: DataView,
  at: number,
): number {
  if (place < 0) {
    target.setInt32(at, NULL_LENGTH);
    return at + LENGTH_BYTES;
  }
  const [start, end] = [startOf(ends, place), ends[place]!];
  target.setInt32(at, end - start);
  return copyText(source, start, end, target, at + LENGTH_BYTES);
}

/** An array of one dimension, whose elements take `length` bytes and are put there by `encodeElements`. */
function array(
  type: number,
  elements: number,
  length: number,
  encodeElements: (target: DataView, at: number) => void,
): Encoding {
  return {
    length: HEADER_BYTES + length,
    encode(bytes, at) {
      const target = viewOf(bytes);
      for (const value of [1, 1, type, elements, 1]) {
        target.setInt32(at, value);
        at += LENGTH_BYTES;
      }
      encodeElements(target, at);
    },
  };
}
