/**
 * Writes deno.lock for the imports of deno.json. Run it after changing an import:
 *
 *     make lock
 *
 * It needs the npm registry: first names and versions, then the packages themselves, to check
 * their integrity in an empty cache. The versions of packages already locked stay as they are.
 * Nothing else in this project changes the lock, which is frozen.
 *
 * Why `deno install` alone does not do: @databricks/sql 2.1.0 names optional native packages, one of
 * which was never published, so that Deno refuses to resolve it. 2.0.0 has the same dependencies and
 * resolves, but does not verify the server's certificate and must never run. So 2.0.0 is resolved,
 * its entry is renamed to 2.1.0, and its optional native parts, which the service never uses, go.
 */

const DRIVER = "@databricks/sql";
const RESOLVABLE_VERSION = "2.0.0";
/** Versions of the driver with the dependencies of 2.0.0, and their integrity as published. */
const DRIVER_INTEGRITY: Record<string, string> = {
  "2.1.0":
    "sha512-mJ4Fi8Yu703wAYWIR1YNnOIFKxBwWI/LrQz5GKzFaf2hLhK3bWpW17Jf2iP9scyBDgQvod1VJ+/HmKFGLB8m7g==",
};

/** Swagger UI's dependency that only tells its authors of installations. Without scripts it does nothing. */
const REPORTS_INSTALLS = "@scarf/scarf";

interface LockedPackage {
  integrity: string;
  dependencies?: string[];
  optionalDependencies?: string[];
  optionalPeers?: string[];
  /** Whether it has scripts that an installation might run. */
  scripts?: boolean;
}

interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, LockedPackage>;
  workspace?: { dependencies: string[] };
}

const projectUrl = new URL("../", import.meta.url);
const configUrl = new URL("deno.json", projectUrl);
const lockUrl = new URL("deno.lock", projectUrl);

const configText = await Deno.readTextFile(configUrl);
const version = lockedDriverVersion(configText);
const before = await readTextIfThere(lockUrl);
const workDir = await Deno.makeTempDir({ prefix: "tokenize-lock-" });
try {
  await copyMembers(workDir, configText);
  const resolved = await resolveWithOldDriver(workDir, configText, before);
  const after = format(withDriver(resolved, version));
  await proveFrozenInstall(workDir, configText, after);
  if (after !== before) {
    const unfinished = new URL(`deno.lock.${Deno.pid}.tmp`, projectUrl);
    await Deno.writeTextFile(unfinished, after);
    await Deno.rename(unfinished, lockUrl);
  }
  console.log(after === before ? "deno.lock was up to date" : "deno.lock written");
} finally {
  await Deno.remove(workDir, { recursive: true });
}

function lockedDriverVersion(config: string): string {
  const imports = JSON.parse(config).imports as Record<string, string>;
  const version = imports[DRIVER]?.split("@").at(-1) ?? "none";
  if (!(version in DRIVER_INTEGRITY)) {
    const known = Object.keys(DRIVER_INTEGRITY).join(", ");
    throw new Error(
      `Cannot lock ${DRIVER} ${version}: only ${known} is known to have the dependencies of ` +
        `${RESOLVABLE_VERSION}; compare them (npm view ${DRIVER}@${version}) and add its integrity`,
    );
  }
  return version;
}

/** The workspace's members, without which Deno takes no configuration of it. */
async function copyMembers(workDir: string, config: string): Promise<void> {
  const { workspace = [] } = JSON.parse(config) as { workspace?: readonly string[] };
  for (const member of workspace) {
    await Deno.mkdir(`${workDir}/${member}`, { recursive: true });
    await Deno.copyFile(
      new URL(`${member}/deno.json`, projectUrl),
      `${workDir}/${member}/deno.json`,
    );
  }
}

async function resolveWithOldDriver(
  workDir: string,
  config: string,
  seed: string | undefined,
): Promise<Lock> {
  await Deno.writeTextFile(
    `${workDir}/deno.json`,
    config.replaceAll(driverSpecifier(version), driverSpecifier(RESOLVABLE_VERSION)),
  );
  if (seed !== undefined) {
    const lock = JSON.parse(seed) as Lock;
    delete lock.specifiers[driverSpecifier(version)];
    delete lock.npm[`${DRIVER}@${version}`];
    await Deno.writeTextFile(`${workDir}/deno.lock`, JSON.stringify(lock));
  }
  await deno(workDir, ["install", "--quiet", "--frozen=false", "--lockfile-only"]);
  return JSON.parse(await Deno.readTextFile(`${workDir}/deno.lock`)) as Lock;
}

