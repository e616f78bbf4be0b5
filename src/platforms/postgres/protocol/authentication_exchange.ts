/**
 * The part of the start of a connection in which the server asks who connects.
 *
 * Source: PostgreSQL documentation, "55.2.1 Start-up", "55.3 SASL Authentication" and "55.7 Message
 * Formats".
 */
import { createHash } from "node:crypto";
import type { ContentReader } from "./backend_messages.ts";
import { AuthenticationFault, notTheProtocol } from "./connection_fault.ts";
import { cstring, password as passwordMessage, saslInitialResponse } from "./frontend_messages.ts";
import { TLS_SERVER_END_POINT, tlsServerEndPoint } from "./channel_binding.ts";
import { saslPrep } from "./saslprep.ts";
import { ScramExchange } from "./scram.ts";

/** What a server can ask for, in libpq's words. */
export type AskedMethod = "password" | "md5" | "gss" | "sspi" | "scram-sha-256" | "none";

/** The codes of the server's requests. */
const OK = 0;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;
const METHODS: Readonly<Record<number, AskedMethod>> = {
  3: "password",
  5: "md5",
  7: "gss",
  9: "sspi",
  [SASL]: "scram-sha-256",
};
const SCRAM = "SCRAM-SHA-256";
const SCRAM_BOUND = "SCRAM-SHA-256-PLUS";

/** Who connects. */
export interface Credentials {
  readonly user: string;
  readonly password: string | undefined;
  /** Called with the method that the server asks for before it gets anything. Throws if it must not. */
  readonly checkMethod: (method: AskedMethod) => void;
  /** Whether SCRAM is bound to the connection below it: never, if the server offers it, or always. */
  readonly channelBinding: "disable" | "prefer" | "require";
  /** The certificate of the server, in DER; undefined if the connection is not encrypted. */
  readonly certificate: Uint8Array | undefined;
}

const encoder = new TextEncoder();

/** The exchange of one connection. */
export class AuthenticationExchange {
  readonly #credentials: Credentials;
  #method: AskedMethod = "none";
  #scram: ScramExchange | undefined;
  #isResponding = false;
  #isOver = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Whether the server has let this program in. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The message in response to an Authentication message of the server, if it needs one. Throws what
   * `checkMethod` throws, an `AuthenticationFault`, or another `ConnectionFault`.
   */
  respond(content: ContentReader): Uint8Array | Promise<Uint8Array> | undefined {
    if (this.#isResponding || this.#isOver) throw notTheProtocol();
    const request = content.int32();
    const method = METHODS[request];
    if (method !== undefined) {
      this.#method = method;
      this.#credentials.checkMethod(method);
      if (request !== SASL) this.#refuseUnbound();
    }
    switch (request) {
      case OK:
        return this.#end();
      case SASL:
        return this.#startScram(mechanisms(content));
      case SASL_CONTINUE:
        return this.#prove(rest(content));
      case SASL_FINAL:
        return void this.#ongoing().verify(rest(content));
    }
    if (method === "password") return passwordMessage(cstring(this.#password()));
    if (method === "md5") return passwordMessage(cstring(this.#md5(content.rest())));
    throw new AuthenticationFault(
      "the server asks for a method of authentication that is not supported here",
    );
  }

  #end(): undefined {
    if (this.#method === "none") {
      this.#credentials.checkMethod("none");
      this.#refuseUnbound();
    }
    if (this.#method === "scram-sha-256" && this.#scram?.isProven !== true) {
      throw new AuthenticationFault("the server does not prove that it knows the password");
    }
    this.#isOver = true;
  }

  #startScram(offered: readonly string[]): Uint8Array {
    const data = this.#bindingData();
    const isBound = data !== undefined && offered.includes(SCRAM_BOUND);
    const mechanism = isBound ? SCRAM_BOUND : SCRAM;
    if (!isBound) this.#refuseUnbound();
    if (!offered.includes(mechanism) || this.#scram !== undefined) {
      throw new AuthenticationFault("the server offers no mechanism that is supported here");
    }
    const flag = isBound ? `p=${TLS_SERVER_END_POINT}` : data === undefined ? "n" : "y";
    this.#scram = new ScramExchange(saslPrep(this.#password()), {
      flag,
      data: isBound ? data : new Uint8Array(0),
    });
    return passwordMessage(saslInitialResponse(mechanism, encoder.encode(this.#scram.first)));
  }

  /** What SCRAM can be bound to; undefined if it cannot, or is not to be. */
  #bindingData(): Uint8Array | undefined {
    const { channelBinding, certificate } = this.#credentials;
    if (channelBinding === "disable" || certificate === undefined) return undefined;
    return tlsServerEndPoint(certificate);
  }

  #refuseUnbound(): void {
    if (this.#credentials.channelBinding !== "require") return;
    throw new AuthenticationFault(
      "the server cannot bind the password to the TLS connection, which channel_binding=require asks for",
    );
  }

  async #prove(serverFirst: string): Promise<Uint8Array> {
    this.#isResponding = true;
    const response = await this.#ongoing().respond(serverFirst);
    this.#isResponding = false;
    return passwordMessage(encoder.encode(response));
  }

  #ongoing(): ScramExchange {
    if (this.#scram === undefined) throw notTheProtocol();
    return this.#scram;
  }

  #password(): string {
    const { password } = this.#credentials;
    if (password === undefined) {
      throw new AuthenticationFault("the server asks for a password, and none is set");
    }
    return password;
  }

  /** `salt` makes the response differ each time; the inner digest is what the server stores. */
  #md5(salt: Uint8Array): string {
    const digest = (...parts: (string | Uint8Array)[]) => {
      const hash = createHash("md5");
      for (const part of parts) hash.update(part);
      return hash.digest("hex");
    };
    return `md5${digest(digest(this.#password(), this.#credentials.user), salt.slice(0, 4))}`;
  }
}

/** The names of the mechanisms that the server offers, up to an empty one. */
function mechanisms(content: ContentReader): string[] {
  const names: string[] = [];
  while (true) {
    const name = content.cstring();
    if (name === "") return names;
    names.push(name);
  }
}

function rest(content: ContentReader): string {
  return new TextDecoder().decode(content.rest());
}
