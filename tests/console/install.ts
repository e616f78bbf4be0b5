/** The browser: Chromium, as the system has it. Debian's package is installed where it is missing. */

/** Its path, or why there is none. */
export type Installation = { readonly program: string } | { readonly missing: string };

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Finds the browser, or installs it, if this is Debian or alike, and the user is root. */
export async function installChromium(): Promise<Installation> {
  const found = await findChromium();
  if (found !== undefined) return { program: found };
  if (Deno.uid() !== 0 || !await succeeds("apt-get", "--version")) {
    return { missing: "there is no Chromium, and only root can install Debian's package" };
  }
  console.log("Installing Debian's package chromium");
  const options = ["install", "--yes", "-qq", "--no-install-recommends", "chromium"];
  if (!await succeeds("apt-get", ...options)) {
    await succeeds("apt-get", "update", "-qq");
    if (!await succeeds("apt-get", ...options)) {
      return { missing: "there is no Chromium, and its package cannot be installed" };
    }
  }
  const installed = await findChromium();
  return installed === undefined
    ? { missing: "the package chromium has no program of that name" }
    : { program: installed };
}

async function findChromium(): Promise<string | undefined> {
  const given = Deno.env.get("CHROMIUM");
  if (given) return given;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      const path = `${folder}/${name}`;
      if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
    }
  }
}

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  const command = new Deno.Command(program, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return await command.output().then(({ success }) => success, () => false);
}
