/** Authentication of what is not public: `Authorization: Bearer <TRIGGER_TOKEN>`. */
import nodeCrypto, { timingSafeEqual } from "node:crypto";
import { ServiceError } from "../errors.ts";

/**
 * Throws `unauthorized` unless `header` carries `token`, and for a wrong token only after `pause`. The
 * comparison takes equally long for every token; the right one never waits.
 */
export async function requireBearerToken(
  header: string | undefined,
  token: string,
  pause: () => Promise<void>,
): Promise<void> {
  const given = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "";
  // digests are of equal length, so the comparison reveals nothing about the token's own
  const [left, right] = [digest(given), digest(token)];
  if (timingSafeEqual(left, right)) return;
  if (given === "") {
    throw unauthorized('the header "Authorization: Bearer <token>" is missing');
  }
  await pause();
  throw unauthorized("the bearer token is wrong");
}

function unauthorized(reason: string): ServiceError {
  return new ServiceError("unauthorized", `Cannot accept the request: ${reason}`);
}

function digest(text: string): Uint8Array {
  return new Uint8Array(nodeCrypto.createHash("sha256").update(text).digest());
}
