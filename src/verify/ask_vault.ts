/**
 * Asks Vault whether tokens are authentic, by having it decrypt them. The values that come back are
 * dropped. The connection and the login are those of the token SDK; what is asked is not.
 */
import { openConnection } from "../tokens/vault/connection.ts";
import { refused } from "../tokens/vault/errors.ts";
import { VAULT_LIMITS } from "../tokens/vault/limits.ts";
import { withRetries } from "../tokens/vault/retries.ts";
import { VaultSession } from "../tokens/vault/session.ts";
import type { VaultSettings } from "../tokens/vault/settings.ts";
import type { AskVault, VaultVerdict } from "./known_keys.ts";

const FORBIDDEN = 403;

/** Vault, as far as verification needs it. */
export interface VaultWitness {
  readonly ask: AskVault;
  /** Forgets the login. */
  close(): void;
}

/** Makes the witness. It logs in when it is first asked. */
export function openWitness(settings: VaultSettings): VaultWitness {
  const session = new VaultSession(
    settings.login,
    withRetries(openConnection(settings), VAULT_LIMITS),
  );
  const path = `${settings.mount}/decrypt/${settings.key}`;
  const { itemsPerRequest, bytesPerRequest } = VAULT_LIMITS;
  return {
    async ask(tokens, binding) {
      const context = binding.toBase64();
      const once = [...new Set(tokens)];
      const verdicts = new Map<string, VaultVerdict>();
      for (const part of split(once, itemsPerRequest, bytesPerRequest)) {
        const batch_input = part.map((ciphertext) => ({ ciphertext, context }));
        const body = JSON.stringify({ batch_input });
        const { status, json } = await session.ask({ method: "POST", path, body });
        const found = status === FORBIDDEN
          ? part.map(() => "not_allowed" as const)
          : verdictsOf(json, part.length);
        if (found === undefined) throw refused(`it refuses to decrypt (HTTP status ${status})`);
        for (const [i, token] of part.entries()) verdicts.set(token, found[i]!);
      }
      return tokens.map((token) => verdicts.get(token)!);
    },
    close: () => session.close(),
  };
}

/** Parts with as many texts and bytes as one request may have. */
function* split(texts: readonly string[], maxItems: number, maxBytes: number): Generator<string[]> {
  let part: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    if (part.length === maxItems || (part.length > 0 && bytes + text.length > maxBytes)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(text);
    bytes += text.length;
  }
  if (part.length > 0) yield part;
}

/** One for each item; undefined if the response has another form. Of status 400 if an item is refused. */
function verdictsOf(json: unknown, count: number): VaultVerdict[] | undefined {
  const { batch_results: results } = object(object(json).data);
  if (!Array.isArray(results) || results.length !== count) return undefined;
  return results.map((result) => {
    const { plaintext, error } = object(result);
    const isOpened = typeof plaintext === "string" && (error === undefined || error === "");
    return isOpened ? "opened" : "refused";
  });
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
