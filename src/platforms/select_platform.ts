/** From a dataset's URN to the connection that reaches it. */
import type { DatasetUrn } from "../datahub/dataset_urn.ts";
import { ServiceError } from "../errors.ts";
import type { Platform } from "./platform.ts";

/**
 * The connection for a dataset: by the platform in its URN, and if that has several connections, by the
 * platform instance and the database in its name. `known` has every platform of this build, with the
 * variable that turns it on; `connections` has those that are configured, by name.
 *
 * Throws `unsupported_platform`, `platform_not_configured`, `wrong_database` if no connection is used for
 * such a name, `ambiguous_name` if several are, and `invalid_urn` for a name that means no table.
 */
export function selectPlatform(
  dataset: DatasetUrn,
  connections: ReadonlyMap<string, Platform>,
  known: ReadonlyMap<string, string>,
): Platform {
  const named = [...connections].filter(([, { name }]) => name === dataset.platform);
  if (named.length === 0) throw notConfigured(dataset, known);
  const fits = named.map(([name, platform]) => ({ name, platform, fit: platform.fit(dataset) }));
  const exact = fits.filter(({ fit }) => fit === "exact");
  const found = exact.length > 0 ? exact : fits.filter(({ fit }) => fit === "similar");
  if (found.length === 1) return found[0]!.platform;
  if (found.length > 1) {
    throw new ServiceError(
      "ambiguous_name",
      `Cannot route the dataset: the name "${dataset.name}" fits the connections ${
        listed(found)
      }: give them different platform instances`,
    );
  }
  throw new ServiceError(
    "wrong_database",
    `Cannot route the dataset: no connection of platform "${dataset.platform}" is for a platform ` +
      `instance and database in "${dataset.name}" (have: ${listed(fits)})`,
  );
}

/** Such as `"crm" (crm), "eu" (platform instance eu, databases crm, shop)`. */
function listed(found: readonly { readonly name: string; readonly platform: Platform }[]): string {
  return found.map(({ name, platform }) => `"${name}" (${platform.reach})`).join(", ");
}

function notConfigured(dataset: DatasetUrn, known: ReadonlyMap<string, string>): ServiceError {
  const variable = known.get(dataset.platform);
  if (variable === undefined) {
    const names = [...known.keys()].join(", ");
    return new ServiceError(
      "unsupported_platform",
      `Cannot route the dataset: no platform named "${dataset.platform}" (have: ${names})`,
    );
  }
  return new ServiceError(
    "platform_not_configured",
    `Cannot route the dataset: platform "${dataset.platform}" is off, set ${variable} to turn it on`,
  );
}
