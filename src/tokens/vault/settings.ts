/** The settings of `vault-transit`, named as in Vault's own tools. */
import { fileInWords, whyUnreadable } from "../../unreadable_file.ts";
import { collectFaults, ConfigError, configFault } from "../../config_error.ts";
import { isLoopback } from "../../host_name.ts";
import type { SettingsReader } from "../token_sdk.ts";
import { readScope, SCOPE_VARIABLE, type TokenScope } from "../token_scope.ts";
import {
  isPath,
  LOGIN_ENVIRONMENT,
  readLogin,
  readMount,
  type VaultLogin,
} from "./login_settings.ts";

/** Plain data, since it crosses into the sandbox as a message. */
export interface VaultSettings {
  /** Without a trailing slash. */
  readonly address: string;
  readonly namespace: string | undefined;
  /** Certificates in PEM form that are trusted in addition to the well-known ones. */
  readonly caCertificates: string | undefined;
  readonly login: VaultLogin;
  /** Where the Transit engine is mounted. */
  readonly mount: string;
  /** The name of the Transit key. */
  readonly key: string;
  readonly scope: TokenScope;
}

/** The variables that `readVaultSettings` reads. */
export const VAULT_ENVIRONMENT = [
  "VAULT_ADDR",
  "VAULT_NAMESPACE",
  "VAULT_CACERT",
  ...LOGIN_ENVIRONMENT,
  "VAULT_TRANSIT_MOUNT",
  "VAULT_TRANSIT_KEY",
  SCOPE_VARIABLE,
] as const;

/** Reads all settings. Throws `ConfigError` with a line for each fault. */
export function readVaultSettings(read: SettingsReader): VaultSettings {
  const { faults, attempt } = collectFaults();
  const settings = {
    address: attempt(() => readAddress(read)),
    namespace: attempt(() => readNamespace(read)),
    caCertificates: attempt(() => readCaCertificates(read)),
    login: attempt(() => readLogin(read)),
    mount: attempt(() => readMount(read, "VAULT_TRANSIT_MOUNT", "transit")),
    key: attempt(() => readKeyName(read)),
    scope: attempt(() => readScope(read)),
  };
  if (faults.length > 0) throw new ConfigError(faults);
  return settings as VaultSettings;
}

function readAddress(read: SettingsReader): string {
  const variable = "VAULT_ADDR";
  const text = read.variable(variable);
  if (text === undefined) throw configFault(variable, "it must be set: https://HOST:PORT");
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw configFault(variable, "it is not an https:// URL");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw configFault(variable, "it must contain only a host, a port and optionally a path");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw configFault(
      variable,
      "http:// would send values unencrypted: use https:// except for a loopback address",
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function readNamespace(read: SettingsReader): string | undefined {
  const namespace = read.variable("VAULT_NAMESPACE")?.replace(/^\/|\/$/g, "");
  if (namespace === undefined || namespace === "") return undefined;
  if (isPath(namespace)) return namespace;
  throw configFault("VAULT_NAMESPACE", "it is not the path of a namespace");
}

function readCaCertificates(read: SettingsReader): string | undefined {
  const variable = "VAULT_CACERT";
  const path = read.variable(variable);
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = read.file(path);
  } catch (error) {
    throw configFault(variable, `${fileInWords(path)} ${whyUnreadable(error)}`);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw configFault(variable, "the file contains no certificate in PEM form");
  }
  try {
    Deno.createHttpClient({ caCerts: [text] }).close();
  } catch {
    throw configFault(variable, "the file contains a certificate that cannot be read");
  }
  return text;
}

function readKeyName(read: SettingsReader): string {
  const variable = "VAULT_TRANSIT_KEY";
  const name = read.variable(variable);
  if (name === undefined) {
    throw configFault(variable, "it must be set: the name of the Transit key");
  }
  if (isPath(name) && !name.includes("/")) return name;
  throw configFault(variable, "it is not the name of a Transit key");
}
