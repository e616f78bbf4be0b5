/** `tokenize keys`: makes the key file, adds to it, lists it and checks it. No key is ever printed. */
import type { KeysCommand } from "../command.ts";
import { ConfigError, faultLine } from "../config_error.ts";
import { counted } from "../counted.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { type SettingsReader, settingsReader, type SettingsSource } from "../settings_reader.ts";
import {
  EMPTY_KEY_SET,
  type FileKey,
  KEY_ALGORITHMS,
  type KeyAlgorithm,
  KEYS_VARIABLE,
  parseKeys,
  withKey,
} from "../tokens/keyed/key_set.ts";
import { absolutePath, changeKeyFile, createKeyFile, KeyFileError } from "./key_file.ts";
import { placesOfKey } from "./key_places.ts";
import { printError, printIfPossible, printJson, printLines } from "./output.ts";
import { printText, table } from "./text_lines.ts";

/** Does it. Returns the exit code: 2 if the file cannot be used or must not be written. */
export function keys(command: KeysCommand, machine: SettingsSource): number {
  const path = command.file ?? machine.variable(KEYS_VARIABLE);
  if (path === undefined) {
    printError(`Cannot find the key file: name one, or set ${KEYS_VARIABLE}`);
    return USAGE_EXIT_CODE;
  }
  try {
    done(command, path, settingsReader(machine).secretFile);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) error.faults.map(faultLine).forEach(printError);
    else if (error instanceof KeyFileError) printError(error.message);
    else throw error;
    return USAGE_EXIT_CODE;
  }
}

function done(
  command: KeysCommand,
  path: string,
  read: SettingsReader["secretFile"],
): void {
  const { name, json } = command;
  if (name === "keys new") {
    const key = newKey(command.sdk ?? "aes-siv", command.id ?? freeId([]));
    createKeyFile(path, withKey(EMPTY_KEY_SET, key));
    return printMade(path, key, undefined, json);
  }
  if (name === "keys add") {
    const [key, before] = changeKeyFile(path, () => {
      const text = read(path, path, "the file");
      const keys = parseKeys(text, path);
      const key = addedTo(keys, command, path);
      const before = keys.find((each) => each.algorithm === key.algorithm)?.id;
      return [withKey(text, key), [key, before] as const];
    });
    return printMade(path, key, before, json);
  }
  const found = parseKeys(read(path, path, "the file"), path);
  if (name === "keys list") return printKeys(found, json);
  const sdks = [...new Set(found.map(modeOf))];
  printIfPossible(() => {
    if (json) printJson({ valid: true, keys: found.length, sdks });
    else printText([`The key file can be used: ${counted(found.length, "key")}`]);
  });
}

/** The key to add, for the SDK of the file's first key unless another is named. */
function addedTo(
  keys: readonly FileKey[],
  { sdk, id = freeId(keys) }: KeysCommand,
  path: string,
): FileKey {
  // on Databricks the names of secrets do not tell upper from lower case
  if (keys.some((key) => key.id.toLowerCase() === id.toLowerCase())) {
    throw new KeyFileError(`Cannot add to the key file "${path}": it has a key "${id}" already`);
  }
  return newKey(sdk ?? (keys[0] === undefined ? "aes-siv" : modeOf(keys[0])), id);
}

function newKey(mode: string, id: string): FileKey {
  const algorithms = Object.keys(KEY_ALGORITHMS) as KeyAlgorithm[];
  const algorithm = algorithms.find((each) => KEY_ALGORITHMS[each].mode === mode)!;
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_ALGORITHMS[algorithm].min));
  return { id, algorithm, bytes };
}

/** The year and a letter, `2026a`; the first one that no key has. */
function freeId(keys: readonly FileKey[]): string {
  const taken = new Set(keys.map(({ id }) => id.toLowerCase()));
  const year = new Date().getUTCFullYear();
  const letters = [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => `${year}${letter}`);
  return letters.find((id) => !taken.has(id)) ?? crypto.randomUUID().slice(0, 8);
}

function modeOf({ algorithm }: FileKey): string {
  return KEY_ALGORITHMS[algorithm].mode;
}

/** Of an SDK's keys the first one makes tokens. */
function printKeys(keys: readonly FileKey[], json: boolean): void {
  const rows = keys.map((key, i) => ({
    id: key.id,
    sdk: modeOf(key),
    bytes: key.bytes.length,
    writes: keys.findIndex((other) => other.algorithm === key.algorithm) === i,
  }));
  if (json) return printJson({ keys: rows });
  const use = (writes: boolean) =>
    writes ? "makes tokens" : "recognizes tokens, and reads them back";
  printText(table(rows.map(({ id, sdk, bytes, writes }) => [
    id,
    `${sdk}, ${counted(bytes, "byte")}, ${use(writes)}`,
  ])));
}

function printMade(
  path: string,
  key: FileKey,
  before: string | undefined,
  json: boolean,
): void {
  const file = absolutePath(path);
  const sdk = modeOf(key);
  printIfPossible(() => {
    if (json) printJson({ file, id: key.id, sdk });
    else printLines(placesOfKey({ file, id: key.id, sdk, before }));
  });
}
