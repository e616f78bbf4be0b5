/** The configured SDK, made when the first run needs it. */
import { findAdapter } from "./adapters.ts";
import type { TokenSdk } from "./token_sdk.ts";

/** Gives the same SDK each time, prepared for a run; one that could not be made is tried again by the next run. */
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
