/** What this program is. The build replaces the commit's name. */
import manifest from "../deno.json" with { type: "json" };

declare const TOKENIZE_COMMIT: string | undefined;

/** The released version. */
export const VERSION: string = manifest.version;

/** The commit the binary was built from; `source` where it runs from source. */
export const COMMIT: string = typeof TOKENIZE_COMMIT === "string" ? TOKENIZE_COMMIT : "source";

/** What `--version` prints. */
export const VERSION_LINE = `tokenize ${VERSION} (${COMMIT})`;
