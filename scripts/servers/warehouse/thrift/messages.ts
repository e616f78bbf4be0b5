/**
 * Thrift messages as bytes, one at a time, with the types that the driver itself ships.
 *
 * A message is an envelope (method, kind, sequence number) around a struct with a single field:
 * the request (field 1 of the arguments) or the reply (field 0 of the result).
 */
import { Buffer } from "node:buffer";
import thrift from "thrift";

/** A struct of the generated code: it reads and writes itself. */
export interface ThriftStruct {
  read(input: unknown): void;
  write(output: unknown): void;
}

/** What comes before the struct. */
export interface Envelope {
  readonly method: string;
  readonly kind: number;
  readonly sequence: number;
}

export const CALL = 1;
const REPLY = 2;
const REQUEST_FIELD = 1;
const RESULT_FIELD = 0;

interface Protocol {
  readMessageBegin(): { fname: string; mtype: number; rseqid: number };
  readMessageEnd(): void;
  readStructBegin(): unknown;
  readStructEnd(): void;
  readFieldBegin(): { ftype: number; fid: number };
  readFieldEnd(): void;
  skip(type: number): void;
  writeMessageBegin(name: string, type: number, sequence: number): void;
  writeMessageEnd(): void;
  writeStructBegin(name: string): void;
  writeStructEnd(): void;
  writeFieldBegin(name: string, type: number, id: number): void;
  writeFieldEnd(): void;
  writeFieldStop(): void;
  flush(): void;
}

const { TBinaryProtocol, TBufferedTransport, Thrift } = thrift as unknown as {
  TBinaryProtocol: new (transport: unknown) => Protocol;
  TBufferedTransport: {
    new (buffer: undefined, onFlush: (bytes: Uint8Array) => void): unknown;
    receiver(onData: (transport: unknown) => void, sequence: number): (data: Buffer) => void;
  };
  Thrift: { Type: { STOP: number; STRUCT: number } };
};

function reader(bytes: Uint8Array): Protocol {
  let transport: unknown;
  const receive = TBufferedTransport.receiver((received) => transport = received, 0);
  receive(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return new TBinaryProtocol(transport);
}

function readEnvelope(protocol: Protocol): Envelope {
  const { fname, mtype, rseqid } = protocol.readMessageBegin();
  return { method: fname, kind: mtype, sequence: rseqid };
}

/** The envelope alone: enough to know whether the rest matters. */
export function peekEnvelope(bytes: Uint8Array): Envelope {
  return readEnvelope(reader(bytes.subarray(0, 256)));
}

function decode<T extends ThriftStruct>(bytes: Uint8Array, field: number, make: () => T): T {
  const protocol = reader(bytes);
  readEnvelope(protocol);
  const struct = make();
  let found = false;
  protocol.readStructBegin();
  for (;;) {
    const { ftype, fid } = protocol.readFieldBegin();
    if (ftype === Thrift.Type.STOP) break;
    if (fid === field && ftype === Thrift.Type.STRUCT) {
      struct.read(protocol);
      found = true;
    } else protocol.skip(ftype);
    protocol.readFieldEnd();
  }
  if (!found) throw new Error(`Cannot read the Thrift message: it holds no field ${field}`);
  return struct;
}

function encode(envelope: Envelope, field: number, struct: ThriftStruct): Uint8Array {
  let bytes = new Uint8Array();
  const transport = new TBufferedTransport(undefined, (flushed) => bytes = new Uint8Array(flushed));
  const protocol = new TBinaryProtocol(transport);
  protocol.writeMessageBegin(envelope.method, envelope.kind, envelope.sequence);
  protocol.writeStructBegin("envelope");
  protocol.writeFieldBegin("body", Thrift.Type.STRUCT, field);
  struct.write(protocol);
  protocol.writeFieldEnd();
  protocol.writeFieldStop();
  protocol.writeStructEnd();
  protocol.writeMessageEnd();
  protocol.flush();
  return bytes;
}

/** The request in a call, read into `make()`'s struct. */
export function decodeRequest<T extends ThriftStruct>(bytes: Uint8Array, make: () => T): T {
  return decode(bytes, REQUEST_FIELD, make);
}

/** The reply to a call, read into `make()`'s struct. */
export function decodeReply<T extends ThriftStruct>(bytes: Uint8Array, make: () => T): T {
  return decode(bytes, RESULT_FIELD, make);
}

/** A call, with the request inside. */
export function encodeRequest(envelope: Envelope, request: ThriftStruct): Uint8Array {
  return encode({ ...envelope, kind: CALL }, REQUEST_FIELD, request);
}

/** The reply to the call that `envelope` came with. */
export function encodeReply(envelope: Envelope, reply: ThriftStruct): Uint8Array {
  return encode({ ...envelope, kind: REPLY }, RESULT_FIELD, reply);
}
