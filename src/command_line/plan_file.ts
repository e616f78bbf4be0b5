/** The file of `tokenize plan -f` and `tokenize run -f`: datasets with their columns, in YAML. */
import type { DatasetArguments, RunRequest } from "../command.ts";
import { didYouMean, hintAt } from "../did_you_mean.ts";
import { parseYaml, type Place, type YamlEntry, type YamlNode } from "../config/file/yaml_nodes.ts";
import { ConfigError, type ConfigFault } from "../config_error.ts";
import { parseDatasetUrn, splitUrnList } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { toServiceError } from "../errors.ts";
import { COMMIT_MODES, type RunOptions, STRATEGIES } from "../run_options.ts";
import { whyUnreadable } from "../unreadable_file.ts";
import { readTypedUrn } from "./typed_urn.ts";

/** The keys of a dataset, with what an editor shows of them and the JSON Schema of each. */
export const PLAN_FILE_KEYS = {
  urn: {
    description: "the dataset's URN, as DataHub writes it",
    schema: { type: "string", pattern: "^urn:li:dataset:" },
  },
  columns: {
    description: "the columns: a list, or one text with commas",
    schema: {
      oneOf: [
        { type: "array", items: { type: "string" }, minItems: 1 },
        { type: "string", minLength: 1 },
      ],
    },
  },
  commit: {
    description: "what is all or nothing: the run, or each batch",
    schema: { enum: COMMIT_MODES },
  },
  strategy: {
    description: "update rows, or rewrite the whole table",
    schema: { enum: STRATEGIES },
  },
  scrub: {
    description: "clear the old values that the run leaves elsewhere, as far as allowed",
    schema: { type: "boolean" },
  },
} as const;

type Key = keyof typeof PLAN_FILE_KEYS;
type Fields = Partial<Record<Key, YamlNode>>;

/**
 * Gets the file at `path`, by `read`. What it leaves open is as in `defaults`.
 * Throws `ConfigError` with each of its faults.
 */
export function readPlanFile(
  path: string,
  defaults: RunOptions,
  read: (path: string) => string,
): RunRequest[] {
  let text: string;
  try {
    text = read(path);
  } catch (error) {
    throw new ConfigError([{
      variable: "--file",
      reason: `the file "${path}" ${whyUnreadable(error)}`,
    }]);
  }
  const reader = new PlanFileReader(path, defaults);
  const runs = reader.read(text);
  if (reader.faults.length > 0) throw new ConfigError(reader.faults);
  return runs;
}

/** Collects every fault, so that all can be mended at once. */
class PlanFileReader {
  readonly faults: ConfigFault[] = [];
  readonly #path: string;
  readonly #defaults: RunOptions;

  constructor(path: string, defaults: RunOptions) {
    this.#path = path;
    this.#defaults = defaults;
  }

