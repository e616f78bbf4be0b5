/**
 * The token SDK: what turns values into tokens, and knows a token when it sees one.
 *
 * Glossary
 * - Value: a cell's text as it stands in the database, never NULL, any Unicode the database holds.
 * - Token: its deterministic replacement. Equal values in equal contexts give equal tokens.
 * - Detector: the pattern that matches every token as a whole, and no natural text.
 * - Context: where the values stand. An SDK may give other tokens in another column or dataset.
 * - Adapter: one file that makes an SDK out of settings, and says beforehand what it will need.
 */
import type { TokenPattern } from "./token_pattern.ts";

/** Where the values of one call stand, so that an SDK can bind its tokens to the place. */
export interface TokenContext {
  /** The dataset's canonical name, such as `app.public.customers`. */
  readonly dataset: string;
  /** The column's name in the catalogue. */
  readonly column: string;
}

/** An SQL dialect in which an SDK may be able to write its token as an expression. */
export type SqlDialect = "postgres" | "spark";

/** The interface that each adapter offers. Everything with a question mark is optional. */
export interface TokenSdk {
  /**
   * Called when a run begins, before anything else is asked, while others may be under way: the moment
   * to see whether something else is to write from now on. Throws as `tokenize` does.
   */
  prepare?(): Promise<void>;

  /** Recognises this SDK's tokens, of every key and version it knows. */
  readonly pattern: TokenPattern;

  /**
   * Recognises what `tokenize` gives at present: with the key, version and setting that now write.
   * Left out where these are all the tokens there are.
   */
  readonly current?: TokenPattern;

  /** Recognises the tokens made with the key of that id; undefined where no such key is known. */
  patternOf?(keyId: string): TokenPattern | undefined;

  /**
   * Tokens for `values`, in the same order and number. Called with many values at once (up to some
   * thousands), several calls may be under way; none of the values matches `pattern`.
   *
   * Throws `token_sdk_unreachable` or `token_sdk_error`, whose messages never hold a value.
   */
  tokenize(values: readonly string[], context: TokenContext): string[] | Promise<string[]>;

  /** The most characters a token can have for a value of `valueBytes` bytes in UTF-8. */
  maxTokenLength(valueBytes: number): number;

  /**
   * The most bytes a value can have, in UTF-8, whose token has `tokenLength` characters: the other
   * way round. For SDKs whose tokens can be read back.
   */
  maxValueBytes?(tokenLength: number): number;

  /**
   * The token as an SQL expression over `operand` (itself an SQL expression of a text type, not
   * NULL), where the database can compute exactly what `tokenize` gives. Must not hold a key:
   * SQL text ends up in query histories.
   */
  sqlExpression?(dialect: SqlDialect, operand: string): string;

  /**
   * The values of which `tokens` were made in `context`, in the same order and number; null for one
   * that only looks like a token of this SDK: whose authentication fails, or that no known key made.
   * For SDKs whose tokens can be read back.
   */
  detokenize?(
    tokens: readonly string[],
    context: TokenContext,
  ): (string | null)[] | Promise<(string | null)[]>;

  /**
   * What `tokenize` would give at present for the values of `tokens`, in the same order and number;
   * null as in `detokenize`. For SDKs that can do it without reading the values back.
   */
  renew?(
    tokens: readonly string[],
    context: TokenContext,
  ): (string | null)[] | Promise<(string | null)[]>;

  /**
   * Whether `detokenize` tells lookalikes by their authentication, and in memory: then a dry run looks
   * at every token that is there.
   */
  readonly authenticates?: boolean;

  /** Gives back connections and forgets keys. */
  close?(): Promise<void>;
}

/** A host and port that the sandbox must let an SDK reach. */
export interface SdkEndpoint {
  /** A name or an address. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/**
 * One kind of SDK. `S` is its settings: plain data, since it crosses into the sandbox as a message.
 */
export interface TokenSdkAdapter<S = unknown> {
  /** The name in `TOKEN_SDK_MODE`. */
  readonly mode: string;
  /** The environment variables that `readSettings` may read. */
  readonly environment: readonly string[];
  /**
   * Matches every token of this kind, of whatever key and setting, and none of another kind: with
   * it a token can be told although the SDK is not the one in use.
   */
  readonly family: TokenPattern;
  /**
   * Settings from the environment. Throws `ConfigError` with one line for each fault, never with a
   * secret's value. Runs before the sandbox exists, so it may read files.
   */
  readSettings(read: SettingsReader): S;
  /** The ids of the keys in the settings; left out where the SDK has none of its own. */
  keyIds?(settings: S): readonly string[];
  /** What the sandbox must let this SDK reach: nothing, for one that works in memory. */
  endpoints(settings: S): readonly SdkEndpoint[];
  /**
   * Files that this SDK reads while it works, since others renew them: the sandbox lets it read
   * exactly these. Paths are absolute. Left out, it is none.
   */
  files?(settings: S): readonly string[];
  /** Makes the SDK, inside the sandbox, when the first run needs it. */
  create(settings: S): TokenSdk | Promise<TokenSdk>;
}

/** What an adapter may ask for while the program starts. */
export interface SettingsReader {
  /** A variable's value; undefined where it is unset or empty. */
  variable(name: string): string | undefined;
  /** A file's text. Throws where it cannot be read. */
  file(path: string): string;
}
