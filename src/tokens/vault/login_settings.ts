/** How the program authenticates to Vault: a token, AppRole, or a Kubernetes service account. */
import { whyUnreadable } from "../../unreadable_file.ts";
import { resolve } from "node:path";
import { configFault } from "../../config_error.ts";
import type { SettingsReader } from "../token_sdk.ts";

/** One way to log in. Plain data, since it crosses into the sandbox as a message. */
export type VaultLogin =
  | { readonly kind: "token"; readonly token: string }
  | {
    readonly kind: "approle";
    readonly mount: string;
    readonly roleId: string;
    readonly secretId: string;
  }
  | {
    readonly kind: "kubernetes";
    readonly mount: string;
    readonly role: string;
    /** Absolute path of the service account's token, which the cluster renews. */
    readonly tokenFile: string;
  };

/** The variables that `readLogin` reads. */
export const LOGIN_ENVIRONMENT = [
  "VAULT_TOKEN",
  "VAULT_TOKEN_FILE",
  "VAULT_ROLE_ID",
  "VAULT_ROLE_ID_FILE",
  "VAULT_SECRET_ID",
  "VAULT_SECRET_ID_FILE",
  "VAULT_APPROLE_MOUNT",
  "VAULT_KUBERNETES_ROLE",
  "VAULT_KUBERNETES_TOKEN_FILE",
  "VAULT_KUBERNETES_MOUNT",
] as const;

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** The variables of each way to log in, any of which selects it. */
const WAYS = [
  ["VAULT_TOKEN", "VAULT_TOKEN_FILE"],
  [
    "VAULT_ROLE_ID",
    "VAULT_ROLE_ID_FILE",
    "VAULT_SECRET_ID",
    "VAULT_SECRET_ID_FILE",
    "VAULT_APPROLE_MOUNT",
  ],
  ["VAULT_KUBERNETES_ROLE", "VAULT_KUBERNETES_TOKEN_FILE", "VAULT_KUBERNETES_MOUNT"],
] as const;

/** The configured way to log in. Throws `ConfigError` if there is none, or more than one. */
export function readLogin(read: SettingsReader): VaultLogin {
  const chosen = WAYS.filter((names) => names.some((name) => read.variable(name) !== undefined));
  if (chosen.length > 1) {
    const [one, other] = chosen.map((names) => names.find((name) => read.variable(name)));
    throw configFault(other!, `it contradicts ${one}: set the variables of one login method only`);
  }
  switch (chosen[0]?.[0]) {
    case "VAULT_TOKEN":
      return { kind: "token", token: required("VAULT_TOKEN", read.secret("VAULT_TOKEN")) };
    case "VAULT_ROLE_ID":
      return {
        kind: "approle",
        mount: readMount(read, "VAULT_APPROLE_MOUNT", "approle"),
        roleId: required("VAULT_ROLE_ID", read.secret("VAULT_ROLE_ID")),
        secretId: required("VAULT_SECRET_ID", read.secret("VAULT_SECRET_ID")),
      };
    case "VAULT_KUBERNETES_ROLE":
      return {
        kind: "kubernetes",
        mount: readMount(read, "VAULT_KUBERNETES_MOUNT", "kubernetes"),
        role: required("VAULT_KUBERNETES_ROLE", read.variable("VAULT_KUBERNETES_ROLE")),
        tokenFile: readTokenFile(read),
      };
    default:
      throw configFault(
        "VAULT_TOKEN",
        "it must be set, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE",
      );
  }
}

/** The path at which an engine or an auth method is mounted. Throws `ConfigError`. */
export function readMount(read: SettingsReader, variable: string, standard: string): string {
  const mount = (read.variable(variable) ?? standard).replace(/^\/|\/$/g, "");
  if (isPath(mount)) return mount;
  throw configFault(variable, `it is not a mount path such as "${standard}"`);
}

/** Whether a text consists of names separated by slashes, each of which means itself in a URL. */
export function isPath(text: string): boolean {
  return /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*$/.test(text) &&
    !/(?:^|\/)\.{1,2}(?:\/|$)/.test(text);
}

function required(variable: string, value: string | undefined): string {
  if (value === undefined) throw configFault(variable, "it must be set too");
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw configFault(variable, "it contains characters that are not allowed in it");
  }
  return value;
}

/**
 * The path of the file. Its content is checked now, so that a wrong one is reported at start. Who else
 * may read it is not checked: Kubernetes itself mounts it, readable for every user of the pod.
 */
function readTokenFile(read: SettingsReader): string {
  const variable = "VAULT_KUBERNETES_TOKEN_FILE";
  const path = resolve(read.variable(variable) ?? SERVICE_ACCOUNT_TOKEN);
  let text: string;
  try {
    text = read.file(path);
  } catch (error) {
    const why = whyUnreadable(error);
    throw configFault(variable, `the file with the service account's token ${why}`);
  }
  if (toServiceAccountToken(text) !== undefined) return path;
  throw configFault(
    variable,
    "the file does not contain a service account's token (a JSON Web Token)",
  );
}

/** The token in such a file's text (RFC 7519, compact form); undefined if it is not one. */
export function toServiceAccountToken(text: string): string | undefined {
  const token = text.trim();
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token) ? token : undefined;
}
