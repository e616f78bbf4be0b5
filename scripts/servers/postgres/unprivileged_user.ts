/**
 * PostgreSQL refuses to run as root. Under root its programs run as the user `postgres`, or as
 * `nobody` if there is none; otherwise as the user who runs the tests.
 */

/** The ids to run a program with; nothing where one's own will do. */
export interface UnprivilegedUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** The user to run PostgreSQL as. */
export async function findUnprivilegedUser(): Promise<UnprivilegedUser> {
  if (Deno.uid() !== 0) return {};
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  for (const wanted of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("Cannot run PostgreSQL as root: there is neither a user postgres nor nobody");
}
