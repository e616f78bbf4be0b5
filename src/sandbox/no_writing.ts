/**
 * Gives up the permission to write files, unless the command is one of the two that write the key file, or
 * is to write a receipt: main.ts opens its file, and the permission is given up with the others.
 * To be imported before anything else, so that no other code ever has it.
 */
const WRITING = ["new", "add"];

const writesKeys = Deno.args.some((word, i, words) =>
  word === "keys" && WRITING.includes(words[i + 1] ?? "")
);
const writesReceipt = Deno.args.some((word) => /^--receipt(=|$)/.test(word));
if (!writesKeys && !writesReceipt) Deno.permissions.revokeSync({ name: "write" });
