/**
 * References to environment variables in the configuration file, as in DataHub's own recipes: `${VAR}`
 * and `${VAR:-default}`, whose default counts if the variable is unset or empty. `$${` stands for `${`.
 */

/** Reads a variable; undefined if it is unset or empty. */
export type Environment = (name: string) => string | undefined;

/** A text in which the references are replaced. */
export interface Expanded {
  readonly text: string;
  /** The text with `HIDDEN` for each reference without a default: what the file itself reveals. */
  readonly revealed: string;
  /** What is wrong with references, as clauses. They name variables, and never a value. */
  readonly faults: readonly string[];
}

/** Stands for a value that is not in the file. It is valid as a password, a name and a port. */
export const HIDDEN = "60613";

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** Replaces the references. `mayRead` is whether the program may read a variable of that name. */
export function expand(
  text: string,
  variable: Environment,
  mayRead: (name: string) => boolean,
): Expanded {
  const faults: string[] = [];
  const valueOf = (inside: string | undefined, end: string): { value: string; shown: string } => {
    const [, name, standard] = NAME_AND_DEFAULT.exec(end === "" ? "" : inside ?? "") ?? [];
    if (name === undefined) {
      faults.push('"${" begins a reference, ${VAR} or ${VAR:-default}: write "$${" for the text');
    } else if (!mayRead(name)) {
      faults.push(
        `the program may not read the variable ${name}: only settings, and names that begin with TOKENIZE_`,
      );
    } else {
      const value = variable(name) ?? standard;
      if (value !== undefined) return { value, shown: standard || HIDDEN };
      faults.push(
        `the variable ${name} is not set, and there is no default (\${${name}:-default})`,
      );
    }
    return { value: "", shown: "" };
  };
  let revealed = "";
  let last = 0;
  const replaced = text.replace(REFERENCE, (whole, inside, end, offset: number) => {
    const found = whole === "$${" ? { value: "${", shown: "${" } : valueOf(inside, end);
    revealed += text.slice(last, offset) + found.shown;
    last = offset + whole.length;
    return found.value;
  });
  return { text: replaced, revealed: revealed + text.slice(last), faults };
}
