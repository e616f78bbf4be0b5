/**
 * The part of HTTP/1.1 that the driver uses, on a plain connection: the gateway has to count
 * connections and to cut them between two bytes, which no HTTP server allows.
 */

export interface HttpRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

/** The length of an incomplete response in bytes, including its head. */
export const PART_LENGTH = 4096;
const HEAD_LIMIT = 64 * 1024;
const REASONS: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** Reads requests from a connection and writes responses to it. */
export class HttpWire {
  private buffered = new Uint8Array();

  constructor(private readonly connection: Deno.Conn) {}

  /** The next request, or undefined if the client has closed the connection. */
  async readRequest(): Promise<HttpRequest | undefined> {
    const head = await this.readHead();
    if (head === undefined) return undefined;
    const [requestLine = "", ...headerLines] = head.split("\r\n");
    const [method = "", target = ""] = requestLine.split(" ");
    const headers = new Headers();
    for (const line of headerLines) {
      const colon = line.indexOf(":");
      if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    if (headers.has("transfer-encoding")) {
      throw new Error("Cannot read the request: its body has no Content-Length");
    }
    const body = await this.readBody(Number(headers.get("content-length") ?? "0"));
    return { method, target, headers, body };
  }

  /** Writes a response that ends before its Content-Length. */
  async writePart(): Promise<void> {
    const part = new Uint8Array(PART_LENGTH);
    part.set(new TextEncoder().encode(
      "HTTP/1.1 200 OK\r\ncontent-type: application/x-thrift\r\n" +
        `content-length: ${2 * PART_LENGTH}\r\n\r\n`,
    ));
    await this.connection.write(part);
  }

  async write(response: HttpResponse): Promise<void> {
    const body = response.body ?? new Uint8Array();
    const reason = REASONS[response.status] ?? "Status";
    const headers = { ...response.headers, "content-length": String(body.length) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = new TextEncoder().encode(
      `HTTP/1.1 ${response.status} ${reason}\r\n${lines.join("")}\r\n`,
    );
    const bytes = new Uint8Array(head.length + body.length);
    bytes.set(head);
    bytes.set(body, head.length);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.connection.write(bytes.subarray(sent));
    }
  }

  private async readHead(): Promise<string | undefined> {
    for (;;) {
      const end = indexOfBlankLine(this.buffered);
      if (end >= 0) {
        const head = new TextDecoder().decode(this.buffered.subarray(0, end));
        this.buffered = this.buffered.slice(end + 4);
        return head;
      }
      if (this.buffered.length > HEAD_LIMIT) throw new Error("Cannot read the request: long head");
      const chunk = await this.readChunk(4096);
      if (chunk === undefined) return undefined;
      const joined = new Uint8Array(this.buffered.length + chunk.length);
      joined.set(this.buffered);
      joined.set(chunk, this.buffered.length);
      this.buffered = joined;
    }
  }

  private async readBody(length: number): Promise<Uint8Array> {
    const body = new Uint8Array(length);
    const ready = this.buffered.subarray(0, length);
    body.set(ready);
    this.buffered = this.buffered.slice(ready.length);
    for (let filled = ready.length; filled < length;) {
      const read = await this.connection.read(body.subarray(filled));
      if (read === null) throw new Error("Cannot read the request: the client hung up");
      filled += read;
    }
    return body;
  }

  private async readChunk(size: number): Promise<Uint8Array | undefined> {
    const chunk = new Uint8Array(size);
    const read = await this.connection.read(chunk);
    return read === null ? undefined : chunk.subarray(0, read);
  }
}

function indexOfBlankLine(bytes: Uint8Array): number {
  for (let index = 0; index + 3 < bytes.length; index++) {
    if (
      bytes[index] === 13 && bytes[index + 1] === 10 && bytes[index + 2] === 13 &&
      bytes[index + 3] === 10
    ) return index;
  }
  return -1;
}
