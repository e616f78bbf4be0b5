/**
 * How the connection is encrypted, and whom it trusts.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words" and "34.19 SSL Support".
 */
import { configFault } from "../../../config_error.ts";
import { whyUnreadable } from "../../../unreadable_file.ts";
import { checkRootCertificates, type ClientCertificate, usablePair } from "./client_certificate.ts";
import type { ParameterReader, Parameters } from "./gather_parameters.ts";

/** How the connection is protected, in libpq's words. */
export const SSL_MODES = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
] as const;

/** A value of libpq's `sslmode`. */
export type SslMode = (typeof SSL_MODES)[number];

/** How TLS begins: after a request in the protocol, or at once, as PostgreSQL 17 and later can. */
const SSL_NEGOTIATIONS = ["postgres", "direct"] as const;

/** Whether SCRAM is bound to the TLS connection: never, if the server offers it, or always. */
const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;

/** The settings of TLS. */
export interface TlsSettings {
  readonly sslMode: SslMode;
  readonly sslNegotiation: (typeof SSL_NEGOTIATIONS)[number];
  readonly channelBinding: (typeof CHANNEL_BINDINGS)[number];
  /** PEM texts, not paths: the sandbox reads no such files. */
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
}

/** Reads them, and the files that they name. Throws a `ConfigError`. */
export function readTlsSettings(parameters: Parameters, reader: ParameterReader): TlsSettings {
  const rootFile = parameters.take("sslrootcert");
  const sslRootCert = rootFile === "system"
    ? undefined
    : readFile("sslrootcert", parameters, reader);
  if (sslRootCert !== undefined) checkRootCertificates(sslRootCert, parameters);
  const pair = readPair(parameters, reader);
  const settings = {
    sslMode: parameters.oneOf("sslmode", SSL_MODES) ??
      (rootFile === "system" ? "verify-full" : "prefer"),
    sslNegotiation: parameters.oneOf("sslnegotiation", SSL_NEGOTIATIONS) ?? "postgres",
    channelBinding: parameters.oneOf("channel_binding", CHANNEL_BINDINGS) ?? "prefer",
  };
  checkMode(settings, rootFile, parameters);
  return {
    ...settings,
    // libpq: "require" with a root certificate verifies it, as "verify-ca" does
    sslMode: settings.sslMode === "require" && sslRootCert !== undefined
      ? "verify-ca"
      : settings.sslMode,
    sslRootCert,
    sslCert: pair?.cert,
    sslKey: pair?.key,
  };
}

/** The client's certificate; undefined if there is none, or `sslcertmode` has it kept back. */
function readPair(parameters: Parameters, reader: ParameterReader): ClientCertificate | undefined {
  const keyFile = parameters.take("sslkey");
  if ((parameters.take("sslcert") === undefined) !== (keyFile === undefined)) {
    const name = keyFile === undefined ? "sslcert" : "sslkey";
    throw configFault(parameters.variableOf(name), "sslcert and sslkey go together");
  }
  if (keyFile === undefined || parameters.take("sslcertmode") === "disable") return undefined;
  const cert = readFile("sslcert", parameters, reader)!;
  const variable = parameters.variableOf("sslkey");
  const key = reader.secretFile(variable, keyFile, parameters.fileOf("sslkey"));
  return usablePair({ cert, key }, parameters);
}

/** Throws if the mode is weaker than what is asked for beside it. */
function checkMode(
  { sslMode, sslNegotiation, channelBinding }: Omit<
    TlsSettings,
    `ssl${"RootCert" | "Cert" | "Key"}`
  >,
  rootFile: string | undefined,
  parameters: Parameters,
): void {
  const refuse = (name: string, reason: string) => {
    throw configFault(parameters.variableOf(name), reason);
  };
  if (rootFile === "system" && sslMode !== "verify-full") {
    refuse("sslrootcert", "sslrootcert=system needs sslmode=verify-full");
  }
  if (sslNegotiation === "direct" && /^(disable|allow|prefer)$/.test(sslMode)) {
    refuse("sslnegotiation", "sslnegotiation=direct needs sslmode=require or a stricter one");
  }
  if (channelBinding === "require" && sslMode === "disable") {
    refuse(
      "channel_binding",
      "channel_binding=require needs TLS, which sslmode=disable switches off",
    );
  }
}

function readFile(name: string, parameters: Parameters, reader: ParameterReader) {
  const path = parameters.take(name);
  try {
    return path === undefined ? undefined : reader.file(path);
  } catch (error) {
    throw parameters.faultOfFile(name, whyUnreadable(error));
  }
}
