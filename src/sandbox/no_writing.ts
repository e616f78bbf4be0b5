/**
 * Gives up the permission to write files, unless the command is one of the two that write the key file.
 * To be imported before anything else, so that no other code ever has it.
 */
const WRITING = ["new", "add"];

const writesKeys = Deno.args.some((word, i, words) =>
  word === "keys" && WRITING.includes(words[i + 1] ?? "")
);
if (!writesKeys) Deno.permissions.revokeSync({ name: "write" });
