/** Words of a command line that is still being typed, as a shell gives them for completion. */
import { readTypedUrn } from "./typed_urn.ts";

/** What matters for the names of columns. */
export interface TypedWords {
  /** The dataset that was typed last. */
  readonly urn: string;
  /** The word at the cursor, as far as it is typed. */
  readonly current: string;
  readonly config: string | undefined;
  readonly envFile: string | undefined;
}

/** Reads the words after `tokenize`, the last of which is at the cursor. Undefined if none is a dataset. */
export function readTypedWords(words: readonly string[]): TypedWords | undefined {
  const current = withoutQuotes(words.at(-1) ?? "");
  const before = words.slice(0, -1).map(withoutQuotes);
  const valueOf = (option: string) => {
    const at = before.lastIndexOf(option);
    return at < 0 ? undefined : before[at + 1];
  };
  const urn = valueOf("--urn");
  if (urn === undefined) return undefined;
  return {
    urn: readTypedUrn(urn),
    current,
    config: valueOf("--config"),
    envFile: valueOf("--env-file"),
  };
}

/** bash gives words as they are typed; a quote may be open yet. */
function withoutQuotes(word: string): string {
  const [, quote, inner] = /^(["'])(.*)$/s.exec(word) ?? [];
  return quote === undefined ? word : inner!.endsWith(quote) ? inner!.slice(0, -1) : inner!;
}
