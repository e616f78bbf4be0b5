/**
 * The program with some of its source files replaced, so that a test can act where the product has no
 * hook for it: inside the sandbox, say. All else is the product's own, the build included.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { denortEnvironment } from "../../scripts/denort.ts";
import { compiled, type Program, sourcesIn } from "./program.ts";

/** A copy of the project, deleted when disposed of. */
export interface AlteredProject extends AsyncDisposable {
  /** Runs it from source. */
  readonly source: Program;
  /** Compiles it with the product's own build. */
  build(): Promise<Program>;
}

const projectDir = fileURLToPath(new URL("../../", import.meta.url));

/** Copies the project. `alter` gives a file's new text from its present one, by its path. */
export async function alterProject(
  alter: Readonly<Record<string, (text: string) => string>>,
): Promise<AlteredProject> {
  const dir = `${await Deno.makeTempDir({ prefix: "tokenize-altered-" })}/`;
  for (const name of ["deno.json", "deno.lock"]) await Deno.copyFile(projectDir + name, dir + name);
  for (const name of ["src", "scripts"]) await copyFolder(projectDir + name, dir + name);
  for (const [path, change] of Object.entries(alter)) {
    const text = await Deno.readTextFile(dir + path);
    const changed = change(text);
    if (changed === text) throw new Error(`Cannot alter ${path}: nothing changed`);
    await Deno.writeTextFile(dir + path, changed);
  }
  return {
    source: sourcesIn(dir),
    async build() {
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", "scripts/build.ts"],
        cwd: dir,
        env: { TOKENIZE_COMMIT: "altered", ...await denortEnvironment() },
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return { ...compiled, file: `${dir}dist/tokenize` };
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else {
      await Deno.mkdir(dirname(`${to}/${name}`), { recursive: true });
      await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  }
}
