/**
 * Every environment variable that the program reads. `deno compile` builds this list into the binary,
 * so it cannot read any other variable.
 */
import { READABLE_VARIABLES, REFERENCE_PREFIX } from "./config/catalogue.ts";

/** Every setting, and what is no setting of the configuration file. */
export const ENVIRONMENT_NAMES: readonly string[] = [
  ...READABLE_VARIABLES,
  "TOKENIZE_CONFIG",
  "TRACEPARENT",
  "TRACESTATE",
  "TERM",
  "NO_COLOR",
  "CLICOLOR",
  "CLICOLOR_FORCE",
  "FORCE_COLOR",
  "NO_PROXY", // set, not read
  `${REFERENCE_PREFIX}*`, // read if the configuration file names them
];

if (import.meta.main) console.log(ENVIRONMENT_NAMES.join(","));
