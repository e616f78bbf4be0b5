/** `tokenize config check`: the settings and where each comes from, or what is wrong with them. */
import type { Connection } from "../config.ts";
import type { ReadSettings, SettingInUse } from "../config/read_settings.ts";
import { type ConfigFault, faultLine } from "../config_error.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { toAuthority } from "../host_name.ts";
import { MARKS } from "./marks.ts";
import { printError, printIfPossible, printJson } from "./output.ts";
import { type Line, printText, table } from "./text_lines.ts";

/** Prints them. Returns the exit code. Nothing is started, and no database is asked. */
export function reportSettings(settings: ReadSettings, json: boolean): number {
  const { config, faults, file, inUse } = settings;
  for (const fault of faults) printError(faultLine(fault));
  if (config === undefined) {
    if (json) printIfPossible(() => printJson(asJson(settings)));
    return USAGE_EXIT_CODE;
  }
  if (json) printJson(asJson(settings));
  else {
    printText([
      ...(file === undefined ? [] : [`configuration file: ${file}`]),
      ...block("settings", inUse.map((each) => settingRow(each, file))),
      ...block("connections", config.connections.map(connectionRow)),
      `${MARKS.ok} the settings can be used`,
    ]);
  }
  return 0;
}

function asJson({ config, faults, file, inUse }: ReadSettings) {
  return {
    valid: config !== undefined,
    file: file ?? null,
    settings: inUse.map(({ variable, text, at }) => ({
      variable,
      value: text ?? null,
      file: at?.file ?? null,
      key: at?.key ?? null,
      line: at?.line ?? null,
      column: at?.column ?? null,
    })),
    connections: (config?.connections ?? []).map((connection) => ({
      name: connection.name,
      platform: connection.platform,
      platform_instance: connection.platformInstance || null,
      hosts: hostsOf(connection),
      ...placesOf(connection),
    })),
    faults: faults.map(faultAsJson),
  };
}

function faultAsJson({ variable, reason, at }: ConfigFault) {
  const { file = null, key = null, line = null, column = null } = at ?? {};
  return { variable, reason, file, key, line, column };
}

function settingRow(
  { variable, text, at }: SettingInUse,
  file: string | undefined,
): [string, string] {
  const line = at === undefined ? "environment" : `line ${at.line}`;
  const from = at === undefined || at.file === file ? line : `${at.file}, ${line}`;
  return [variable, `${text ?? "(not shown)"} (${from})`];
}

function connectionRow(connection: Connection): [string, string] {
  const { name, platform, platformInstance, origin } = connection;
  const places = connection.platform === "postgres"
    ? `, database ${connection.settings.database}`
    : connection.catalogs === undefined
    ? ""
    : `, catalogs ${connection.catalogs.join(", ")}`;
  const instance = platformInstance ? `, platform instance ${platformInstance}` : "";
  return [name, `${platform} at ${hostsOf(connection).join(", ")}${places}${instance} (${origin})`];
}

function placesOf(connection: Connection) {
  return connection.platform === "postgres"
    ? { databases: [connection.settings.database] }
    : { catalogs: connection.catalogs ?? null };
}

function hostsOf({ platform, settings }: Connection): string[] {
  return platform === "postgres"
    ? settings.servers.map(({ address, port }) => toAuthority(address, port))
    : [toAuthority(settings.host, settings.port)];
}

function block(title: string, rows: readonly [string, string][]): Line[] {
  if (rows.length === 0) return [];
  return [title, ...table(rows.map(([name, value]) => [`  ${name}`, value]))];
}
