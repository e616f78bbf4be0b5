/** Why a file cannot be read, as far as a person can do something about it. */

/** The clause to follow the file's name, from what reading it threw: "does not exist". */
export function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "does not exist";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "cannot be read: this user lacks the permission";
  }
  if (error instanceof Deno.errors.IsADirectory) return "cannot be read: it is a directory";
  return "cannot be read";
}

/** What cannot be a secret that somebody put in the place of a path: a folder or an ending shows it. */
const CLEARLY_A_PATH = /^(?=[^:@=\s]*$)((~|\.{1,2})?\/|.*\.[a-z0-9]{1,5}$)/i;

/** The file of that path as messages name it: `the file "/run/keys.json"`. */
export function fileInWords(path: string): string {
  return CLEARLY_A_PATH.test(path) ? `the file "${path}"` : "the file";
}
