/** Rows in binary format are read from pieces that are cut anywhere. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { unpackTexts } from "../../../src/tokens/packed_texts.ts";
import { BinaryRowReader } from "../../../src/platforms/postgres/rewrite/binary_rows.ts";
import { countOf, type RowBatch } from "../../../src/platforms/postgres/rewrite/row_batch.ts";
import { anyText, holds } from "../../support/properties.ts";

const encoder = new TextEncoder();

interface Row {
  readonly oid: number;
  readonly block: number;
  readonly place: number;
  /** Of a row whose texts are left out. */
  readonly longBytes: number | null;
  readonly total: number | null;
  readonly texts: readonly (string | null)[];
}

const anyRow = (columns: number): fc.Arbitrary<Row> =>
  fc.record({
    oid: fc.integer({ min: 1, max: 0xffff_ffff }),
    block: fc.integer({ min: 0, max: 0xffff_fffe }),
    place: fc.integer({ min: 1, max: 0xffff }),
    longBytes: fc.option(fc.integer({ min: 4097, max: 2 ** 40 }), { freq: 10 }),
    total: fc.constant(null),
    texts: fc.array(fc.option(anyText), { minLength: columns, maxLength: columns }),
  });
const anyCopy = fc.integer({ min: 1, max: 3 }).chain((columns) =>
  fc.record({ columns: fc.constant(columns), rows: fc.array(anyRow(columns)) })
);

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function field(value: Uint8Array | null): Uint8Array {
  return value === null ? uint(0xffff_ffff, 4) : concat(uint(value.length, 4), value);
}

function uint(value: number, bytes: 2 | 4 | 8): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)));
}

function int64(value: number | null): Uint8Array {
  return field(value === null ? null : uint(value, 8));
}

function rowBytes({ oid, block, place, longBytes, total, texts }: Row): Uint8Array {
  const isLeftOut = longBytes !== null;
  return concat(
    uint(4 + texts.length, 2),
    field(uint(oid, 4)),
    field(concat(uint(block, 4), uint(place, 2))),
    int64(longBytes),
    int64(total),
    ...texts.map((text) => field(isLeftOut || text === null ? null : encoder.encode(text))),
  );
}

function copyOf(rows: readonly Row[], extension = 0): Uint8Array {
  const signature = Uint8Array.from("PGCOPY\n\xff\r\n\0", (char) => char.charCodeAt(0));
  const header = [signature, uint(0, 4), uint(extension, 4), new Uint8Array(extension)];
  return concat(...header, ...rows.map(rowBytes), uint(0xffff, 2));
}

/** Cuts the bytes at those places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((one, two) => one - two);
  return [...sorted, bytes.length].map((end, i) => bytes.subarray(sorted[i - 1] ?? 0, end));
}

/** What `batch` holds, as the rows that it was made of. */
function rowsIn({ rows, longRows, total }: RowBatch): Omit<Row, "total">[] {
  const texts = rows.columns.map((column) => {
    const own: (string | null)[] = new Array(countOf(rows)).fill(null);
    unpackTexts(column.texts).forEach((text, i) => own[column.rows[i]!] = text);
    return own;
  });
  const ctids = new DataView(rows.ctids.buffer, rows.ctids.byteOffset);
  const short = Array.from(rows.tableOids, (oid, i) => ({
    oid,
    block: ctids.getUint32(6 * i),
    place: ctids.getUint16(6 * i + 4),
    longBytes: null,
    texts: texts.map((own) => own[i]!),
  }));
  const long = longRows.map(({ tableOid, ctid, bytes }) => {
    const [block, place] = ctid.slice(1, -1).split(",").map(Number);
    const none = rows.columns.map(() => null);
    return { oid: tableOid, block: block!, place: place!, longBytes: bytes, texts: none };
  });
  assert.equal(total, undefined);
  return [...short, ...long];
}

function expected(rows: readonly Row[]): Omit<Row, "total">[] {
  const own = rows.map(({ total: _, ...row }) => row);
  return [
    ...own.filter((row) => row.longBytes === null),
    ...own.filter((row) => row.longBytes !== null).map((row) => ({
      ...row,
      texts: row.texts.map(() => null),
    })),
  ];
}

