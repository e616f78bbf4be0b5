/**
 * SCRAM-SHA-256: proves that the password is known without sending it, and has the server prove the same.
 *
 * Source: RFC 5802 and RFC 7677; PostgreSQL documentation, "55.3 SASL Authentication".
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AuthenticationFault } from "./connection_fault.ts";

const HASH_BITS = 256;
const NONCE_BYTES = 18;

/** What the exchange says about the connection below it, as RFC 5802 section 7 encodes it. */
export interface ChannelBinding {
  /** `n`: not possible; `y`: possible, but not offered by the server; `p=…`: bound in this way. */
  readonly flag: string;
  /** What binds; empty unless the flag is `p=…`. */
  readonly data: Uint8Array;
}

/** What may be given for the test vectors. */
export interface ScramOptions {
  /** Postgres goes by the user of the connection, and ignores this one. */
  readonly user?: string;
  readonly nonce?: string;
}

/** One exchange. */
export class ScramExchange {
  /** The first message to the server. */
  readonly first: string;
  readonly #password: string;
  readonly #header: string;
  readonly #binding: Uint8Array;
  readonly #firstBare: string;
  readonly #nonce: string;
  #serverSignature: Uint8Array | undefined;
  #isProven = false;

  constructor(
    password: string,
    { flag, data }: ChannelBinding,
    { user = "", nonce = randomNonce() }: ScramOptions = {},
  ) {
    this.#password = password;
    this.#header = `${flag},,`;
    this.#binding = data;
    this.#nonce = nonce;
    this.#firstBare = `n=${user},r=${nonce}`;
    this.first = this.#header + this.#firstBare;
  }

  /** Whether the server has proved that it knows the password. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** The response to the server's first message. Throws an `AuthenticationFault`. */
  async respond(serverFirst: string): Promise<string> {
    const [, nonce, salt, iterations] =
      /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=([1-9]\d{0,8})(?:,|$)/.exec(serverFirst) ??
        [];
    if (nonce === undefined || this.#serverSignature !== undefined) throw notKeptTo();
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) throw notKeptTo();
    const salted = await saltedPassword(this.#password, base64ToBytes(salt!), Number(iterations));
    const clientKey = hmac(salted, "Client Key");
    const bound = bytesToBase64([...new TextEncoder().encode(this.#header), ...this.#binding]);
    const withoutProof = `c=${bound},r=${nonce}`;
    const message = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const storedKey = Uint8Array.from(createHash("sha256").update(clientKey).digest());
    const signature = hmac(storedKey, message);
    const proof = clientKey.map((byte, i) => byte ^ signature[i]!);
    this.#serverSignature = hmac(hmac(salted, "Server Key"), message);
    return `${withoutProof},p=${bytesToBase64(proof)}`;
  }

  /** Checks the server's last message. Throws an `AuthenticationFault` if it does not know the password. */
  verify(serverFinal: string): void {
    const given = base64ToBytes(/^v=([A-Za-z0-9+/]+=*)(?:,|$)/.exec(serverFinal)?.[1] ?? "");
    const expected = this.#serverSignature;
    if (expected?.length !== given.length || !timingSafeEqual(expected, given)) throw notKeptTo();
    this.#isProven = true;
  }
}

async function saltedPassword(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const way = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(way, key, HASH_BITS));
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return Uint8Array.from(createHmac("sha256", key).update(text).digest());
}

function base64ToBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

function bytesToBase64(bytes: Iterable<number>): string {
  return Buffer.from(Uint8Array.from(bytes)).toString("base64");
}

function randomNonce(): string {
  return bytesToBase64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

function notKeptTo(): AuthenticationFault {
  return new AuthenticationFault("the server does not prove that it knows the password");
}
