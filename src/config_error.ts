/** Settings that cannot be used: each fault by the name of its variable, all reported at once. */

/** One setting that cannot be used, and why. Never holds the setting's secret value. */
export interface ConfigFault {
  /** The environment variable. */
  readonly variable: string;
  /** A clause that follows the variable's name and a colon: "it must be set". */
  readonly reason: string;
}

/** The configuration cannot be used. Carries every fault found, so that all can be fixed at once. */
export class ConfigError extends Error {
  /** The class's name, for the log. */
  override readonly name = "ConfigError";

  /** Its message has a line for each fault. */
  constructor(readonly faults: readonly ConfigFault[]) {
    super(faults.map(({ variable, reason }) => `${variable}: ${reason}`).join("\n"));
  }
}

/** The error of a single fault. `reason` must not hold the setting's value. */
export function configFault(variable: string, reason: string): ConfigError {
  return new ConfigError([{ variable, reason }]);
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
