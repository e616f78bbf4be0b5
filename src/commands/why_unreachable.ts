/** Why a running action gave no response, as far as the runtime says it. */

/** What the runtime's messages mean, from where they leave the URL behind: the first that fits. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/dns error|failed to lookup/i, "no address is known for its host"],
  [/certificate|UnknownIssuer|NotValidForName/i, "its TLS certificate is not trusted"],
  [
    /tls|InvalidContentType|corrupt message/i,
    "what listens there does not answer in TLS: is it http://?",
  ],
  [/timed? ?out/i, "it did not answer in time"],
  [/refused/i, "nothing listens there: is it running?"],
  [/SendRequest/, "what listens there does not answer in HTTP: is it the action?"],
];

/** The whole sentence for a request to `url` that failed with `error`. */
export function cannotReach(url: string, error: unknown): string {
  const said = error instanceof Error ? error.message.replace(/^.*client error/s, "") : "";
  const [, reason] = REASONS.find(([pattern]) => pattern.test(said)) ?? [, "is it running?"];
  return `Cannot reach the action at ${url}: ${reason}`;
}
