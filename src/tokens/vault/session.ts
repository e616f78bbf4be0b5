/**
 * The token that requests carry: got, kept alive, and got anew where it ran out.
 *
 * A token that can be renewed is renewed when two thirds of its time have passed, requests or not. One
 * that cannot, or not much further, is replaced by logging in again, where there is a way to log in; so
 * is one that Vault no longer takes.
 */
import type { VaultReply, VaultRequest } from "./connection.ts";
import { logIn } from "./log_in.ts";
import type { VaultLogin } from "./login_settings.ts";
import { refused } from "./errors.ts";
import { isSuccess, type Lease, leaseOf, lookedUpLease } from "./responses.ts";
import type { PatientConnection } from "./retries.ts";

const FORBIDDEN = 403;
const RENEW_AFTER = 2 / 3;
const LONGEST_WAIT_MS = 12 * 3600_000;
const SHORTEST_WAIT_MS = 500;
const RENEW_SELF: VaultRequest = { method: "POST", path: "auth/token/renew-self", body: "{}" };
const LOOK_UP_SELF: VaultRequest = { method: "GET", path: "auth/token/lookup-self" };

/** A lease, with the time on this process's clock at which it ends. */
interface Held extends Lease {
  readonly endMs: number;
  /** What it lasted when it was new. */
  readonly firstSeconds: number;
}

/** Asks Vault in the name of whoever is configured. */
export class VaultSession {
  readonly #login: VaultLogin;
  readonly #connection: PatientConnection;
  #held: Held | undefined;
  #entering: Promise<Held> | undefined;
  #timer: number | undefined;
  #isClosed = false;

  constructor(login: VaultLogin, connection: PatientConnection) {
    this.#login = login;
    this.#connection = connection;
  }

  /**
   * The answer to a request. One of status 403 means that the policies do not allow it: a token that
   * ran out is replaced, or else `token_sdk_error` says so.
   */
  async ask(request: VaultRequest): Promise<VaultReply> {
    const held = await this.#enter();
    const reply = await this.#connection.send(request, held.token);
    if (reply.status !== FORBIDDEN) return reply;
    if (this.#login.kind === "token") {
      await this.#checkToken(held);
      return reply;
    }
    if (this.#held === held) this.#held = undefined; // somebody else may have replaced it already
    return await this.#connection.send(request, (await this.#enter()).token);
  }

  /** Forgets the token. It stays valid in Vault until it runs out: others may share it. */
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
    // a policy may forbid the look; whether the token is good will be seen by what it is used for
    if (isSuccess(reply)) return this.#hold(lookedUpLease(token, reply));
    return this.#hold({ token, seconds: 0, isRenewable: false });
  }

  async #checkToken({ token }: Held): Promise<void> {
    const reply = await this.#connection.send(LOOK_UP_SELF, token);
    if (isSuccess(reply)) return;
    throw refused(
      "VAULT_TOKEN ran out or was revoked, or is of another namespace, " +
        "or its policies allow neither this nor auth/token/lookup-self",
    );
  }

  #hold(lease: Lease, firstSeconds = lease.seconds): Held {
    const lastsMs = lease.seconds === 0 ? Infinity : lease.seconds * 1000;
    // nothing replaces a token that was given: it is tried, and Vault says what it thinks of it
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
    Deno.unrefTimer(this.#timer); // it keeps no program alive that has nothing else to do
  }

  /** Never throws: whatever fails here shows when the token is used. */
  async #renew(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    try {
      const renewed = held.isRenewable ? await this.#renewSelf(held) : undefined;
      if (this.#isClosed || this.#held !== held) return;
      // near the longest life of a token each renewal gives it less
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
