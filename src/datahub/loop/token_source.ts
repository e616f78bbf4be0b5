/** Which SDK and key make the tokens at present, for reports. */
import type { ActionDependencies } from "../../action/tokenize_dataset.ts";
import type { TokenSource } from "../report/operation.ts";

/** Asks the SDK each time: its key may have been rotated. Without a response, the key stays unnamed. */
export function tokenSourceOf(
  { tokenSdk }: Pick<ActionDependencies, "tokenSdk">,
  sdk: string,
): () => Promise<TokenSource> {
  return () => tokenSdk().then(({ keyId }) => ({ sdk, keyId }), () => ({ sdk, keyId: undefined }));
}
