/** Arrays in binary format arrive in Postgres as they were meant. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { packResults } from "../../../src/tokens/packed_texts.ts";
import {
  ctidArray,
  oidArray,
  textArray,
} from "../../../src/platforms/postgres/rewrite/binary_arrays.ts";
import type { Encoding } from "../../../src/bytes.ts";
import { useDatabase } from "../../support/action_fixture.ts";
import { holds, postgresText } from "../../support/properties.ts";

const { sql } = await useDatabase();

/** As it is sent, among other bytes. */
function bytesOf({ length, encode }: Encoding): Uint8Array {
  const target = new Uint8Array(length + 6).fill(0xff);
  encode(target, 3);
  assert.deepEqual([...target.subarray(0, 3), ...target.subarray(-3)], Array(6).fill(0xff));
  return target.subarray(3, -3);
}

const anyBatch = fc.array(
  fc.record({
    text: fc.option(postgresText),
    oid: fc.integer({ min: 0, max: 0xffff_ffff }),
    block: fc.integer({ min: 0, max: 0xffff_fffe }),
    place: fc.integer({ min: 1, max: 0xffff }),
    isChosen: fc.boolean(),
  }),
  { minLength: 1, maxLength: 200 },
).filter((rows) => rows.some(({ isChosen }) => isChosen));

Deno.test("texts, oids and row addresses of the chosen rows arrive in order, NULL for none", async () => {
  await holds(
    fc.asyncProperty(anyBatch, async (rows) => {
      const chosen = Uint32Array.from(rows.flatMap(({ isChosen }, i) => isChosen ? [i] : []));
      const ctids = new Uint8Array(6 * rows.length);
      const view = new DataView(ctids.buffer);
      rows.forEach(({ block, place }, i) => {
        view.setUint32(6 * i, block);
        view.setUint16(6 * i + 4, place);
      });
      const present = rows.map(({ text }) => text).filter((text) => text !== null);
      let next = 0;
      const placeOf = Int32Array.from(rows, ({ text }) => text === null ? -1 : next++);
      const found = await sql.unsafe(
        `select oid::text, ctid::text, text
         from unnest($1::oid[], $2::tid[], $3::text[]) with ordinality as t(oid, ctid, text, n) order by n`,
        [
          oidArray(Uint32Array.from(rows, ({ oid }) => oid), chosen),
          ctidArray(ctids, chosen),
          textArray(packResults(present), placeOf, chosen),
        ].map(bytesOf),
      );
      const expected = rows.filter(({ isChosen }) => isChosen).map((row) => ({
        oid: String(row.oid),
        ctid: `(${row.block},${row.place})`,
        text: row.text,
      }));
      assert.deepEqual([...found], expected);
    }),
    60,
  );
});
