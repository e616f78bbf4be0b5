/** Whose tokens are in a column: selections for each kind, so that a database can count them. */
import { TOKEN_SDK_ADAPTERS } from "./adapters.ts";
import { type Selection, uniquePatterns } from "./selection.ts";
import { mayOverlap } from "./literal_prefixes.ts";
import type { TokenSdk } from "./token_sdk.ts";

/** A token is of one kind only. */
export interface TokenKinds {
  /** What the SDK would write now. */
  readonly own: Selection;
  /** Tokens of another key, version or setting of the same SDK, known to it or not. */
  readonly otherKey: Selection;
  readonly otherSdk: Selection;
}

/** The kinds, seen from `sdk`. */
export function tokenKindsOf({ pattern, current = pattern }: TokenSdk): TokenKinds {
  const families = TOKEN_SDK_ADAPTERS.map(({ family }) => family);
  const alike = families.filter((family) => mayOverlap(family, pattern));
  const same = uniquePatterns([pattern, ...alike]);
  return {
    own: { include: [current], exclude: [] },
    otherKey: { include: same, exclude: [current] },
    otherSdk: { include: families.filter((family) => !alike.includes(family)), exclude: same },
  };
}
