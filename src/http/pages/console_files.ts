/** The console's files. The build puts them here: scripts/pages.ts. From source, there are none. */
import type { PageFiles } from "./page_file.ts";

/** The files of `src/console`, bundled; undefined from source. */
export const FILES: PageFiles | undefined = undefined;
