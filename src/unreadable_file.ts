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
