/**
 * Values that are none of those that the catalogue lists, also of settings that are not read since what
 * they are about is off: they have to be right when it is turned on, and editors that know the JSON Schema
 * of the configuration file mark them, too.
 */
import { collectFaults, type ConfigFault, configFault } from "../config_error.ts";
import { boolean, choice, durationMs, integer } from "../setting_values.ts";
import { SECTIONS } from "./catalogue.ts";
import type { Settings, SettingValue } from "./setting.ts";

/** Those of traces are also other programs' settings, and those of the output always read. */
const { TRACES: _, OUTPUT: __, ...CHECKED } = SECTIONS;
const CHECKED_SETTINGS: Settings = Object.assign({}, ...Object.values(CHECKED));

/** The faults of all values, besides those of variables that have one in `known`. */
export function valueFaults(
  variable: (name: string) => string | undefined,
  known: readonly ConfigFault[],
): readonly ConfigFault[] {
  const { faults, attempt } = collectFaults();
  for (const [name, { value }] of Object.entries(CHECKED_SETTINGS)) {
    const text = variable(name);
    if (text === undefined || known.some((fault) => fault.variable === name)) continue;
    attempt(() => check(name, text, value));
  }
  return faults;
}

/** Throws `ConfigError`. */
function check(name: string, text: string, value: SettingValue): void {
  switch (value.kind) {
    case "integer":
      integer(name, text, value.standard, value.min, value.max);
      break;
    case "boolean":
      boolean(name, text);
      break;
    case "choice":
      choice(name, text, value.choices, "");
      break;
    case "duration":
      durationMs(name, text, 0, 0, Infinity);
      break;
    case "list": {
      if (value.choices === undefined) return;
      const entries = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
      if (entries.length > 0 && entries.every((each) => value.choices!.includes(each))) return;
      throw configFault(name, `it is not a list of ${value.choices.join(", ")}`);
    }
  }
}
