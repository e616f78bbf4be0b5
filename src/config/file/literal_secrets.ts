/** Whether a secret stands in the configuration file itself, which others may be able to read. */
import { ConfigError } from "../../config_error.ts";
import { parseDatabricksSettings } from "../../platforms/databricks/connection/settings.ts";
import { parsePostgresSettings } from "../../platforms/postgres/connection/settings.ts";
import type { SettingValue } from "../setting.ts";
import { HIDDEN } from "./references.ts";

const ONLY_HIDDEN = new RegExp(`^(${HIDDEN})+$`);

/** `revealed` is the value with `HIDDEN` for what is not in the file. */
export function revealsSecret({ kind }: SettingValue, revealed: string): boolean {
  if (kind === "secret") return !ONLY_HIDDEN.test(revealed);
  if (kind !== "connection_string" || ONLY_HIDDEN.test(revealed)) return false;
  try {
    return secretsOf(revealed).some((secret) => !ONLY_HIDDEN.test(secret));
  } catch (error) {
    if (error instanceof ConfigError) return true; // it cannot be told
    throw error;
  }
}

/** The secrets within a connection string of any platform. */
function secretsOf(text: string): string[] {
  if (!text.trimStart().startsWith("jdbc:")) {
    const noFiles = { file: () => "", secretFile: () => "", variable: () => undefined };
    const { servers } = parsePostgresSettings(text, noFiles);
    return servers.flatMap(({ password }) => password ?? []);
  }
  const { authentication } = parseDatabricksSettings(text);
  return [authentication.kind === "token" ? authentication.token : authentication.clientSecret];
}
