/** Dataset URNs as people have them at hand: from DataHub's address bar, or typed in another case. */
import { FABRICS } from "../datahub/dataset_urn.ts";

/** A page of a dataset: DataHub percent-encodes the URN so that it is one segment of the path. */
const DATASET_PAGE = /^https?:\/\/[^?#]*\/dataset\/([^/?#]+)/i;
const PARTS =
  /^(urn:li:dataset:\(\s*urn:li:dataPlatform:)([^,]*[^,\s])\s*(,.*,)\s*([A-Za-z_]+)\s*\)$/is;

/**
 * The URN as DataHub writes it, from one that was percent-encoded as a whole, the URL of a dataset's
 * page, or one whose platform or environment is in another case, or has blanks around it. Anything else
 * is given back as it is, so that a mistake is reported about what was typed.
 */
export function readTypedUrn(text: string): string {
  const trimmed = text.trim();
  const [, segment] = DATASET_PAGE.exec(trimmed) ?? [];
  const encoded = segment ?? (/^urn%3A/i.test(trimmed) ? trimmed : undefined);
  const urn = encoded === undefined ? trimmed : decoded(encoded);
  return inDatahubsCase(urn) ?? (encoded === undefined ? text : urn);
}

/** Undefined if it is no dataset URN with an environment that DataHub has. */
function inDatahubsCase(urn: string): string | undefined {
  const [, , platform, name, environment] = PARTS.exec(urn) ?? [];
  const fabric = FABRICS.find((each) => each === environment?.toUpperCase());
  if (platform === undefined || fabric === undefined) return undefined;
  return `urn:li:dataset:(urn:li:dataPlatform:${platform.toLowerCase()}${name}${fabric})`;
}

/** Decoded once; as it is if its encoding is broken. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
