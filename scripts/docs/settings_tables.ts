/** The tables of settings, from the list that the program itself reads them by. */
import { CATALOGUE, maySitInFile, SECTIONS } from "../../src/config/catalogue.ts";
import { CONNECTION_KEYS } from "../../src/config/catalogue/connections.ts";
import { type Settings, text } from "../../src/config/setting.ts";
import { fileVariable } from "../../src/settings_reader.ts";

const { VAULT, OUTPUT, ...OTHERS } = SECTIONS;

const FORCED = text(
  "any value but `0` or `false`: colours without a terminal, too",
  "no colours without one",
);
/** They are known to other tools, and cannot be in the configuration file, so they are no settings of the list. */
const TERMINAL: Settings = {
  NO_COLOR: text("any value: no colours, whatever else is set", "colours on a terminal"),
  FORCE_COLOR: FORCED,
  CLICOLOR_FORCE: FORCED,
  CLICOLOR: text("`0`: no colours", "colours on a terminal"),
  TERM: text("`dumb`: a terminal without colours, on which nothing is drawn", "one that can"),
};

/** The tables by the names of their places on the pages. */
export const SETTINGS_TABLES: Readonly<Record<string, string>> = {
  databases: tableOf("variable", OTHERS.DATABASES),
  tokens: tableOf("variable", OTHERS.TOKENS),
  service: tableOf("variable", OTHERS.SERVICE),
  history: tableOf("variable", OTHERS.HISTORY),
  datahub: tableOf("variable", OTHERS.DATAHUB),
  traces: tableOf("variable", OTHERS.TRACES),
  output: tableOf("variable", { ...OUTPUT, ...TERMINAL }),
  vault: tableOf("variable", withFiles(VAULT, true)),
  "secrets in files": tableOf(
    "variable",
    withFiles(Object.assign({}, ...Object.values(OTHERS)), false),
  ),
  connections: tableOf("key", CONNECTION_KEYS),
};

/** The variables that name files with secrets, beside the secrets or alone. */
function withFiles(settings: Settings, both: boolean): Settings {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, setting]) => {
      const file = fileVariable(name);
      const own = both ? [[name, setting] as const] : [];
      return maySitInFile(setting) ? [...own, [file, CATALOGUE[file]!] as const] : own;
    }),
  );
}

function tableOf(first: string, settings: Settings): string {
  const rows = Object.entries(settings).map(([name, { meaning, absent }]) =>
    `| \`${name}\` | ${meaning} | ${absent} |`
  );
  return [`| ${first} | meaning | default |`, "| --- | --- | --- |", ...rows].join("\n");
}
