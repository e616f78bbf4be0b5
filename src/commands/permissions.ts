/** `tokenize permissions`: what the sandbox of `serve` would be given, and why. */
import type { Grants } from "../sandbox/grants.ts";
import { printJson, printLines, table } from "./output.ts";

const OTHERS = ["env", "read", "write", "run", "ffi", "sys", "import"] as const;

/** Prints the list; nothing is started. */
export function printPermissions({ hosts, files }: Grants, json: boolean): void {
  const denied = OTHERS.filter((name) => name !== "read" || files.length === 0);
  if (json) {
    const read = files.length > 0 ? { read: files } : {};
    return printJson({ net: hosts, ...read, denied });
  }
  const readable = files.length === 0
    ? []
    : ["may read", ...list(files.map(({ file, why }) => [file, why]))];
  printLines([
    "The sandbox may reach",
    ...list(hosts.map(({ host, why }) => [host, why])),
    ...readable,
    `and has none of Deno's other permissions: ${denied.join(", ")}`,
  ]);
}

function list(rows: readonly [granted: string, why: string][]): string[] {
  return table(rows.map(([granted, why]) => [`  ${granted}`, why]));
}
