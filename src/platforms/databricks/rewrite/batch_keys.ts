/** The keys of a session, by which batches name texts, and hold values, without showing any. */
import type { PreparedSession } from "../connection/session.ts";
import {
  DECLARE_KEY,
  DECLARE_VALUES_KEY,
  READ_VALUES_KEY,
  type ValuesKeyRow,
} from "../sql/session_key.ts";
import { actionOn, type Work } from "./work.ts";

/** Encrypts a text for `unsealed`. */
export type Seal = (text: string) => Promise<string>;

/** The keys of one session. */
export interface BatchKeys {
  /** The only session that has them. */
  readonly prepared: PreparedSession;
  /** Undefined if what is written are tokens, which anybody may see. */
  readonly seal: Seal | undefined;
}

/** 96 bits, as GCM prefers and `aes_decrypt` expects before the ciphertext. */
const NONCE_BYTES = 12;

/** Has the warehouse make the keys. Throws what `Session.prepare` and `Session.queryWithin` throw. */
export async function prepareKeys({ session, table, run }: Work): Promise<BatchKeys> {
  const action = actionOn(table);
  const prepared = await session.prepare(action, DECLARE_KEY);
  if (!run.writesValues) return { prepared, seal: undefined };
  await session.write(action, DECLARE_VALUES_KEY, {}, prepared);
  const [row] = await session.queryWithin<ValuesKeyRow>(prepared, action, READ_VALUES_KEY);
  const bytes = Uint8Array.fromHex(row!.k);
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
  bytes.fill(0);
  return {
    prepared,
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const plaintext = new TextEncoder().encode(text);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plaintext);
      const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
      whole.set(iv);
      whole.set(new Uint8Array(sealed), NONCE_BYTES);
      return whole.toBase64();
    },
  };
}
