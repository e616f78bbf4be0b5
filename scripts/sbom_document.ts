/**
 * The bill of materials of the binary, as CycloneDX 1.6: what is in it, from which package, with the
 * checksum that the lock file holds it to, and under which licence. The same binary gives the same text.
 *
 * Source: CycloneDX specification, "bom-1.6.schema.json".
 */
import { Buffer } from "node:buffer";

/** What the document is made of. */
export interface SbomSources {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly denoVersion: string;
  /** In hexadecimal. */
  readonly binarySha256: string;
  /** What contents.json says. */
  readonly contents: { readonly commit: string; readonly packages: readonly string[] };
  /** deno.lock. */
  readonly lock: { readonly npm: Readonly<Record<string, LockedPackage>> };
  /** licenses.txt. */
  readonly licenses: string;
}

/** A package in deno.lock, whose name there may have its peers behind it: `a@1.0.0_b@2.0.0`. */
interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

/** What stands behind a package's version for its peers; not the underscore of a name. */
const PEERS = /(@[^@_]+)_.*$/;

/** A component of the document. */
export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly { readonly alg: "SHA-256" | "SHA-512"; readonly content: string }[];
  readonly licenses: readonly [License];
  readonly purl?: string;
}

type License =
  | { readonly expression: string }
  | { readonly license: { readonly id: string } | { readonly name: string } };

/** The document. */
export interface Sbom {
  readonly $schema: string;
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly component: Component;
    readonly properties: readonly { readonly name: string; readonly value: string }[];
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** Makes the document. Throws if a package or its checksum is missing in the lock file. */
export function sbomOf(sources: SbomSources): Sbom {
  const { name, version, license, denoVersion, binarySha256, contents, lock, licenses } = sources;
  const locked = new Map(
    Object.entries(lock.npm).map(([key, each]) => [key.replace(PEERS, "$1"), each]),
  );
  const packages = contents.packages;
  const licenseOf = licenseNames(licenses);
  const libraries = packages.map((each) => library(each, locked.get(each), licenseOf.get(each)));
  const root: Component = {
    type: "application",
    "bom-ref": `${name}@${version}`,
    name,
    version,
    hashes: [{ alg: "SHA-256", content: binarySha256 }],
    licenses: [licenseFrom(license)],
  };
  const runtime: Component = {
    type: "platform",
    "bom-ref": `deno@${denoVersion}`,
    name: "deno",
    version: denoVersion,
    licenses: [licenseFrom("MIT")],
    purl: `pkg:github/denoland/deno@v${denoVersion}`,
  };
  const refs = new Set(packages);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber(binarySha256),
    version: 1,
    metadata: {
      component: root,
      properties: [{ name: "commit", value: contents.commit }],
    },
    components: [runtime, ...libraries],
    dependencies: [
      { ref: root["bom-ref"], dependsOn: [runtime["bom-ref"], ...packages] },
      { ref: runtime["bom-ref"], dependsOn: [] },
      ...packages.map((ref) => ({
        ref,
        dependsOn: (locked.get(ref)?.dependencies ?? [])
          .map((each) => resolved(each, packages)).filter((each) => refs.has(each)),
      })),
    ],
  };
}

function library(
  versioned: string,
  locked: LockedPackage | undefined,
  license: string | undefined,
): Component {
  const [, algorithm, digest] = /^(sha512)-(.+)$/.exec(locked?.integrity ?? "") ?? [];
  if (algorithm === undefined) throw new Error(`deno.lock has no SHA-512 of ${versioned}`);
  const at = versioned.lastIndexOf("@");
  const [path, version] = [versioned.slice(0, at), versioned.slice(at + 1)];
  const [scope, name] = path.startsWith("@") ? path.split("/") as [string, string] : [, path];
  return {
    type: "library",
    "bom-ref": versioned,
    ...(scope === undefined ? {} : { group: scope }),
    name,
    version,
    hashes: [{ alg: "SHA-512", content: Buffer.from(digest!, "base64").toString("hex") }],
    licenses: [licenseFrom(license ?? "see licenses.txt")],
    purl: `pkg:npm/${path.replace("@", "%40")}@${version}`,
  };
}

/** The names in the headings of licenses.txt, by package. */
function licenseNames(licenses: string): Map<string, string> {
  const headings = licenses.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+@\S+) \((.+)\)\n-+$/gm);
  return new Map([...headings].map(([, name, license]) => [name!, license!]));
}

function licenseFrom(text: string): License {
  if (/^[A-Za-z0-9.-]+$/.test(text)) return { license: { id: text } };
  if (/^[()\sA-Za-z0-9.-]*\b(?:OR|AND|WITH)\b[()\sA-Za-z0-9.-]*$/.test(text)) {
    return { expression: text };
  }
  return { license: { name: text } };
}

/** A dependency as the lock names it: with its version where there are several. */
function resolved(dependency: string, packages: readonly string[]): string {
  const plain = dependency.replace(PEERS, "$1");
  return packages.includes(plain)
    ? plain
    : packages.find((each) => each.slice(0, each.lastIndexOf("@")) === plain) ?? plain;
}

/** A UUID that stands for this binary (RFC 9562, version 8). */
function serialNumber(sha256: string): string {
  const variant = "89ab"[parseInt(sha256[16]!, 16) % 4];
  const parts = [
    sha256.slice(0, 8),
    sha256.slice(8, 12),
    `8${sha256.slice(13, 16)}`,
    `${variant}${sha256.slice(17, 20)}`,
    sha256.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}
