/** What is taken for the head of a request, and what is not. */
import assert from "node:assert/strict";
import { ByteReader } from "../../../src/http/server/byte_reader.ts";
import { HttpFault } from "../../../src/http/server/http_fault.ts";
import { MAX_HEAD_BYTES, readHead } from "../../../src/http/server/request_head.ts";

/** A source that gives these bytes, so many at a time, and then ends. */
function reader(text: string, pieceBytes = text.length): ByteReader {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  let at = 0;
  return new ByteReader({
    read(buffer) {
      const piece = bytes.subarray(at, at + Math.min(pieceBytes, buffer.length));
      buffer.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length === 0 ? null : piece.length);
    },
  });
}

const head = (text: string) => readHead(reader(text));
const lines = (...all: string[]) => [...all, "", ""].join("\r\n");

Deno.test("a head in any number of pieces is read, and what follows it is left", async () => {
  const text = lines("POST /trigger?a=b'c HTTP/1.1", "Host: a.example:8080", "X-Y: \t z\xe9 ");
  for (const pieceBytes of [1, 2, 3, 7, text.length]) {
    const from = reader(`${text}rest`, pieceBytes);
    const { method, target, headers, isCurrent, framing, keepsAlive } = (await readHead(from))!;
    assert.deepEqual([method, target, isCurrent], ["POST", "/trigger?a=b'c", true]);
    assert.deepEqual([framing, keepsAlive], [{ kind: "none" }, true]);
    assert.deepEqual(Object.fromEntries(headers), { host: "a.example:8080", "x-y": "z\xe9" });
    assert.equal((await from.next())?.[0], "r".charCodeAt(0));
  }
});

Deno.test("a connection that ends, before or within a head, has no request", async () => {
  assert.equal(await head(""), undefined);
  assert.equal(await head("GET / HTTP/1.1\r\nHost: x\r\n"), undefined);
});

Deno.test("a length or chunks say where the body ends", async () => {
  const framing = async (...fields: string[]) =>
    (await head(lines("POST / HTTP/1.1", "Host: x", ...fields)))?.framing;
  assert.deepEqual(await framing("content-length: 12"), { kind: "length", bytes: 12 });
  assert.deepEqual(await framing("Content-Length: 0"), { kind: "none" });
  assert.deepEqual(await framing("Transfer-Encoding: Chunked"), { kind: "chunked" });
});

Deno.test("the connection goes on unless one side does not want it, or speaks HTTP/1.0", async () => {
  const keepsAlive = async (...all: string[]) => (await head(lines(...all)))?.keepsAlive;
  assert.equal(await keepsAlive("GET / HTTP/1.1", "Host: x"), true);
  assert.equal(await keepsAlive("GET / HTTP/1.1", "Host: x", "Connection: TE, Close"), false);
  assert.equal(await keepsAlive("GET / HTTP/1.0"), false);
  assert.equal(await keepsAlive("GET / HTTP/1.0", "Connection: keep-alive"), true);
});

const FAULTS: readonly (readonly [what: string, status: number, text: string])[] = [
  ["a line that ends in LF alone", 400, "GET / HTTP/1.1\nHost: x\r\n\r\n"],
  ["an empty line that ends in LF alone", 400, "GET / HTTP/1.1\r\nHost: x\r\n\n"],
  ["a CR within a line", 400, lines("GET / HTTP/1.1", "Host: x", "A: b\rc")],
  ["a NUL", 400, lines("GET / HTTP/1.1", "Host: x", "A: b\0c")],
  ["an empty line at first", 400, `\r\n${lines("GET / HTTP/1.1", "Host: x")}`],
  ["no version", 400, lines("GET /", "Host: x")],
  ["two blanks", 400, lines("GET  / HTTP/1.1", "Host: x")],
  ["a method that is none", 400, lines("G(T / HTTP/1.1", "Host: x")],
  ["another protocol", 400, lines("GET / RTSP/1.0", "Host: x")],
  ["HTTP/2 without having been agreed on", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a whole URL", 400, lines("GET http://x/ HTTP/1.1", "Host: x")],
  ["no path", 400, lines("OPTIONS * HTTP/1.1", "Host: x")],
  ["a fragment", 400, lines("GET /a#b HTTP/1.1", "Host: x")],
  ["a path that is not ASCII", 400, lines("GET /\xe9 HTTP/1.1", "Host: x")],
  ["no Host", 400, lines("GET / HTTP/1.1", "A: b")],
  ["two Hosts", 400, lines("GET / HTTP/1.1", "Host: x", "Host: x")],
  ["a Host that is none", 400, lines("GET / HTTP/1.1", "Host: x/y")],
  ["a Host with a user", 400, lines("GET / HTTP/1.1", "Host: user@x")],
  ["a blank before the colon", 400, lines("GET / HTTP/1.1", "Host: x", "A : b")],
  ["a line that goes on", 400, lines("GET / HTTP/1.1", "Host: x", "A: b", " c")],
  ["a line without a colon", 400, lines("GET / HTTP/1.1", "Host: x", "A")],
  ["a field without a name", 400, lines("GET / HTTP/1.1", "Host: x", ": b")],
  [
    "a length and chunks",
    400,
    lines("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "Transfer-Encoding: chunked"),
  ],
  [
    "two lengths, even of one value",
    400,
    lines("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "Content-Length: 4"),
  ],
  ["a list of lengths", 400, lines("POST / HTTP/1.1", "Host: x", "Content-Length: 4, 4")],
  ["a length with a sign", 400, lines("POST / HTTP/1.1", "Host: x", "Content-Length: +4")],
  ["a length in hexadecimal", 400, lines("POST / HTTP/1.1", "Host: x", "Content-Length: 0x4")],
  ["chunks in HTTP/1.0", 400, lines("POST / HTTP/1.0", "Transfer-Encoding: chunked")],
  [
    "another encoding",
    501,
    lines("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: gzip, chunked"),
  ],
  [
    "an encoding twice",
    501,
    lines("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked,chunked"),
  ],
  ["a first line that is too long", 414, `GET /${"a".repeat(MAX_HEAD_BYTES)}`],
  ["a header that is too long", 431, `GET / HTTP/1.1\r\nA: ${"a".repeat(MAX_HEAD_BYTES)}`],
];

for (const [what, status, text] of FAULTS) {
  Deno.test(`a request with ${what} is ${status}`, async () => {
    for (const pieceBytes of [1, text.length]) {
      await assert.rejects(readHead(reader(text, pieceBytes)), (error) => {
        assert.ok(error instanceof HttpFault);
        return error.status === status;
      });
    }
  });
}
