/**
 * The messages that this program sends.
 *
 * Source: PostgreSQL documentation, "55.7 Message Formats".
 */

import type { Encoding } from "../../../bytes.ts";

/** The version of the protocol: 3.0. */
const PROTOCOL = 3 << 16;
const TEXT = 0;
const BINARY = 1;

const encoder = new TextEncoder();

/** A parameter of a statement: a text, or the bytes of its binary format. */
export type Parameter = string | Uint8Array | Encoding | null;

/** StartupMessage, by names and values. */
export function startup(parameters: Readonly<Record<string, string>>): Uint8Array {
  const texts = Object.entries(parameters).flat();
  const content = [int32(PROTOCOL), ...texts.map(cstring), Uint8Array.of(0)];
  const length = content.reduce((sum, each) => sum + each.length, 4);
  return new Writer(length).int32(length).all(content).bytes;
}

/** Query: any number of statements without parameters. */
export function query(text: string): Uint8Array {
  return message("Q", [cstring(text)]);
}

/** Parse: prepares a statement, under a name, or under none until the next is parsed. */
export function parse(name: string, text: string): Uint8Array {
  return message("P", [cstring(name), cstring(text), int16(0)]);
}

/** Close: forgets a prepared statement. */
export function closeStatement(name: string): Uint8Array {
  return message("C", [encoder.encode("S"), cstring(name)]);
}

/** The portal from which rows are fetched; other statements use the one without a name. */
const ROWS = cstring("rows");

/** Close and Bind: has the portal return the rows of a prepared statement without parameters, in binary. */
export function openRows(name: string): Uint8Array {
  const statement = cstring(name);
  const length = 4 + ROWS.length + statement.length + 2 + 2 + 2 + 2;
  // to close a portal that is not there is no error
  return new Writer(1 + 5 + ROWS.length + 1 + length)
    .type("C").int32(5 + ROWS.length).type("P").all([ROWS])
    .type("B").int32(length).all([ROWS, statement]).int16(0).int16(0).int16(1).int16(BINARY).bytes;
}

/** Execute and Sync: returns the next rows of the portal. */
export function fetchRows(rows: number): Uint8Array {
  return new Writer(1 + 8 + ROWS.length + 5)
    .type("E").int32(8 + ROWS.length).all([ROWS]).int32(rows).type("S").int32(4).bytes;
}

/** Sync: ends a group of statements. */
export function sync(): Uint8Array {
  return message("S", []);
}

/** Bind and Execute: runs a prepared statement; Describe before Execute if `describes`, then Sync if `syncs`. */
export function execute(
  name: string,
  parameters: readonly Parameter[],
  { describes, syncs }: { readonly describes: boolean; readonly syncs: boolean },
): Encoding {
  const values = parameters.map((each) => typeof each === "string" ? encoder.encode(each) : each);
  const size = values.reduce((sum, each) => sum + 2 + 4 + (each?.length ?? 0), 0);
  const statement = cstring(name);
  const bindLength = 4 + 1 + statement.length + 2 + 2 + size + 2;
  const length = 1 + bindLength + (describes ? 7 : 0) + 10 + (syncs ? 5 : 0);
  const encode = (target: Uint8Array, at: number) => {
    const writer = new Writer(target, at);
    writer.type("B").int32(bindLength).byte(0).all([statement]).int16(values.length);
    for (const each of parameters) writer.int16(typeof each === "string" ? TEXT : BINARY);
    writer.int16(values.length);
    for (const each of values) {
      writer.int32(each?.length ?? -1);
      if (each instanceof Uint8Array) writer.all([each]);
      else if (each !== null) writer.encoding(each);
    }
    writer.int16(0); // results as texts
    if (describes) writer.type("D").int32(6).type("P").byte(0);
    writer.type("E").int32(9).byte(0).int32(0);
    if (syncs) writer.type("S").int32(4);
  };
  return { length, encode };
}

/** PasswordMessage, and the messages of SASL, whose content is not a text but bytes. */
export function password(content: Uint8Array): Uint8Array {
  return message("p", [content]);
}

/** The content of a SASLInitialResponse. */
export function saslInitialResponse(mechanism: string, response: Uint8Array): Uint8Array {
  const name = cstring(mechanism);
  return new Writer(name.length + 4 + response.length).all([name]).int32(response.length)
    .all([response]).bytes;
}

/** CopyFail: ends a COPY FROM STDIN, which this program does not ask for. */
export function copyFail(): Uint8Array {
  return message("f", [cstring("")]);
}

/** Terminate. */
export function terminate(): Uint8Array {
  return message("X", []);
}

/** A text with a zero byte at its end. */
export function cstring(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

function message(type: string, content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, each) => sum + each.length, 4);
  return new Writer(1 + length).type(type).int32(length).all(content).bytes;
}

function int32(value: number): Uint8Array {
  return new Writer(4).int32(value).bytes;
}

function int16(value: number): Uint8Array {
  return new Writer(2).int16(value).bytes;
}

/** Fills bytes, of which the number is known before. */
class Writer {
  readonly bytes: Uint8Array;
  #at: number;

  /** Makes bytes of that number; or fills `bytes`, from `at` on. */
  constructor(bytes: Uint8Array | number, at = 0) {
    this.bytes = typeof bytes === "number" ? new Uint8Array(bytes) : bytes;
    this.#at = at;
  }

  byte(value: number): this {
    this.bytes[this.#at++] = value;
    return this;
  }

  type(letter: string): this {
    return this.byte(letter.charCodeAt(0));
  }

  int16(value: number): this {
    return this.byte(value >> 8).byte(value);
  }

  int32(value: number): this {
    return this.int16(value >> 16).int16(value);
  }

  encoding(encoding: Encoding): this {
    encoding.encode(this.bytes, this.#at);
    this.#at += encoding.length;
    return this;
  }

  all(pieces: readonly Uint8Array[]): this {
    for (const piece of pieces) {
      this.bytes.set(piece, this.#at);
      this.#at += piece.length;
    }
    return this;
  }
}
