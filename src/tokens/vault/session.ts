/**
 * The Vault token sent with each request: obtained at login, renewed, and replaced when it expires.
 *
 * A renewable token is renewed after two thirds of its lifetime, whether or not there are requests. One
 * that is not renewable, or not for much longer, is replaced by logging in again, if there is a way to
 * log in; so is one that Vault rejects.
 */
import type { VaultReply, VaultRequest } from "./connection.ts";
import { logIn } from "./log_in.ts";
import type { VaultLogin } from "./login_settings.ts";
import { refused } from "./errors.ts";
import { isSuccess, type Lease, leaseOf, lookedUpLease } from "./responses.ts";
import type { RetryingConnection } from "./retries.ts";

const FORBIDDEN = 403;
const RENEW_AFTER = 2 / 3;
const LONGEST_WAIT_MS = 12 * 3600_000;
const SHORTEST_WAIT_MS = 500;
const RENEW_SELF: VaultRequest = { method: "POST", path: "auth/token/renew-self", body: "{}" };
const LOOK_UP_SELF: VaultRequest = { method: "GET", path: "auth/token/lookup-self" };

/** A lease, with the time on this process's clock at which it expires. */
interface Held extends Lease {
  readonly endMs: number;
  /** Its lifetime when it was new. */
  readonly firstSeconds: number;
}

/** Sends requests to Vault with the configured login. */
export class VaultSession {
  readonly #login: VaultLogin;
  readonly #connection: RetryingConnection;
  #held: Held | undefined;
  #entering: Promise<Held> | undefined;
  #timer: number | undefined;
  #isClosed = false;

  constructor(login: VaultLogin, connection: RetryingConnection) {
    this.#login = login;
    this.#connection = connection;
  }

  /**
   * The response to a request. Status 403 means that the policies do not allow it: an expired token is
   * replaced first. Throws `token_sdk_error` if an expired token cannot be replaced.
   */
  async ask(request: VaultRequest): Promise<VaultReply> {
    const held = await this.#enter();
    const reply = await this.#connection.send(request, held.token);
    if (reply.status !== FORBIDDEN) return reply;
    if (this.#login.kind === "token") {
      await this.#checkToken(held);
      return reply;
    }
    if (this.#held === held) this.#held = undefined; // another request may have replaced it already
    return await this.#connection.send(request, (await this.#enter()).token);
  }

  /** Forgets the token. It stays valid in Vault until it expires: others may share it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#held = undefined;
    this.#connection.close();
  }

  #enter(): Promise<Held> {
    if (this.#held !== undefined && this.#held.endMs > performance.now()) {
      return Promise.resolve(this.#held);
    }
    this.#entering ??= this.#begin().finally(() => this.#entering = undefined);
    return this.#entering;
  }

  async #begin(): Promise<Held> {
    if (this.#login.kind !== "token") return this.#hold(await logIn(this.#login, this.#connection));
    const { token } = this.#login;
    const reply = await this.#connection.send(LOOK_UP_SELF, token);
    // a policy may forbid looking it up; whether the token is valid shows when it is used
    if (isSuccess(reply)) return this.#hold(lookedUpLease(token, reply));
    return this.#hold({ token, seconds: 0, isRenewable: false });
  }

  async #checkToken({ token }: Held): Promise<void> {
    const reply = await this.#connection.send(LOOK_UP_SELF, token);
    if (isSuccess(reply)) return;
    throw refused(
      "VAULT_TOKEN expired or was revoked, or belongs to another namespace, " +
        "or its policies allow neither this nor auth/token/lookup-self",
    );
  }

  #hold(lease: Lease, firstSeconds = lease.seconds): Held {
    const lastsMs = lease.seconds === 0 ? Infinity : lease.seconds * 1000;
    // nothing replaces a token that was configured: it is always tried, and Vault decides
    const endMs = this.#login.kind === "token" ? Infinity : performance.now() + lastsMs;
    this.#held = { ...lease, endMs, firstSeconds };
    if (lease.isRenewable || this.#login.kind !== "token") {
      this.#renewIn(lastsMs * RENEW_AFTER * (0.9 + Math.random() / 10));
    }
    return this.#held;
  }

  #renewIn(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || waitMs === Infinity) return;
    const bounded = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitMs));
    this.#timer = setTimeout(() => void this.#renew(), bounded);
    Deno.unrefTimer(this.#timer); // it must not keep the program running
  }

  /** Never throws: a failure shows when the token is used. */
  async #renew(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    try {
      const renewed = held.isRenewable ? await this.#renewSelf(held) : undefined;
      if (this.#isClosed || this.#held !== held) return;
      // each renewal near the maximum TTL grants less time
      const isEnough = renewed !== undefined &&
        (this.#login.kind === "token" || renewed.seconds > held.firstSeconds / 2);
      if (isEnough) this.#hold(renewed, held.firstSeconds);
      else if (this.#login.kind !== "token") this.#hold(await logIn(this.#login, this.#connection));
    } catch {
      if (!this.#isClosed) this.#renewIn(held.seconds * 1000 / 10);
    }
  }

  async #renewSelf({ token }: Held): Promise<Lease | undefined> {
    const reply = await this.#connection.send(RENEW_SELF, token);
    return isSuccess(reply) ? leaseOf(reply) : undefined;
  }
}
