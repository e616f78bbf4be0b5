/**
 * Installs Spark and its table formats into a cache, once: by package name and pinned version, each
 * checked against the hash below. What is already there is reused.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileDigest, folderDigest } from "../../../digests.ts";
import { javaProgram } from "./prerequisites.ts";

/** The version that `requirements.txt` pins. */
const PYSPARK_VERSION = "4.0.1";
/** What of it is executed, with the digest of that as `folderDigest` makes it. */
const EXECUTED = ["bin", "jars"];
const EXECUTED_SHA256 = "1e6bef25d03a856d7e75d39b4c156182281bc34257e3a11f775aaa6ceeddffb2";

interface Jar {
  readonly organisation: string;
  readonly module: string;
  readonly version: string;
  readonly sha256: string;
}

/** Delta with its dependencies beyond Spark, and Iceberg for a second catalog. */
const JARS: readonly Jar[] = [
  {
    organisation: "io.delta",
    module: "delta-spark_2.13",
    version: "4.0.0",
    sha256: "538511702aae0ef6973a6a70af3d4543c9009f8edbed786a00737e2d3cd7f04e",
  },
  {
    organisation: "io.delta",
    module: "delta-storage",
    version: "4.0.0",
    sha256: "9bdb9fb450f1e119eba53feb427f331b0d09072d26485b8273883ad72c9a2e1d",
  },
  {
    organisation: "org.apache.iceberg",
    module: "iceberg-spark-runtime-4.0_2.13",
    version: "1.10.0",
    sha256: "0480f1248e0a8b50ae2a730d7ad3e1a727351c362ca63f4a0c35182087a49323",
  },
];

/** What was installed, and where. */
export interface SparkInstallation {
  readonly sparkHome: string;
  readonly jars: readonly string[];
}

interface Task {
  readonly cache: string;
  readonly tell: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Where installations are kept: `$TOKENIZE_CACHE`, else `.tools` in the repository. */
function cacheDirectory(): string {
  const repository = fileURLToPath(new URL("../../../../", import.meta.url));
  return join(Deno.env.get("TOKENIZE_CACHE") ?? join(repository, ".tools"), "spark");
}

/** Installs what is missing, and says what it is doing through `tell`. */
export async function installSpark(
  tell: (message: string) => void,
  signal?: AbortSignal,
): Promise<SparkInstallation> {
  const cache = cacheDirectory();
  await Deno.mkdir(cache, { recursive: true });
  const task: Task = { cache, tell, signal };
  const sparkHome = await installPyspark(join(cache, `pyspark-${PYSPARK_VERSION}`), task);
  const jars: string[] = [];
  for (const jar of JARS) jars.push(await installJar(jar, sparkHome, task));
  return { sparkHome, jars };
}

async function installPyspark(venv: string, { tell, signal }: Task): Promise<string> {
  const installed = await findSparkHome(venv);
  if (installed && await isIntact(installed)) return installed;
  if (installed) await discard(venv, tell);
  tell(`installing pyspark ${PYSPARK_VERSION} (once; some 450 MB to download)`);
  // under another name until it is complete, so that no other process finds a part of it
  const partial = await Deno.makeTempDir({ dir: dirname(venv), prefix: "partial-" });
  try {
    await run(signal, "python3", "-m", "venv", partial);
    const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));
    await run(
      signal,
      join(partial, "bin", "pip"),
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-cache-dir",
      // the Python side of Spark is not used, so its dependencies are not needed
      "--no-deps",
      "--require-hashes",
      "--requirement",
      requirements,
    );
    await moveIntoPlace(partial, venv);
  } finally {
    await Deno.remove(partial, { recursive: true }).catch(ignoreMissing);
  }
  const sparkHome = await findSparkHome(venv);
  if (!sparkHome) throw new Error(`Cannot install Spark: pip put no pyspark into "${venv}"`);
  if (!await isIntact(sparkHome)) throw new Error(`Cannot install Spark: ${notPinned(sparkHome)}`);
  return sparkHome;
}

async function isIntact(sparkHome: string): Promise<boolean> {
  return await folderDigest(sparkHome, ...EXECUTED) === EXECUTED_SHA256;
}

async function discard(path: string, tell: Task["tell"]): Promise<void> {
  tell(`${notPinned(path)}: it is installed again`);
  await Deno.remove(path, { recursive: true });
}

function notPinned(path: string): string {
  return `the SHA-256 of "${path}" is not the pinned one`;
}

/** `SPARK_HOME` in a virtual environment, or undefined when there is none. */
async function findSparkHome(venv: string): Promise<string | undefined> {
  try {
    for await (const { name } of Deno.readDir(join(venv, "lib"))) {
      const sparkHome = join(venv, "lib", name, "site-packages", "pyspark");
      const submit = await Deno.stat(join(sparkHome, "bin", "spark-submit")).catch(ignoreMissing);
      if (submit) return sparkHome;
    }
  } catch (error) {
    ignoreMissing(error);
  }
  return undefined;
}

async function installJar(
  jar: Jar,
  sparkHome: string,
  { cache, tell, signal }: Task,
): Promise<string> {
  const name = `${jar.module}-${jar.version}.jar`;
  const path = join(cache, "jars", name);
  if (await Deno.stat(path).catch(ignoreMissing)) {
    if (await fileDigest(path) === jar.sha256) return path;
    await discard(path, tell);
  }
  tell(`installing ${jar.organisation}:${jar.module}:${jar.version} (once)`);
  const partial = await Deno.makeTempDir({ dir: cache, prefix: "partial-" });
  try {
    await run(
      signal,
      javaProgram(),
      // Spark includes Ivy, which finds Maven packages
      "-jar",
      await findIvy(sparkHome),
      "-warn",
      "-notransitive",
      "-confs",
      "default",
      "-dependency",
      jar.organisation,
      jar.module,
      jar.version,
      "-cache",
      join(partial, "ivy"),
      "-retrieve",
      join(partial, "[artifact]-[revision].[ext]"),
    );
    const fetched = join(partial, name);
    if (await fileDigest(fetched) !== jar.sha256) {
      throw new Error(`Cannot install ${name}: ${notPinned(fetched)}`);
    }
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.rename(fetched, path);
  } finally {
    await Deno.remove(partial, { recursive: true }).catch(ignoreMissing);
  }
  return path;
}

async function findIvy(sparkHome: string): Promise<string> {
  for await (const { name } of Deno.readDir(join(sparkHome, "jars"))) {
    if (/^ivy-.*\.jar$/.test(name)) return join(sparkHome, "jars", name);
  }
  throw new Error(`Cannot install Spark's packages: no Ivy in "${sparkHome}"`);
}

/** If another process was faster, its copy is as good. */
async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await Deno.stat(to).catch(ignoreMissing)) throw error;
  }
}

async function run(
  signal: AbortSignal | undefined,
  program: string,
  ...args: string[]
): Promise<void> {
  const output = await new Deno.Command(program, { args, signal }).output();
  signal?.throwIfAborted();
  if (output.success) return;
  const decoder = new TextDecoder();
  const printed = decoder.decode(output.stderr) + decoder.decode(output.stdout);
  throw new Error(`Cannot install Spark: "${program}" failed:\n${printed.slice(-4000)}`);
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
