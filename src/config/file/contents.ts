/** What was read from a configuration file, with the place of each value. */
import type { ConfigFault, FilePosition } from "../../config_error.ts";
import type { ConnectionKey } from "../catalogue/connections.ts";

/** Texts with their place: one, unless it is a list. */
export interface Located {
  readonly texts: readonly string[];
  readonly at: FilePosition;
}

/** An entry of `connections`. */
export interface ConnectionEntry {
  readonly at: FilePosition;
  readonly fields: ReadonlyMap<ConnectionKey, Located>;
  /** The keys whose values could not be read, which has been reported. */
  readonly broken: ReadonlySet<ConnectionKey>;
}

/** What a configuration file says. */
export interface SettingsFile {
  readonly path: string;
  /** By variable; lists with commas between their items. */
  readonly values: ReadonlyMap<string, { readonly text: string; readonly at: FilePosition }>;
  readonly connections: readonly ConnectionEntry[];
  /** What is wrong with the file itself. */
  readonly faults: readonly ConfigFault[];
}
