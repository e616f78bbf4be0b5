/**
 * A token SDK that makes dummy tokens, but waits from one of its calls on until the test opens it. It
 * holds a run between two batches, so that a test can act at that moment.
 *
 *     const gate = gatedSdk();
 *     const run = action.tokenize(…);       // with tokenSdk: gate.sdk
 *     await gate.reached;                    // rows are read and locked, none is written
 *     …
 *     gate.open();
 *     await run;
 */
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { dummySdk } from "./action_fixture.ts";

/** An SDK and its gate. */
export interface GatedSdk {
  readonly sdk: TokenSdk;
  /** Resolves once the SDK waits. */
  readonly reached: Promise<void>;
  /** Lets it go on, now and ever after. */
  open(): void;
}

/** Makes one that waits from its `call`th call on, counted from 1. */
export function gatedSdk(call = 1): GatedSdk {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { pattern, maxTokenLength } = dummySdk;
  let calls = 0;
  return {
    sdk: {
      pattern,
      maxTokenLength,
      async tokenize(values, context) {
        calls++;
        if (calls >= call) {
          reached.resolve();
          await gate.promise;
        }
        return await dummySdk.tokenize(values, context);
      },
    },
    reached: reached.promise,
    open: () => gate.resolve(),
  };
}
