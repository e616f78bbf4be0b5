/**
 * Password files: a line for each server, database and user.
 *
 * Source: PostgreSQL documentation, "34.16 The Password File"; for what it leaves open, libpq's
 * `passwordFromFile`.
 */

/** Whose password is looked for. */
export interface PasswordKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** A field ends at a colon; a backslash makes the next character an ordinary one. */
const FIELD = String.raw`((?:[^:\\]|\\.)*)`;
const LINE = new RegExp(`^${FIELD}:${FIELD}:${FIELD}:${FIELD}:${FIELD}`, "su");

/** The password in the first line that fits, `host:port:database:user:password`; undefined if none does. */
export function findPassword(
  text: string,
  { host, port, database, user }: PasswordKey,
): string | undefined {
  const wanted = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    const [, ...fields] = line.startsWith("#") ? [] : LINE.exec(line) ?? [];
    const fits = wanted.every((each, i) => fields[i] === "*" || unescaped(fields[i]) === each);
    if (fits) return unescaped(fields[wanted.length]);
  }
  return undefined;
}

function unescaped(field: string | undefined): string | undefined {
  return field?.replace(/\\(.)/gsu, "$1");
}
