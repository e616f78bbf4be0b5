/**
 * The calls of Vault's Transit engine that work on batches, for one key:
 * https://developer.hashicorp.com/vault/api-docs/secret/transit
 *
 * If the policies allow it, Vault creates a missing key when something is encrypted with it, and that
 * key would not be convergent. So each request to encrypt asks for a type of key that does not exist:
 * Vault checks the type only when it creates a key, and then refuses.
 */
import { Semaphore } from "../../async.ts";
import type { VaultReply, VaultRequest } from "./connection.ts";
import type { VaultLimits } from "./limits.ts";
import { refused } from "./errors.ts";
import {
  batchResultsOf,
  isSuccess,
  isTooLarge,
  type ItemResult,
  type KeyFacts,
  keyFactsOf,
} from "./responses.ts";
import type { VaultSession } from "./session.ts";
import type { VaultSettings } from "./settings.ts";
import { splitEvenly } from "./batching.ts";

const NO_TYPE = "none-to-be-created";
const FORBIDDEN = 403;
const NOT_FOUND = 404;
/** Strings in an item, and how many more with a version. */
const ITEM_STRINGS = 4;
const VERSION_STRINGS = 1;

/** What to do with each item of a batch. */
export type TransitCall = "encrypt" | "decrypt" | "rewrap";

/** The items of a batch. */
export interface TransitBatch {
  readonly call: TransitCall;
  /** Values in base64, or tokens. */
  readonly inputs: readonly string[];
  /** In base64. */
  readonly context: string;
  /** The version of the key to encrypt with; the latest if omitted. */
  readonly version?: number;
}

/** One key of a Transit engine. */
export class TransitEngine {
  readonly #session: VaultSession;
  readonly #limits: VaultLimits;
  readonly #mount: string;
  readonly #key: string;
  readonly #requests: Semaphore;

  constructor(session: VaultSession, { mount, key }: VaultSettings, limits: VaultLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#mount = mount;
    this.#key = key;
    this.#requests = new Semaphore(limits.requests);
  }

  /** A result for each input, in the same order. Throws `token_sdk_unreachable`, `token_sdk_error`. */
  async run(batch: TransitBatch): Promise<ItemResult[]> {
    const parts = this.#partsOf(batch);
    if (parts.length === 1) return await this.#send(batch);
    const results = parts.map((inputs) => this.#send({ ...batch, inputs }));
    // no request may still be under way when a failure is reported
    const failed = (await Promise.allSettled(results)).find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return (await Promise.all(results)).flat();
  }

  /** The properties of the key; undefined if the policies do not allow reading them. Throws if there is none. */
  async keyFacts(): Promise<KeyFacts | undefined> {
    const reply = await this.#ask({ method: "GET", path: `${this.#mount}/keys/${this.#key}` });
    if (reply.status === FORBIDDEN) return undefined;
    if (reply.status === NOT_FOUND) throw refused(this.#nothingThere());
    if (!isSuccess(reply)) throw refused(`it responds with HTTP status ${reply.status}`);
    return keyFactsOf(reply);
  }

  #ask(request: VaultRequest): Promise<VaultReply> {
    return this.#requests.run(() => this.#session.ask(request));
  }

  #partsOf({ inputs, context, version }: TransitBatch): readonly (readonly string[])[] {
    const { itemsPerRequest, bytesPerRequest } = this.#limits;
    const share = version === undefined ? 1 : ITEM_STRINGS / (ITEM_STRINGS + VERSION_STRINGS);
    return splitEvenly(inputs, {
      maxItems: Math.max(1, Math.floor(itemsPerRequest * share)),
      maxBytes: bytesPerRequest,
      extraBytes: context.length + ITEM_BYTES,
    });
  }

  async #send(batch: TransitBatch): Promise<ItemResult[]> {
    const { call, inputs } = batch;
    if (inputs.length === 0) return [];
    const path = `${this.#mount}/${call}/${this.#key}`;
    const reply = await this.#ask({ method: "POST", path, body: bodyOf(batch) });
    const results = batchResultsOf(reply, inputs.length);
    if (results !== undefined) return results; // of status 400 if an item is refused
    if (!isTooLarge(reply)) throw await this.#whyRefused(call, reply);
    if (inputs.length === 1) throw refused("a value is larger than it accepts in one request");
    const middle = inputs.length >> 1;
    const first = await this.#send({ ...batch, inputs: inputs.slice(0, middle) });
    return [...first, ...await this.#send({ ...batch, inputs: inputs.slice(middle) })];
  }

  async #whyRefused(call: TransitCall, { status }: VaultReply) {
    const facts = await this.keyFacts(); // throws if the key or the engine is gone
    if (facts?.isDeleted) return refused(`the key "${this.#key}" is deleted`);
    if (status === FORBIDDEN) {
      return refused(`its policies do not allow "update" on ${this.#mount}/${call}/${this.#key}`);
    }
    if (status === NOT_FOUND) return refused(this.#nothingThere());
    return refused(`it refuses to ${call} with the key "${this.#key}" (HTTP status ${status})`);
  }

  #nothingThere(): string {
    return `there is no key "${this.#key}" in a Transit engine at "${this.#mount}" in this namespace`;
  }
}

/** Bytes of an item in JSON beyond its input and context. */
const ITEM_BYTES = 64;

function bodyOf({ call, inputs, context, version: key_version }: TransitBatch): string {
  if (call === "encrypt") {
    const batch_input = inputs.map((plaintext) => ({ plaintext, context, key_version }));
    return JSON.stringify({ type: NO_TYPE, batch_input });
  }
  return JSON.stringify({
    batch_input: inputs.map((ciphertext) => ({ ciphertext, context, key_version })),
  });
}
