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

/**
 * The password in the first line that fits, `host:port:database:user:password`, where `*` stands for
 * anything and a backslash makes the next character an ordinary one; undefined if none does.
 */
export function findPassword(
  text: string,
  { host, port, database, user }: PasswordKey,
): string | undefined {
  const wanted = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    let rest: string | undefined = line.startsWith("#") ? undefined : line;
    for (const each of wanted) rest = rest === undefined ? undefined : afterField(rest, each);
    if (rest !== undefined) {
      return /^(?:[^:\\]|\\.|\\$)*/su.exec(rest)![0].replace(/\\(.)/gsu, "$1");
    }
  }
  return undefined;
}

/** What follows the first field of a line; undefined if the field does not fit. */
function afterField(line: string, wanted: string): string | undefined {
  if (line.startsWith("*:")) return line.slice(2);
  let at = 0;
  for (const character of wanted) {
    if (line[at] === "\\") at++;
    if (!line.startsWith(character, at)) return undefined;
    at += character.length;
  }
  return line[at] === ":" ? line.slice(at + 1) : undefined;
}
