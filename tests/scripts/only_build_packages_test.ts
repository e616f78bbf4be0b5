/** What an image's build fetches: the packages that the binary is made of and with, and no others. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DEVELOPMENT_PACKAGES } from "../../scripts/only_build_packages.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

async function sourcesBelow(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${project}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await sourcesBelow(path));
    else if (/\.tsx?$/.test(name)) texts.push(await Deno.readTextFile(`${project}${path}`));
  }
  return texts;
}

/** The scripts that the image's build copies. */
async function buildScripts(): Promise<string[]> {
  const dockerfile = await Deno.readTextFile(`${project}Dockerfile`);
  const paths = [...dockerfile.matchAll(/scripts\/\w+\.ts/g)].map(([path]) => path);
  return await Promise.all([...new Set(paths)].map((path) => Deno.readTextFile(project + path)));
}

Deno.test("the packages that are left out are all that neither the sources nor the build use", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(`${project}deno.json`));
  const texts = [...await sourcesBelow("src"), ...await buildScripts()];
  const isUsed = (name: string) => {
    const use = new RegExp(`(?:from |import\\(|import )"${name}["/]|node_modules/${name}["/]`);
    return texts.some((text) => use.test(text));
  };
  assert.deepEqual(Object.keys(imports).filter((name) => !isUsed(name)), DEVELOPMENT_PACKAGES);
});

Deno.test("what is left can be installed as it is locked, and a package that is not locked is refused", async () => {
  const dir = await Deno.makeTempDir({ prefix: "tokenize-packages-" });
  const fetch = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "scripts/only_build_packages.ts"],
      cwd: dir,
      stdin: "null",
    }).output();
  try {
    await Deno.mkdir(`${dir}/src/console`, { recursive: true });
    await Deno.mkdir(`${dir}/scripts`);
    const copied = ["src/console/deno.json", "scripts/only_build_packages.ts"];
    for (const path of [...copied, "deno.json", "deno.lock"]) {
      await Deno.copyFile(project + path, `${dir}/${path}`);
    }
    const { success, stderr } = await fetch();
    assert.ok(success, new TextDecoder().decode(stderr));
    const lock = await Deno.readTextFile(`${dir}/deno.lock`);
    const { npm } = JSON.parse(lock);
    const left = new Set(Object.keys(npm).map((each) => each.replace(/(?<=.)@.*/, "")));
    assert.deepEqual(
      ["fast-check", "typescript", "hono", "esbuild"].map((name) => left.has(name)),
      [
        false,
        false,
        true,
        true,
      ],
    );

    await Deno.writeTextFile(`${dir}/deno.lock`, lock.replaceAll(/"hono@[\s\S]*?\},/g, ""));
    const refused = await fetch();
    assert.equal(refused.success, false);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
