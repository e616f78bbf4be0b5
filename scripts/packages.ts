/** Which packages a bundle holds, and under which licences they may be handed on. */

/** Packages by name and version (`hono@4.1.0`), each with its folder. */
export type Packages = ReadonlyMap<string, string>;

/** The packages that source files belong to, by their paths in Deno's node_modules folder. */
export function findPackages(sources: readonly string[]): Packages {
  const found = new Map<string, string>();
  for (const source of sources) {
    // node_modules/.deno/@scope+name@version/node_modules/@scope/name/…
    const match = /^(.*\/\.deno\/([^/]+)\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(source);
    const [, folder, versioned, name] = match ?? [];
    if (folder === undefined || versioned === undefined || name === undefined) continue;
    found.set(`${name}@${versioned.slice(name.length + 1).split("_")[0]}`, folder);
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/** The licence of each package: its licence files, or what its package.json says. */
export async function licenseTexts(packages: Packages, sourceDir: string): Promise<string> {
  const sections: string[] = [];
  for (const [name, folder] of packages) {
    const dir = `${sourceDir}/${folder}`;
    const manifest = JSON.parse(await Deno.readTextFile(`${dir}/package.json`));
    const files = (await Array.fromAsync(Deno.readDir(dir))).map((entry) => entry.name)
      .filter((file) => /(^|\.)(licen[cs]e|notice|copying)(\.|$|-)/i.test(file)).sort();
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(`${dir}/${file}`)));
    const heading = `${name} (${manifest.license ?? "see below"})`;
    sections.push(
      [heading, "-".repeat(heading.length), ...texts.map((text) => text.trim())].join("\n"),
    );
  }
  return sections.join("\n\n") + "\n";
}
