/** Reads the tree of a configuration file: which keys there are, and what each may hold. */
import type { ConfigFault, FilePosition } from "../../config_error.ts";
import { splitUrnList } from "../../datahub/dataset_urn.ts";
import { CATALOGUE, fileKey, READABLE_VARIABLES, REFERENCE_PREFIX } from "../catalogue.ts";
import { CONNECTION_KEYS, type ConnectionKey } from "../catalogue/connections.ts";
import type { SettingValue } from "../setting.ts";
import type { ConnectionEntry, Located } from "./contents.ts";
import { didYouMean, hintAt } from "../../did_you_mean.ts";
import { revealsSecret } from "./literal_secrets.ts";
import { type Environment, expand } from "./references.ts";
import type { Place, YamlEntry, YamlNode } from "./yaml_nodes.ts";

/** The variables by their keys. */
const VARIABLES: ReadonlyMap<string, string> = new Map(
  Object.keys(CATALOGUE).map((variable) => [fileKey(variable), variable]),
);
const KEYS = ["connections", "datahub", ...VARIABLES.keys()];

/** What DataHub's own recipes call it. */
const DATAHUB_NAMES: ReadonlyMap<string, string> = new Map([
  ["datahub.server", "datahub.gms_url"],
  ["datahub.token", "datahub.gms_token"],
]);

/** Collects what the file says, and what is wrong with it. */
export class FileReader {
  readonly values: Map<string, { readonly text: string; readonly at: FilePosition }> = new Map();
  readonly connections: ConnectionEntry[] = [];
  readonly faults: ConfigFault[] = [];
  readonly #path: string;
  readonly #isPrivate: boolean;
  readonly #variable: Environment;

  /** `path` names the file in faults; `isPrivate`: nobody else may read it. */
  constructor(path: string, isPrivate: boolean, variable: Environment) {
    this.#path = path;
    this.#isPrivate = isPrivate;
    this.#variable = variable;
  }

  /** Reads the whole file. Nothing is thrown. */
  read(root: YamlNode): void {
    if (isEmpty(root)) return;
    for (const entry of this.#entriesOf(root, "")) {
      if (entry.key === "connections") this.#readConnections(entry);
      else if (entry.key !== "datahub") this.#readSetting(entry, "");
      else if (!isEmpty(entry.value)) {
        for (const each of this.#entriesOf(entry.value, "datahub")) {
          this.#readSetting(each, "datahub.");
        }
      }
    }
  }

  /** Adds a fault. `reason` holds no value. */
  refuse(key: string, place: Place, reason: string): void {
    this.faults.push({ variable: VARIABLES.get(key) ?? key, reason, at: this.#at(key, place) });
  }

  /** The place with the file and the key. */
  #at(key: string, { line, column }: Place): FilePosition {
    return { file: this.#path, line, column, key };
  }

  #readSetting(entry: YamlEntry, prefix: string): void {
    const key = prefix + entry.key;
    const variable = entry.key.includes(".") ? undefined : VARIABLES.get(key);
    if (variable === undefined) return this.#refuseUnknown(entry, key, meantBy(key));
    const located = this.#read(entry.value, key, CATALOGUE[variable]!.value);
    const text = located?.texts.join(",") ?? "";
    if (located !== undefined && text !== "") this.values.set(variable, { text, at: located.at });
  }

  #readConnections({ key, value }: YamlEntry): void {
    if (isEmpty(value)) return;
    if (value.kind !== "list") return this.refuse(key, value.place, "it must be a list");
    value.items.forEach((item, i) => {
      const name = `${key}[${i}]`;
      const fields = new Map<ConnectionKey, Located>();
      const broken = new Set<ConnectionKey>();
      for (const entry of this.#entriesOf(item, name)) {
        if (!isConnectionKey(entry.key)) {
          const meant = didYouMean(entry.key, Object.keys(CONNECTION_KEYS));
          this.#refuseUnknown(entry, `${name}.${entry.key}`, meant);
          continue;
        }
        const before = this.faults.length;
        const { value } = CONNECTION_KEYS[entry.key];
        const located = this.#read(entry.value, `${name}.${entry.key}`, value);
        if (located !== undefined) fields.set(entry.key, located);
        else if (this.faults.length > before) broken.add(entry.key);
      }
      this.connections.push({ at: this.#at(name, item.place), fields, broken });
    });
  }

  /** The value as texts without references; undefined if it is empty or wrong. */
  #read(node: YamlNode, key: string, value: SettingValue): Located | undefined {
    if (isEmpty(node)) return undefined;
    if (node.kind === "map") return void this.refuse(key, node.place, "it must not be a map");
    if (node.kind === "list" && value.kind !== "list") {
      return void this.refuse(key, node.place, "it must be one value, not a list");
    }
    const before = this.faults.length;
    const texts = node.kind === "text"
      ? this.#listOf(this.#expand(node, key, value), value)
      : node.items.map((item) => this.#expandItem(item, key, value));
    if (this.faults.length > before) return undefined;
    return { texts: texts.filter((text) => text !== ""), at: this.#at(key, node.place) };
  }

  #listOf(text: string, { kind }: SettingValue): string[] {
    return kind === "list" ? splitUrnList(text) : [text];
  }

  #expandItem(item: YamlNode, key: string, value: SettingValue): string {
    const text = this.#expand(item, key, value);
    if (splitUrnList(text).length > 1) {
      this.refuse(key, item.place, "an item of the list has a comma: give each an item of its own");
    }
    return text;
  }

  #expand(node: YamlNode, key: string, value: SettingValue): string {
    if (node.kind !== "text") {
      this.refuse(key, node.place, "its items must be texts");
      return "";
    }
    const { text, revealed, faults } = expand(node.text ?? "", this.#variable, mayReference);
    for (const reason of faults) this.refuse(key, node.place, reason);
    if (faults.length === 0 && !this.#isPrivate && text !== "" && revealsSecret(value, revealed)) {
      this.refuse(
        key,
        node.place,
        `the file can be read by others, so it must not hold this secret: run "chmod 600" on it, or ` +
          `write \${VARIABLE} here, or name a file under "${key.replace(/^.*\./, "")}_file"`,
      );
    }
    return text;
  }

  #entriesOf(node: YamlNode, key: string): readonly YamlEntry[] {
    if (node.kind === "map") return node.entries;
    this.refuse(key, node.place, "it must be a map: KEY: VALUE");
    return [];
  }

  #refuseUnknown({ place }: YamlEntry, key: string, meant: string | undefined): void {
    this.refuse(key, place, `there is no such key${hintAt(meant)}`);
  }
}

/** The key that is probably meant: in another place, under another name, or spelt correctly. */
function meantBy(key: string): string | undefined {
  const moved = [`datahub.${key}`, key.replace(/^datahub\./, "")];
  return DATAHUB_NAMES.get(key) ?? moved.find((each) => KEYS.includes(each)) ??
    didYouMean(key, KEYS);
}

/** Whether a reference may name the variable: the program can read no other. */
function mayReference(name: string): boolean {
  return READABLE_VARIABLES.includes(name) || name.startsWith(REFERENCE_PREFIX);
}

function isConnectionKey(key: string): key is ConnectionKey {
  return Object.hasOwn(CONNECTION_KEYS, key);
}

function isEmpty(node: YamlNode): boolean {
  return node.kind === "text" && node.text === undefined;
}
