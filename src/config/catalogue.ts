/** Every setting there is. A new one is an entry in `catalogue/`, and is read in `config.ts`. */
import { fileVariable } from "../settings_reader.ts";
import { LIBPQ_VARIABLES } from "../platforms/postgres/connection/parameters.ts";
import { TOKEN_SDK_ADAPTERS } from "../tokens/adapters.ts";
import { DATABASES } from "./catalogue/databases.ts";
import { DATAHUB } from "./catalogue/datahub.ts";
import { HISTORY } from "./catalogue/history.ts";
import { OUTPUT, SERVICE } from "./catalogue/service.ts";
import { TOKENS, VAULT } from "./catalogue/tokens.ts";
import { TRACES } from "./catalogue/traces.ts";
import { path, secret, type Setting, type Settings, text } from "./setting.ts";

/** The settings by the section of the documentation that they are in. */
export const SECTIONS = {
  DATABASES,
  TOKENS,
  SERVICE,
  HISTORY,
  DATAHUB,
  OUTPUT,
  TRACES,
  VAULT,
} as const;

type Listed =
  & typeof DATABASES
  & typeof TOKENS
  & typeof SERVICE
  & typeof HISTORY
  & typeof DATAHUB
  & typeof OUTPUT
  & typeof TRACES
  & typeof VAULT;

/** The settings with a value of that kind. */
type NamesOf<K extends string> = {
  [Name in keyof Listed]: Listed[Name]["value"] extends { readonly kind: K } ? Name : never;
}[keyof Listed];

/** A setting that is a whole number. */
export type IntegerName = NamesOf<"integer">;
/** A setting that is `true` or `false`. */
export type FlagName = NamesOf<"boolean">;

/** The settings whose values the catalogue knows by their types. */
export const LISTED = Object.assign({}, ...Object.values(SECTIONS)) as Listed;

/** Every setting by its variable, the files of secrets among them. */
export const CATALOGUE: Settings = Object.fromEntries([
  ...Object.entries(LISTED as Settings).flatMap(withFile),
  ...TOKEN_SDK_ADAPTERS.flatMap(({ mode, environment }) =>
    environment.filter((name) => !(name in LISTED || name.replace(/_FILE$/, "") in LISTED))
      .map((name): [string, Setting] => [name, ofSdk(name, mode, environment)])
  ),
]);

/** A setting of an SDK that is not listed: a secret, if a file may hold it. */
function ofSdk(name: string, mode: string, environment: readonly string[]): Setting {
  const meaning = `a setting of the token SDK \`${mode}\``;
  return environment.includes(fileVariable(name)) ? secret(meaning) : text(meaning);
}

function withFile([name, setting]: readonly [string, Setting]): [string, Setting][] {
  if (!maySitInFile(setting)) return [[name, setting]];
  return [[name, setting], [fileVariable(name), path(`the file that contains \`${name}\``)]];
}

/** Whether the setting is a secret, which may be in a file of its own. */
export function maySitInFile({ value }: Setting): boolean {
  return value.kind === "secret" || value.kind === "connection_string";
}

const DATAHUB_PREFIX = "DATAHUB_";

/** The setting's key in the configuration file, such as `port` or `datahub.mode`. */
export function fileKey(variable: string): string {
  return variable.startsWith(DATAHUB_PREFIX)
    ? `datahub.${variable.slice(DATAHUB_PREFIX.length).toLowerCase()}`
    : variable.toLowerCase();
}

/** The variables that the program reads besides those that the configuration file names. */
export const READABLE_VARIABLES: readonly string[] = [
  ...Object.keys(CATALOGUE),
  ...LIBPQ_VARIABLES,
];

/** What the names of variables begin with that only the configuration file names. */
export const REFERENCE_PREFIX = "TOKENIZE_";
