/**
 * What a setting is: its variable, its key in the configuration file, and what it accepts. The list of
 * all settings is in `catalogue/`; the readers, the tables of the documentation and the JSON Schema of
 * the file all follow from it.
 */

/** What a setting accepts. */
export type SettingValue =
  | { readonly kind: "text" }
  /** A text that nobody else may read; it may also be in a file that the setting `NAME_FILE` names. */
  | { readonly kind: "secret" }
  /** A secret only in part: the password and the like in it. Also `NAME_FILE`. */
  | { readonly kind: "connection_string" }
  /** The path of a file. */
  | { readonly kind: "path" }
  /** Texts with commas between them; in the configuration file also a list. */
  | { readonly kind: "list"; readonly choices?: readonly string[] }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "boolean"; readonly standard: boolean }
  | {
    readonly kind: "integer";
    readonly standard: number;
    readonly min: number;
    readonly max: number;
  }
  /** Whole numbers with units, such as `1h30m`. */
  | { readonly kind: "duration" };

/** One setting. */
export interface Setting<V extends SettingValue = SettingValue> {
  /** Markdown, in one line, with links as on the pages of `docs`. */
  readonly meaning: string;
  /** What its absence means, in Markdown: a value in backticks, or words. */
  readonly absent: string;
  readonly value: V;
}

/** Settings by the names of their variables, in the order of the documentation. */
export type Settings = Readonly<Record<string, Setting>>;

/** Any text. */
export function text(meaning: string, absent = "none"): Setting {
  return { meaning, absent, value: { kind: "text" } };
}

/** A secret. */
export function secret(meaning: string, absent = "none"): Setting {
  return { meaning, absent, value: { kind: "secret" } };
}

/** A connection string with a secret in it. */
export function connectionString(meaning: string, absent: string): Setting {
  return { meaning, absent, value: { kind: "connection_string" } };
}

/** The path of a file. */
export function path(meaning: string, absent = "none"): Setting {
  return { meaning, absent, value: { kind: "path" } };
}

/** Several texts; if `choices` is given, each is one of them. */
export function list(meaning: string, absent = "none", choices?: readonly string[]): Setting {
  return { meaning, absent, value: { kind: "list", choices } };
}

/** One of `choices`. */
export function choice(
  meaning: string,
  choices: readonly string[],
  absent: string,
): Setting {
  return { meaning, absent, value: { kind: "choice", choices } };
}

/** `true` or `false`. */
export function flag(meaning: string, standard = false) {
  return { meaning, absent: `\`${standard}\``, value: { kind: "boolean" as const, standard } };
}

/** A whole number from `min` to `max`; `inWords` explains the standard value. */
export function integer(
  meaning: string,
  standard: number,
  [min, max]: readonly [number, number],
  inWords?: string,
) {
  const absent = inWords === undefined ? `\`${standard}\`` : `\`${standard}\`, ${inWords}`;
  return { meaning, absent, value: { kind: "integer" as const, standard, min, max } };
}

/** A duration. */
export function duration(meaning: string, absent: string): Setting {
  return { meaning, absent, value: { kind: "duration" } };
}
