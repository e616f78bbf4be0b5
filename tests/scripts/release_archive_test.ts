import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const cwd = fileURLToPath(new URL("../../", import.meta.url));

async function run(program: string, args: string[], env: Record<string, string> = {}) {
  const { success, stdout } = await new Deno.Command(program, { args, cwd, env }).output();
  assert.ok(success, `${program} ${args.join(" ")}`);
  return new TextDecoder().decode(stdout);
}

Deno.test("a release's archive holds the program, its licences, its manual and what the README uses; the bill of materials lies beside it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const dist = `${dir}/dist`;
    await Deno.mkdir(dist);
    await Deno.writeTextFile(`${dist}/tokenize`, "#!/bin/sh\necho it runs\n", { mode: 0o755 });
    await Deno.writeTextFile(`${dist}/licenses.txt`, "licences\n");
    await Deno.writeTextFile(`${dist}/sbom.cdx.json`, "{}\n");

    const env = { TOKENIZE_DIST: dist };
    await run("scripts/release_archive.sh", ["v1.2.3", "linux-x64", `${dir}/release`], env);
    const name = "tokenize-action-v1.2.3-linux-x64";
    const files = await Array.fromAsync(Deno.readDir(`${dir}/release`), (entry) => entry.name);
    assert.deepEqual(files.sort(), [`${name}.cdx.json`, `${name}.tar.gz`]);

    await run("tar", ["-xzf", `${dir}/release/${name}.tar.gz`, "-C", dir]);
    const packed = await Array.fromAsync(Deno.readDir(`${dir}/${name}`), (entry) => entry.name);
    const documents = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "deploy", "docs"];
    assert.deepEqual(packed.sort(), documents.concat("licenses.txt", "man", "tokenize"));
    for (
      const used of [
        "docs/cli.md",
        "man/tokenize-run.1",
        "deploy/grants.sql",
        "deploy/history.sql",
        "deploy/chart/tokenize-action/Chart.yaml",
        "deploy/postgres/seed.sql",
        "deploy/systemd/tokenize-action.service",
      ]
    ) {
      assert.ok((await Deno.stat(`${dir}/${name}/${used}`)).isFile, used);
    }
    assert.equal(await run(`${dir}/${name}/tokenize`, []), "it runs\n");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
