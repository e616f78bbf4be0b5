/**
 * The connection parameters, from the places where libpq finds them: the connection string, the service
 * that it names, and the `PG…` variables. The first of them counts.
 */
import { type ConfigError, configFault } from "../../../config_error.ts";
import { didYouMean, hintAt } from "../../../did_you_mean.ts";
import type { SettingsReader } from "../../../settings_reader.ts";
import { isUrl, passwordHint, readParameters, VARIABLE } from "./connection_string.ts";
import { findParameter, LIBPQ_PARAMETERS } from "./parameters.ts";
import { readService } from "./service_file.ts";

/** What parameters may be read from while the program starts. */
export type ParameterReader = Pick<SettingsReader, "variable" | "file" | "secretFile">;

/** A parameter's value, and what a message about it says. */
interface Given {
  readonly value: string;
  /** The variable that a fault is a fault of. */
  readonly variable: string;
  /** What the message about that variable calls the parameter. */
  readonly subject: string;
  /** What it calls the file, if nothing but a default names it. */
  readonly file?: string;
}

/** The parameters that are set. */
export class Parameters {
  readonly #given: ReadonlyMap<string, Given>;
  readonly #hint: string;

  /** `hint` ends each message about the connection string. */
  constructor(given: ReadonlyMap<string, Given>, hint: string) {
    this.#given = given;
    this.#hint = hint;
  }

  /** The value; undefined if it is not set, or empty. */
  take(name: string): string | undefined {
    return this.#given.get(name)?.value || undefined;
  }

  /** The variable that a fault of the parameter is a fault of. */
  variableOf(name: string): string {
    return this.#given.get(name)?.variable ?? VARIABLE;
  }

  /** What a message calls the file that a parameter names. */
  fileOf(name: string): string {
    return this.#given.get(name)?.file ?? `the file that ${name} names`;
  }

  /** The error about a parameter. `what` follows a word for it, and never holds its value. */
  fault(name: string, what: string): ConfigError {
    const variable = this.variableOf(name);
    const subject = this.take(name) === undefined ? "it" : this.#given.get(name)!.subject;
    return configFault(variable, `${subject} ${what}${variable === VARIABLE ? this.#hint : ""}`);
  }

  /** The error about the file that a parameter names. `what` follows a word for it. */
  faultOfFile(name: string, what: string): ConfigError {
    return configFault(this.variableOf(name), `${this.fileOf(name)} ${what}`);
  }

  /** The value, which must be one of these. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.take(name);
    const found = allowed.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    throw this.fault(name, `is not one of ${allowed.join(", ")}`);
  }

  /** The value, or a part of it, which must be a whole number from `min` to `max`. */
  integer(name: string, text: string, min: number, max: number): number {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw this.fault(name, `is not a whole number from ${min} to ${max}`);
  }
}

/**
 * Finds the parameters that are set. Throws a `ConfigError`, which never holds a value, if one of them is
 * unknown, or cannot be honoured.
 */
export function gatherParameters(connectionString: string, reader: ParameterReader): Parameters {
  const given = new Map<string, Given>();
  const hint = passwordHint(connectionString);
  const add = (name: string, one: Given, unknown: string) => {
    if (given.has(name)) return;
    checkParameter(name, one, unknown);
    given.set(name, one);
  };
  for (const [name, value] of readParameters(connectionString)) {
    const one = { value, variable: VARIABLE, subject: `its ${name}` };
    const meant = didYouMean(name, Object.keys(LIBPQ_PARAMETERS));
    add(name, one, `it holds a parameter that libpq does not know${hintAt(meant) || hint}`);
  }
  const variable = given.has("service") ? VARIABLE : LIBPQ_PARAMETERS.service!.variable!;
  const service = given.get("service")?.value || reader.variable(variable);
  if (service !== undefined) {
    const file = given.get("servicefile")?.value || undefined;
    for (const [name, value] of readService(service, file, variable, reader)) {
      const one = { value, variable, subject: `the service's ${name}` };
      add(name, one, "its service has a parameter that libpq does not know");
    }
  }
  for (const [name, { variable }] of Object.entries(LIBPQ_PARAMETERS)) {
    const value = variable === undefined ? undefined : reader.variable(variable);
    if (value !== undefined) add(name, { value, variable: variable!, subject: "it" }, "");
  }
  addHomeFiles(given, reader);
  return new Parameters(given, isUrl(connectionString) ? hint : "");
}

/** The files that libpq reads if they are there and no other is named. */
function addHomeFiles(given: Map<string, Given>, reader: ParameterReader): void {
  const home = reader.variable("HOME");
  const needsTls = given.get("sslmode")?.value !== "disable";
  for (const [name, { homeFile }] of Object.entries(LIBPQ_PARAMETERS)) {
    if (home === undefined || homeFile === undefined || given.get(name)?.value) continue;
    if (name === "sslkey" && !given.has("sslcert")) continue;
    const value = `${home}/${homeFile}`;
    const file = `~/${homeFile}`;
    if ((name === "passfile" || needsTls) && isThere(value, reader)) {
      given.set(name, { value, variable: VARIABLE, subject: file, file });
    }
  }
}

function isThere(path: string, reader: ParameterReader): boolean {
  try {
    reader.file(path);
    return true;
  } catch {
    return false;
  }
}

/** Throws if the parameter is `unknown`, as the message says it, or cannot be honoured. */
function checkParameter(name: string, { value, variable }: Given, unknown: string): void {
  const parameter = findParameter(name);
  // without its name, which may be part of a password that was not quoted or encoded
  if (parameter === undefined) throw configFault(variable, unknown);
  const { use, values, note } = parameter;
  if (use === "refused" && value !== "") {
    const reason = note === undefined ? "" : `: ${note}`;
    throw configFault(variable, `parameter "${name}" is not supported${reason}`);
  }
  if (values !== undefined && value !== "" && !values.includes(value)) {
    throw configFault(variable, `${name} can only be ${values.join(" or ")}: ${note}`);
  }
}
