/** The files of the API's page. The build puts them here: scripts/pages.ts. From source, there are none. */
import type { PageFiles } from "./page_file.ts";

/** Swagger UI, and what starts it; undefined from source. */
export const FILES: PageFiles | undefined = undefined;
