/** `tokenize permissions`: what the sandbox would be given, and why. */
import type { HostGrant } from "../permissions.ts";
import { table } from "./output.ts";

const DENIED = ["env", "read", "write", "run", "ffi", "sys", "import"] as const;

/** Prints the list; nothing is started. */
export function printPermissions(grants: readonly HostGrant[], json: boolean): void {
  if (json) return console.log(JSON.stringify({ net: grants, denied: DENIED }));
  console.log("The sandbox may reach");
  console.log(
    grants.length === 0 ? "  nothing" : table(grants.map(({ host, why }) => [`  ${host}`, why])),
  );
  console.log(`and has none of Deno's other permissions: ${DENIED.join(", ")}`);
}
