/** Prints what is left of the permission to write when the program's first module has run. */
import "../../src/sandbox/no_writing.ts";

const { state } = Deno.permissions.querySync({ name: "write" });
console.log(state);
