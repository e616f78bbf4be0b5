/** Settings that cannot be used: each fault by the name of its setting, all reported at once. */

/** A place in the configuration file. Lines and columns count from 1. */
export interface FilePosition {
  /** The file's path, as it was given. */
  readonly file: string;
  /** The line. */
  readonly line: number;
  /** The character in the line. */
  readonly column: number;
  /** The key that is at fault, such as `datahub.mode`; empty if the fault is in no key. */
  readonly key: string;
}

/** One setting that cannot be used, and why. Never holds the setting's secret value. */
export interface ConfigFault {
  /** The environment variable, or the key of what only the configuration file has. */
  readonly variable: string;
  /** A clause that follows the variable's name and a colon: "it must be set". */
  readonly reason: string;
  /** Where the value stands; undefined if it comes from a variable, or from nowhere. */
  readonly at?: FilePosition;
}

/** The configuration cannot be used. Carries every fault found, so that all can be fixed at once. */
export class ConfigError extends Error {
  /** The class's name, for the log. */
  override readonly name = "ConfigError";

  /** Its message has a line for each fault. */
  constructor(readonly faults: readonly ConfigFault[]) {
    super(faults.map(faultLine).join("\n"));
  }
}

/** The fault in one line: `PORT: it is not …`, or `tokenize.yaml:3:7: port: it is not …`. */
export function faultLine({ variable, reason, at }: ConfigFault): string {
  if (at === undefined) return `${variable}: ${reason}`;
  const key = at.key === "" ? "" : `${at.key}: `;
  return `${at.file}:${at.line}:${at.column}: ${key}${reason}`;
}

/** The error of a single fault. `reason` must not hold the setting's value. */
export function configFault(variable: string, reason: string, at?: FilePosition): ConfigError {
  return new ConfigError([{ variable, reason, at }]);
}

/** Reads settings one after the other, so that every fault is found. */
export interface FaultCollector {
  /** Those found so far. */
  readonly faults: ConfigFault[];
  /** The result of `readOne`; undefined if it threw a `ConfigError`, whose faults are kept. */
  attempt<T>(readOne: () => T): T | undefined;
}

/** Makes a collector with no faults yet. */
export function collectFaults(): FaultCollector {
  const faults: ConfigFault[] = [];
  return {
    faults,
    attempt(readOne) {
      try {
        return readOne();
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        faults.push(...error.faults);
        return undefined;
      }
    },
  };
}