function withDriver(resolved: Lock, version: string): Lock {
  const oldKey = `${DRIVER}@${RESOLVABLE_VERSION}`;
  const driver = resolved.npm[oldKey];
  if (driver === undefined) throw new Error(`Cannot lock ${DRIVER}: it was not resolved`);

  const renamed: Lock = JSON.parse(
    JSON.stringify(resolved)
      .replaceAll(
        `"${driverSpecifier(RESOLVABLE_VERSION)}":"${RESOLVABLE_VERSION}"`,
        () => `"${driverSpecifier(version)}":"${version}"`,
      )
      .replaceAll(driverSpecifier(RESOLVABLE_VERSION), driverSpecifier(version)),
  );
  delete renamed.npm[oldKey];
  renamed.npm[`${DRIVER}@${version}`] = {
    integrity: DRIVER_INTEGRITY[version] as string,
    dependencies: driver.dependencies,
  };
  for (const [key, locked] of Object.entries(renamed.npm)) {
    if (packageName(key) === REPORTS_INSTALLS) delete locked.scripts;
  }
  renamed.npm = onlyReachable(renamed);
  return renamed;
}

/** The packages that some import still leads to, in the order Deno keeps: by name. */
function onlyReachable(lock: Lock): Lock["npm"] {
  const reached = new Set<string>();
  const waiting = Object.entries(lock.specifiers).map(([specifier, version]) =>
    `${packageName(specifier.slice("npm:".length))}@${version}`
  );
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (reached.has(key)) continue;
    const locked = lock.npm[key];
    if (locked === undefined) throw new Error(`Cannot lock ${key}: its entry is missing`);
    reached.add(key);
    const { dependencies = [], optionalDependencies = [], optionalPeers = [] } = locked;
    for (const name of [...dependencies, ...optionalDependencies, ...optionalPeers]) {
      waiting.push(keyOf(lock, name));
    }
  }
  return Object.fromEntries(
    Object.entries(lock.npm).filter(([key]) => reached.has(key)).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** A dependency is named with its version only where the lock holds several. */
function keyOf(lock: Lock, dependency: string): string {
  const unaliased = dependency.replace(/^.+@npm:/, "");
  if (unaliased in lock.npm) return unaliased;
  const keys = Object.keys(lock.npm).filter((key) => packageName(key) === unaliased);
  if (keys.length !== 1) {
    throw new Error(`Cannot lock ${dependency}: ${keys.length} entries have its name`);
  }
  return keys[0] as string;
}

function packageName(key: string): string {
  return key.slice(0, key.indexOf("@", 1));
}

function driverSpecifier(version: string): string {
  return `npm:${DRIVER}@${version}`;
}

/** As Deno writes it: two blanks, but one-line lists of systems and processors. */
function format(lock: Lock): string {
  const text = JSON.stringify(lock, null, 2) + "\n";
  return text.replace(
    /"(os|cpu)": \[([^\]]*)\]/g,
    (_, key, list: string) => `"${key}": [${list.trim().replace(/\s*\n\s*/g, " ")}]`,
  );
}

async function proveFrozenInstall(workDir: string, config: string, lock: string): Promise<void> {
  await Deno.writeTextFile(`${workDir}/deno.json`, config);
  await Deno.writeTextFile(`${workDir}/deno.lock`, lock);
  const emptyCache = { DENO_DIR: `${workDir}/cache` };
  await deno(workDir, ["install", "--quiet", "--frozen"], emptyCache);
  const program = `const { DBSQLClient } = await import("${DRIVER}"); new DBSQLClient();`;
  await Deno.writeTextFile(`${workDir}/driver.ts`, program);
  await deno(workDir, ["run", "--quiet", "--frozen", "-A", "driver.ts"], emptyCache);
}

async function deno(
  cwd: string | URL,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd, env, stdout: "null" })
    .spawn().status;
  if (!success) throw new Error(`Cannot lock: deno ${args[0]} failed in ${cwd}`);
}

async function readTextIfThere(url: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
