/**
 * What both halves of the program load before /healthz responds: a library that is only needed later is
 * imported by `import()`, since evaluating it takes milliseconds of every start.
 */
import assert from "node:assert/strict";

const IMPORT = /^(?:import|export) (?!type\b)(?:([^;"]*?) from )?"([^"]+)";/gm;

/** The files and packages that are evaluated with `entry`, and with what it imports in turn. */
async function loadedBy(entry: string): Promise<{ files: Set<string>; packages: string[] }> {
  const root = new URL("../src/", import.meta.url).href;
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(file, root));
    for (const [, names, specifier] of text.matchAll(IMPORT)) {
      if (isOfTypes(names)) continue;
      if (specifier!.startsWith(".")) {
        const url = new URL(specifier!, new URL(file, root));
        if (url.href.startsWith(root)) files.add(url.href.slice(root.length));
      } else if (!specifier!.startsWith("node:")) packages.add(specifier!);
    }
  }
  return { files, packages: [...packages].sort() };
}

/** Whether an import's braces name types only. */
function isOfTypes(names: string | undefined): boolean {
  const list = /^\{(.*)\}$/s.exec(names ?? "")?.[1]?.split(",").map((name) => name.trim());
  return list?.every((name) => name === "" || name.startsWith("type ")) ?? false;
}

/** What only some runs, commands or settings need. */
const LATER =
  /(?:siv|sha256|vault)_sdk\.ts$|siv_cipher|hmac\.ts|yaml|schemas\.ts$|http\/app\.ts|exposition|_files\.ts$/;
/** What `serve` does without until it listens: the parser, all other commands, platforms and runs. */
const NOT_TO_SERVE =
  /^command_line\/(?!plain)|^commands\/(?:run|plan|doctor|rotate|restore|verify|trigger|smoke|keys|token|detokenize|open_\w+|datahub_\w+)\.ts$|_platform\.ts$|^runs\//;

for (
  const [half, entry] of [
    ["outer half", "main.ts"],
    ["sandbox", "worker.ts"],
  ] as const
) {
  Deno.test(`before /healthz responds the ${half} loads no package`, async () => {
    const loaded = await loadedBy(entry);
    assert.ok(loaded.files.size > 20, String(loaded.files.size));
    assert.deepEqual(loaded.packages, []);
    assert.deepEqual([...loaded.files].filter((file) => LATER.test(file)), []);
    assert.deepEqual([...loaded.files].filter((file) => NOT_TO_SERVE.test(file)), []);
  });
}
