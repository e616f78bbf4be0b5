/**
 * Reads settings from variables and files: a secret may be in either, and a file with a secret must not
 * be readable by others.
 */
import { type ConfigFault, configFault, type FilePosition } from "./config_error.ts";
import { fileInWords, whyUnreadable } from "./unreadable_file.ts";

/** Who may read a file, as Unix says it; null on other systems. */
export interface FilePermissions {
  /** The mode bits. */
  readonly mode: number | null;
  /** The owner's id. */
  readonly uid: number | null;
}

/** Where settings come from. */
export interface SettingsSource {
  /** A variable's value; undefined if it is unset or empty. */
  variable(name: string): string | undefined;
  /** A file's text. Throws if it cannot be read. */
  file(path: string): string;
  /** Who may read the file; of a symbolic link, the file that it leads to. Throws if there is none. */
  permissions(path: string): FilePermissions;
  /** Where in the configuration file a setting stands; undefined if its value is not from there. */
  positionOf?(name: string): FilePosition | undefined;
}

/** What a setting may be read from while the program starts. */
export interface SettingsReader extends Omit<SettingsSource, "permissions" | "positionOf"> {
  /**
   * A secret: the value of the variable `name`, or the text of the file that the variable `name_FILE`
   * names; undefined if neither is set. A line break at its end is dropped. Throws `ConfigError` if both
   * are set, or the file is empty or cannot be used.
   */
  secret(name: string): string | undefined;
  /**
   * The text of a file with a secret, which `variable` names. Throws `ConfigError` about `variable` if
   * the file cannot be read, or others may read it; `file` is what the message calls the file.
   */
  secretFile(variable: string, path: string, file?: string): string;
}

/** The variable that names the file with a secret, in place of the variable that contains it. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** A reader that knows where it found each secret. */
export interface TracingReader extends SettingsReader {
  /** The fault with where the value came from: `name_FILE`, a place in the configuration file, or both. */
  traced(fault: ConfigFault): ConfigFault;
}

/** Makes a reader. Nothing is read yet. */
export function settingsReader(source: SettingsSource): TracingReader {
  const fromFiles = new Set<string>();
  const secretFile: SettingsReader["secretFile"] = (variable, path, name) => {
    const file = name ?? "the file";
    let text: string;
    let permissions: FilePermissions;
    try {
      permissions = source.permissions(path);
      text = source.file(path);
    } catch (error) {
      throw configFault(variable, `${name ?? fileInWords(path)} ${whyUnreadable(error)}`);
    }
    if (!othersMayRead(permissions)) return text;
    throw configFault(
      variable,
      `${file} can be read by others: run "chmod 600" on it (a secret in Kubernetes needs defaultMode: 0440 and an fsGroup)`,
    );
  };
  return {
    variable: (name) => source.variable(name),
    file: (path) => source.file(path),
    traced({ variable: name, reason, at }) {
      const variable = fromFiles.has(name) ? fileVariable(name) : name;
      return { variable, reason, at: at ?? source.positionOf?.(variable) };
    },
    secretFile,
    secret(name) {
      const value = source.variable(name);
      const path = source.variable(fileVariable(name));
      if (path === undefined) return withoutLineBreak(value);
      if (value !== undefined) {
        throw configFault(fileVariable(name), `${name} is set too: set only one of them`);
      }
      fromFiles.add(name);
      const text = withoutLineBreak(secretFile(fileVariable(name), path));
      if (text === "") throw configFault(fileVariable(name), "the file is empty");
      return text;
    },
  };
}

/**
 * Whether others may read a file. The rule of libpq: nobody but the owner, or, if root is the owner, nobody
 * but its group. The latter is how Kubernetes mounts secrets for a group of their own (fsGroup).
 *
 * Source: PostgreSQL documentation, "34.19.1. Client Verification of Server Certificates", and the check in
 * its `fe-secure-openssl.c`.
 */
export function othersMayRead({ mode, uid }: FilePermissions): boolean {
  if (mode === null) return false;
  return (mode & (uid === 0 ? 0o037 : 0o077)) !== 0;
}

/** Editors, `echo` and `kubectl` leave a line break at the end of what was meant to be one line. */
function withoutLineBreak(text: string): string;
function withoutLineBreak(text: string | undefined): string | undefined;
function withoutLineBreak(text: string | undefined): string | undefined {
  return text?.replace(/\r?\n$/, "");
}
