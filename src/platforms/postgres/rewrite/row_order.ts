/** The order of rows in their table. */
import { CTID_BYTES } from "./row_batch.ts";

/**
 * The `chosen` rows by ascending address. They nearly always are in that order already; but a scan may begin
 * in the middle of a table, where another one is, and several workers read it in no order.
 */
export function byAddress(ctids: Uint8Array, chosen: Uint32Array): Uint32Array {
  for (let n = 1; n < chosen.length; n++) {
    if (addressOf(ctids, chosen[n - 1]!) >= addressOf(ctids, chosen[n]!)) {
      return chosen.toSorted((a, b) => addressOf(ctids, a) - addressOf(ctids, b));
    }
  }
  return chosen;
}

/** The address of a row, as a number: its `ctid`, whose bytes begin with the most significant one. */
function addressOf(ctids: Uint8Array, row: number): number {
  let address = 0;
  for (let at = row * CTID_BYTES; at < (row + 1) * CTID_BYTES; at++) {
    address = address * 256 + ctids[at]!;
  }
  return address;
}
