/**
 * Carries the driver's Thrift messages to the warehouse and back, with Deno's own `fetch`.
 *
 * The driver itself would use node-fetch on `node:https`. Under Deno that cannot tell an untrusted
 * certificate from a lost connection, does not notice a closed connection, and leaves an unhandled
 * rejection after an incomplete response, which ends the process. Redirects, which would take the
 * access token elsewhere, are not followed.
 */
import { noteRefusal } from "../../../sandbox_refusals.ts";
import { Buffer } from "node:buffer";
import { readRetryAfterSeconds } from "../../../retry_after.ts";
import type { DatabricksSettings } from "./settings.ts";

/** The warehouse, or something in front of it, gave another response than a Thrift message. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";

  constructor(readonly status: number, readonly retryAfterSeconds: number | undefined) {
    super(`HTTP ${status}`);
  }
}

/** No response came. */
export class NoResponseError extends Error {
  override readonly name = "NoResponseError";

  constructor(
    /** Whether the request may have got there. */
    readonly wasSent: boolean,
    /** In capitals, such as `ECONNREFUSED`; undefined if nothing is known. */
    readonly reason: string | undefined,
  ) {
    super(reason ?? "no response");
  }
}

/** The part of the driver's connection used here (`ThriftHttpConnection` in version 2.1.0). */
export interface ThriftConnection {
  readonly url: string;
  readonly config: { readonly headers: Readonly<Record<string, string>> };
  readonly transport: {
    receiver(handle: (message: unknown) => void, sequence: number): (bytes: Buffer) => void;
  };
  readonly client: {
    readonly _reqs: Record<number, ((error: unknown) => void) | undefined>;
  };
  handleThriftResponse(message: unknown): void;
  write(message: Uint8Array<ArrayBuffer>, sequence: number): void;
}

/** The connections of one client. */
export class HttpTransport {
  readonly #requestTimeoutMs: number;
  // HTTP/1.1, as the driver uses it
  readonly #client = Deno.createHttpClient({ http2: false });

  constructor({ requestTimeoutMs }: DatabricksSettings) {
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** Sends what `connection` writes from now on. */
  carry(connection: ThriftConnection): void {
    connection.write = (message, sequence) => {
      this.#send(connection, message).then((response) => {
        const handle = (message: unknown) => connection.handleThriftResponse(message);
        connection.transport.receiver(handle, sequence)(Buffer.from(response));
      }).catch((error) => {
        const { _reqs: requests } = connection.client;
        const fail = requests[sequence];
        delete requests[sequence];
        fail?.(error);
      });
    };
  }

  /** Closes all connections. */
  close(): void {
    this.#client.close();
  }

  async #send(
    { url, config }: ThriftConnection,
    message: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...config.headers, "content-type": "application/x-thrift" },
        body: message,
        redirect: "manual",
        signal: AbortSignal.timeout(this.#requestTimeoutMs),
        client: this.#client,
      });
      if (response.status === 200) return await response.arrayBuffer();
      await response.body?.cancel();
      const seconds = readRetryAfterSeconds(response.headers);
      throw new HttpStatusError(response.status, seconds || undefined);
    } catch (error) {
      throw error instanceof HttpStatusError ? error : toNoResponse(error);
    }
  }
}

/** What `fetch` threw, without its message: Deno wrote that, but it may hold the URL. */
export function toNoResponse(thrown: unknown): NoResponseError {
  noteRefusal(thrown);
  const { name, message } = thrown as Error;
  const reason = name === "TimeoutError"
    ? "TIMEOUT"
    : REASONS.find(([pattern]) => pattern.test(message))?.[1];
  return new NoResponseError(!/\(Connect\)|Requires net access/.test(message), reason);
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/UnknownIssuer/, "CERTIFICATE_UNKNOWN_ISSUER"],
  [/certificate expired/, "CERTIFICATE_EXPIRED"],
  [/certificate not valid yet/, "CERTIFICATE_NOT_VALID_YET"],
  [/not valid for any names/, "CERTIFICATE_WITHOUT_HOST_NAMES"],
  [/UnsupportedCertVersion/, "CERTIFICATE_OF_VERSION_1"],
  [/certificate not valid for name|NotValidForName/, "CERTIFICATE_OF_ANOTHER_HOST"],
  [/invalid peer certificate/, "CERTIFICATE_INVALID"],
  [/dns error|failed to lookup address/, "ENOTFOUND"],
  [/Connection refused/i, "ECONNREFUSED"],
  [/No route to host/i, "EHOSTUNREACH"],
  [/Network is unreachable/i, "ENETUNREACH"],
  [/Connection reset/i, "ECONNRESET"],
  [/timed out/i, "ETIMEDOUT"],
  [/Requires net access/, "NOT_ALLOWED"],
];
