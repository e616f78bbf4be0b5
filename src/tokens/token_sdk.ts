/**
 * The token SDK: turns values into tokens, and recognises tokens.
 *
 * Glossary
 * - Value: a cell's text exactly as the database holds it; any Unicode, never NULL.
 * - Token: its deterministic replacement. Equal values in equal contexts give equal tokens.
 * - Detector: the pattern that matches every whole token, and no natural text.
 * - Context: the column that the values are in. Tokens may differ between columns or datasets.
 * - Lookalike: a text in the form of a token of this SDK that fails its authentication: forged,
 *   damaged, or made with an unknown key or in another context. It is left alone, and counted.
 * - Adapter: one file that makes an SDK from settings, and declares what the SDK will need.
 *
 * What works on texts can also work on packed texts (`…Bytes`), which saves the strings. An SDK writes
 * one of the two: without the second the program packs and unpacks, and `overTexts` makes the first of it.
 */
import type { SettingsReader } from "../settings_reader.ts";
import type { PackedResults, PackedTexts } from "./packed_texts.ts";
import type { TokenPattern } from "./token_pattern.ts";

export type { SettingsReader };

/** Where the values of one call are, so that an SDK can bind its tokens to the place. */
export interface TokenContext {
  /** The platform's name in dataset URNs, such as `postgres`. */
  readonly platform: string;
  /** The dataset's name in the catalogue, part by part, such as `["app", "public", "customers"]`. */
  readonly dataset: readonly string[];
  /** The column's name in the catalogue. */
  readonly column: string;
}

/** How far equal values get equal tokens. */
export type TokenScope = "global" | "dataset" | "column";

/** An SQL dialect in which an SDK may be able to compute its tokens. */
export type SqlDialect = "postgres" | "spark";

/** A token SDK. Members with a question mark are optional. */
export interface TokenSdk {
  /**
   * Called when a run begins, before any other call for it; other runs may be under way. The moment to
   * check whether another key or version writes from now on. Throws as `tokenize` does.
   */
  prepare?(): Promise<void>;

  /** Recognises this SDK's tokens, of every key and version it knows. */
  readonly pattern: TokenPattern;

  /**
   * Recognises what `tokenize` returns at present: with the key, version and settings that now write.
   * Omitted if these are all the tokens there are.
   */
  readonly current?: TokenPattern;

  /** The id of the key that `tokenize` uses at present. Omitted if the SDK has no key. */
  readonly keyId?: string;

  /** Recognises the tokens made with the key of that id; undefined if no such key is known. */
  patternOf?(keyId: string): TokenPattern | undefined;

  /**
   * Tokens for `values`, in the same order and number. Called with up to some thousands of values at
   * once; several calls may be under way. None of the values matches `pattern`.
   *
   * Throws `token_sdk_unreachable` or `token_sdk_error`, whose messages never hold a value.
   */
  tokenize(values: readonly string[], context: TokenContext): string[] | Promise<string[]>;

  /** The same as `tokenize`, for packed values, which it must not change. */
  tokenizeBytes?(values: PackedTexts, context: TokenContext): PackedTexts | Promise<PackedTexts>;

  /** The most characters a token can have for a value of `valueBytes` bytes in UTF-8. */
  maxTokenLength(valueBytes: number): number;

  /**
   * The most bytes of UTF-8 that a value can have whose token has `tokenLength` characters: the inverse
   * of `maxTokenLength`. For SDKs whose tokens can be read back.
   */
  maxValueBytes?(tokenLength: number): number;

  /**
   * The token as an SQL expression over `operand` (an SQL expression of a text type, not NULL), if the
   * database can compute exactly what `tokenize` returns. Must not contain a key: SQL text ends up in
   * query histories.
   */
  sqlExpression?(dialect: SqlDialect, operand: string): string;

  /**
   * The token as SQL for a database that has the key itself. For SDKs whose keys may be there, too.
   */
  readonly keyedSql?: KeyedSql;

  /**
   * The values from which `tokens` were made in `context`, in the same order and number; null for a
   * lookalike. For SDKs whose tokens can be read back.
   */
  detokenize?(
    tokens: readonly string[],
    context: TokenContext,
  ): (string | null)[] | Promise<(string | null)[]>;

  /** The same as `detokenize`, for packed tokens, which it must not change. */
  detokenizeBytes?(
    tokens: PackedTexts,
    context: TokenContext,
  ): PackedResults | Promise<PackedResults>;

  /**
   * What `tokenize` would return at present for the values of `tokens`, in the same order and number;
   * null for a lookalike. For SDKs that can do this without reading the values back.
   */
  renew?(
    tokens: readonly string[],
    context: TokenContext,
  ): (string | null)[] | Promise<(string | null)[]>;

  /**
   * Whether `detokenize` authenticates tokens, and does so in memory: a dry run then checks every token
   * it finds.
   */
  readonly authenticates?: boolean;

  /** Closes connections and forgets keys. */
  close?(): Promise<void>;
}

/**
 * The SQL of an SDK with a key, for a database that has the key itself: no statement holds the key, nor
 * anything that it could be worked out from. The dialect is Spark's, since of the platforms only
 * Databricks has secrets that SQL can read.
 */
export interface KeyedSql {
  /** The id of the key that writes now. */
  readonly keyId: string;
  /** The name of the secret that has this key in the database. */
  readonly secretName: string;
  /**
   * The token as an SQL expression over `operand` (an SQL expression of a text type, not NULL, valid
   * UTF-8): exactly what `tokenize` returns, provided that the secret is the key.
   */
  expression(operand: string, context: TokenContext, engine: SqlEngine): string;
}

/** What a database offers to the expression of a `KeyedSql`. */
export interface SqlEngine {
  /** Whether it has the function `hmac(key, message, algorithm)`. */
  readonly hasHmac: boolean;
  /**
   * The value of an SQL expression over the secret's text, computed once for a statement. `expression`
   * gets a column's name, and may use it more than once.
   */
  ofSecret(expression: (secret: string) => string): string;
}

/** A host and port that the sandbox must allow an SDK to reach. */
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
  /**
   * The environment variables that `readSettings` may read; for a secret `NAME` also `NAME_FILE`.
   */
  readonly environment: readonly string[];
  /**
   * Matches every token of this kind of SDK, with any key and settings, and none of another kind: a
   * token is recognised by it even if another SDK is in use.
   */
  readonly family: TokenPattern;
  /**
   * Reads settings from the environment. Throws `ConfigError` with one line for each fault, never with
   * a secret's value. Runs before the sandbox exists, so it may read files.
   */
  readSettings(read: SettingsReader): S;
  /** The ids of the keys in the settings; omitted if the SDK has no keys of its own. */
  keyIds?(settings: S): readonly string[];
  /** How far equal values get equal tokens; omitted if everywhere. */
  scopeOf?(settings: S): TokenScope;
  /** Anybody can read its tokens back, so it protects nothing: the program says so before it writes. */
  readonly isForTrying?: true;
  /** What the sandbox must allow this SDK to reach: nothing, if it works in memory. */
  endpoints(settings: S): readonly SdkEndpoint[];
  /**
   * Absolute paths of the files that this SDK reads while it works, because others renew them. The
   * sandbox allows exactly these. Omitted if there are none.
   */
  files?(settings: S): readonly string[];
  /** Makes the SDK, inside the sandbox, when the first run needs it. */
  create(settings: S): TokenSdk | Promise<TokenSdk>;
}