  read(text: string): RunRequest[] {
    const { root, faults } = parseYaml(text);
    for (const { reason, place } of faults) this.#refuse("", place, reason);
    if (faults.length > 0) return []; // what follows from broken syntax would only confuse
    const start = { line: 1, column: 1 };
    if (root.kind !== "map") {
      this.#refuse("", root.place ?? start, 'it must be a map with the key "datasets"');
      return [];
    }
    for (const { key, place } of root.entries) {
      if (key !== "datasets") this.#refuseUnknown(key, place, ["datasets"]);
    }
    const list = root.entries.find(({ key }) => key === "datasets")?.value;
    if (list?.kind !== "list" || list.items.length === 0) {
      this.#refuse("datasets", list?.place ?? start, "it must be a list of at least one dataset");
      return [];
    }
    const runs = list.items.flatMap((item, i) => this.#readRun(item, `datasets[${i}]`));
    this.#refuseTwice(runs, list.items);
    return runs;
  }

  #readRun(item: YamlNode, name: string): RunRequest[] {
    if (item.kind !== "map") {
      this.#refuse(name, item.place, "it must be a map with the keys urn and columns");
      return [];
    }
    const before = this.faults.length;
    const fields = this.#fieldsOf(item.entries, name);
    for (const key of ["urn", "columns"] as const) {
      if (fields[key] === undefined) this.#refuse(`${name}.${key}`, item.place, "it must be set");
    }
    const urn = readTypedUrn(this.#text(fields.urn, `${name}.urn`) ?? "");
    const columns = this.#columns(fields.columns, `${name}.columns`);
    if (this.faults.length === before) this.#refuseUnreadable(name, fields, { urn, columns });
    const commit = this.#oneOf(fields.commit, `${name}.commit`, COMMIT_MODES);
    const strategy = this.#oneOf(fields.strategy, `${name}.strategy`, STRATEGIES);
    const scrub = this.#oneOf(fields.scrub, `${name}.scrub`, ["true", "false"]);
    if (this.faults.length > before) return [];
    const options = {
      ...this.#defaults,
      ...(commit && { commit }),
      ...(strategy && { strategy }),
      ...(scrub && { scrub: scrub === "true" }),
    };
    return [{ dataset: { urn, columns }, options }];
  }

  #fieldsOf(entries: readonly YamlEntry[], name: string): Fields {
    const fields: Fields = {};
    for (const { key, place, value } of entries) {
      if (!Object.hasOwn(PLAN_FILE_KEYS, key)) {
        this.#refuseUnknown(`${name}.${key}`, place, Object.keys(PLAN_FILE_KEYS), key);
      } else if (value.kind !== "text" || value.text !== undefined) fields[key as Key] = value;
    }
    return fields;
  }

  #columns(node: YamlNode | undefined, key: string): string[] {
    if (node === undefined) return [];
    const columns = node.kind === "list"
      ? node.items.flatMap((item) => this.#text(item, key) ?? [])
      : splitUrnList(this.#text(node, key) ?? "");
    if (columns.length === 0) this.#refuse(key, node.place, "it names no column");
    return columns;
  }

  #oneOf<T extends string>(
    node: YamlNode | undefined,
    key: string,
    allowed: readonly T[],
  ): T | undefined {
    if (node === undefined) return undefined;
    const text = this.#text(node, key);
    const found = allowed.find((each) => each === text);
    if (found === undefined && text !== undefined) {
      this.#refuse(key, node.place, `it is not ${allowed.join(" or ")}`);
    }
    return found;
  }

  #text(node: YamlNode | undefined, key: string): string | undefined {
    if (node === undefined) return undefined;
    if (node.kind === "text" && node.text !== undefined) return node.text;
    this.#refuse(key, node.place, "it must be a text");
    return undefined;
  }

  #refuseUnreadable(name: string, fields: Fields, { urn, columns }: DatasetArguments): void {
    let key: Key = "urn";
    try {
      const dataset = parseDatasetUrn(urn);
      key = "columns";
      parseColumns(columns, dataset);
    } catch (error) {
      const reason = toServiceError(error).message.replace(/^Cannot read [^:"]*: /, "");
      this.#refuse(`${name}.${key}`, fields[key]!.place, reason);
    }
  }

  /** Two runs on a table would get into each other's way. */
  #refuseTwice(runs: readonly RunRequest[], items: readonly YamlNode[]): void {
    if (runs.length < items.length) return; // faults come first
    const urns = runs.map(({ dataset }) => dataset.urn);
    urns.forEach((urn, i) => {
      const first = urns.indexOf(urn);
      if (first === i) return;
      const reason = `it is the dataset of datasets[${first}]: name all of its columns there`;
      this.#refuse(`datasets[${i}].urn`, items[i]!.place, reason);
    });
  }

  #refuseUnknown(key: string, place: Place, known: readonly string[], written = key): void {
    const meant = didYouMean(written, known);
    this.#refuse(key, place, `there is no such key${hintAt(meant)}`);
  }

  #refuse(key: string, { line, column }: Place, reason: string): void {
    const at = { file: this.#path, line, column, key };
    this.faults.push({ variable: "--file", reason, at });
  }
}