Deno.test("any rows of a COPY are read, wherever its pieces begin and end", async () => {
  await holds(
    fc.property(
      anyCopy,
      fc.array(fc.nat()),
      fc.nat({ max: 20 }),
      ({ columns, rows }, places, extension) => {
        const reader = new BinaryRowReader(columns, { fromCopy: true });
        for (const piece of cut(copyOf(rows, extension), places)) reader.readAll(piece);
        assert.deepEqual(rowsIn(reader.end()), expected(rows));
      },
    ),
    500,
  );
});

Deno.test("rows that are fetched have no header and no end mark", async () => {
  await holds(
    fc.property(anyCopy, fc.array(fc.nat()), ({ columns, rows }, places) => {
      const reader = new BinaryRowReader(columns, { fromCopy: false });
      for (const piece of cut(concat(...rows.map(rowBytes)), places)) reader.readAll(piece);
      assert.deepEqual(rowsIn(reader.end()), expected(rows));
    }),
    300,
  );
});

Deno.test("a batch is full at its limit of rows or of bytes, and nothing is lost between two", async () => {
  await holds(
    fc.property(anyCopy, fc.array(fc.nat()), ({ columns, rows }, places) => {
      const limits = { rows: 3, bytes: 40 };
      const reader = new BinaryRowReader(columns, { fromCopy: true, limits });
      const batches = cut(copyOf(rows), places).flatMap((piece) => [...reader.read(piece)]);
      for (const { rows, longRows, bytes } of batches) {
        const size = countOf(rows) + longRows.length;
        assert.ok(size === 3 || (size < 3 && bytes >= 40));
      }
      batches.push(reader.end());
      const sorted = (all: Omit<Row, "total">[]) => all.map((row) => JSON.stringify(row)).sort();
      assert.deepEqual(sorted(batches.flatMap(rowsIn)), sorted(expected(rows)));
    }),
    300,
  );
});

Deno.test("a piece may be overwritten once it was read", async () => {
  await holds(
    fc.property(anyCopy, fc.array(fc.nat()), ({ columns, rows }, places) => {
      const reader = new BinaryRowReader(columns, { fromCopy: true });
      const bytes = copyOf(rows);
      const shared = new Uint8Array(bytes.length);
      for (const piece of cut(bytes, places)) {
        shared.fill(0xff).set(piece);
        reader.readAll(shared.subarray(0, piece.length));
      }
      assert.deepEqual(rowsIn(reader.end()), expected(rows));
    }),
    300,
  );
});

Deno.test("a batch stays as it is until it is released, and then a later one takes its place", () => {
  const row = (text: string, place: number) => ({
    oid: 1,
    block: 0,
    place,
    longBytes: null,
    total: null,
    texts: [text],
  });
  const reader = new BinaryRowReader(1, { fromCopy: true, limits: { rows: 1, bytes: 1000 } });
  const rows = ["first", "second", "third", "fourth"].map(row);
  const batches = reader.read(copyOf(rows));
  const [first, second] = [batches.next().value!, batches.next().value!];
  assert.deepEqual(rowsIn(first), expected([rows[0]!]));
  first.release();
  const [third, fourth] = [batches.next().value!, batches.next().value!];
  assert.deepEqual(
    [second, third, fourth].flatMap(rowsIn),
    expected(rows.slice(1)),
  );
  assert.equal(fourth.rows.ctids.buffer, first.rows.ctids.buffer);
});

Deno.test("the number of the table's rows comes with each row", () => {
  const row = { oid: 1, block: 0, place: 1, longBytes: null, total: 2 ** 40 + 7, texts: ["a"] };
  const reader = new BinaryRowReader(1, { fromCopy: true });
  reader.readAll(copyOf([row]));
  assert.equal(reader.end().total, 2 ** 40 + 7);
});

Deno.test("what is not a COPY in binary format, or is cut off, is refused", () => {
  const row = { oid: 1, block: 0, place: 1, longBytes: null, total: null, texts: ["canary"] };
  const whole = copyOf([row]);
  const read = (bytes: Uint8Array, texts = 1) => () => {
    const reader = new BinaryRowReader(texts, { fromCopy: true });
    reader.readAll(bytes);
    reader.end();
  };
  const refused = { code: "database_error", message: /^Cannot read rows from Postgres: [^.]*$/ };
  read(whole)();
  for (let end = 0; end < whole.length; end++) assert.throws(read(whole.subarray(0, end)), refused);
  assert.throws(read(whole, 2), refused);
  assert.throws(read(whole.with(0, 0x51)), refused);
});
