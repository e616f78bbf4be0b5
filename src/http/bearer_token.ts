/** Authentication of `/trigger`: `Authorization: Bearer <TRIGGER_TOKEN>`. */
import { timingSafeEqual } from "node:crypto";
import { ServiceError } from "../errors.ts";

const encoder = new TextEncoder();

/** Throws `unauthorized` unless `header` carries `token`. Takes as long for any wrong token. */
export async function requireBearerToken(header: string | undefined, token: string): Promise<void> {
  const given = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "";
  // digests are of equal length, so the comparison tells nothing of the token's own
  const [left, right] = await Promise.all([digest(given), digest(token)]);
  if (timingSafeEqual(left, right)) return;
  throw new ServiceError(
    "unauthorized",
    given === ""
      ? 'Cannot accept the trigger: the header "Authorization: Bearer <token>" is missing'
      : "Cannot accept the trigger: the bearer token is wrong",
  );
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}
