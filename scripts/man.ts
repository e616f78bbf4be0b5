/** `deno task man [FOLDER]`: writes the manual pages, to dist/man unless a folder is named. */
import { manPages } from "./docs/man_pages.ts";

const [folder = "dist/man"] = Deno.args;
await Deno.mkdir(folder, { recursive: true });
for (const [file, text] of manPages()) await Deno.writeTextFile(`${folder}/${file}`, text);
