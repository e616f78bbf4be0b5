/**
 * The import map that is embedded in the binary. A compiled program's module loader takes what is not
 * embedded from the disk and asks for no permission to read; a specifier that is mapped to nothing
 * never gets to the loader. The map holds for every `import()`, by whatever code, and for the first
 * module of a worker.
 *
 * Source: the HTML standard, "8.1.5.2 Resolving module specifiers": the longest key that fits wins, and
 * one that is mapped to null throws.
 */

/** The map under which only these files can be imported, and nothing else that is a file. */
export function onlyEmbedded(names: readonly string[]): string {
  const imports: Record<string, string | null> = {
    "file:///": null,
    // Its class Worker cannot be taken from the module, as it can from what `require` gives.
    "node:worker_threads": null,
  };
  for (const name of names) imports[`./${name}`] = `./${name}`;
  return JSON.stringify({ imports });
}
