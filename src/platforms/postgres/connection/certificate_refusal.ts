/**
 * Why a server's certificate was refused, in words of our own.
 *
 * Source of the patterns: what Deno reports, which is how rustls 0.23 and webpki display their errors;
 * the tests have a certificate for each.
 */
import { ServiceError } from "../../../errors.ts";
import { PostgresError } from "../protocol/backend_messages.ts";
import { ConnectionFault } from "../protocol/connection_fault.ts";
import type { ServerSettings } from "./settings.ts";

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /UnknownIssuer/,
    "is not signed by a CA that sslrootcert names or the system trusts",
  ],
  [/certificate expired/, "has expired"],
  [/certificate not valid yet/, "is not valid yet, by this machine's clock"],
  [
    /not valid for any names/,
    "names no host: it needs a subjectAltName, a common name does not count",
  ],
  [
    /certificate not valid for name|NotValidForName/,
    "is for another host: connect by a name that it has, or with sslmode=verify-ca",
  ],
  [/UnsupportedCertVersion/, "is of X.509 version 1: it needs version 3"],
  [/CaUsedAsEndEntity/, "is a CA's own: it needs one that the CA signed"],
];

/** The error for a certificate that `sslmode` does not accept; undefined if that is not what was thrown. */
export function certificateRefusal(
  thrown: unknown,
  { sslMode }: ServerSettings,
): ServiceError | undefined {
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  const isOther = thrown instanceof ServiceError || thrown instanceof PostgresError ||
    thrown instanceof ConnectionFault || (typeof code === "string" && /^E[A-Z]+$/.test(code));
  if (isOther) return undefined;
  const text = typeof message === "string" ? message : "";
  const known = REASONS.find(([pattern]) => pattern.test(text))?.[1];
  if (known === undefined && !sslMode.startsWith("verify-")) return undefined;
  return new ServiceError(
    "database_unreachable",
    `Cannot connect to Postgres: the server's certificate ${
      known ?? `is not one that sslmode=${sslMode} accepts`
    }`,
    { cause: "TLS" },
  );
}
