/** The configured SDK, created when the first run needs it. */
import { findAdapter } from "./adapters.ts";
import type { TokenSdk } from "./token_sdk.ts";

/**
 * Returns the same SDK each time, prepared for a run. If it could not be created, the next run tries
 * again. Throws what the SDK's `create` and `prepare` throw.
 */
export function lazyTokenSdk(
  { mode, settings }: { readonly mode: string; readonly settings: unknown },
): () => Promise<TokenSdk> {
  const adapter = findAdapter(mode);
  if (adapter === undefined) {
    throw new TypeError(`Cannot make the token SDK: none is named "${mode}"`);
  }
  let made: Promise<TokenSdk> | undefined;
  return async () => {
    made ??= Promise.resolve(adapter.create(settings));
    const sdk = await made.catch((error) => {
      made = undefined;
      throw error;
    });
    await sdk.prepare?.();
    return sdk;
  };
}
