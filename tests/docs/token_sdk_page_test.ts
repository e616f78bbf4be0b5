/** docs/writing-a-token-sdk.md explains every member of the interfaces that an adapter implements. */
import { assertNamesAll, namesIn } from "./tables.ts";

const PAGE = "docs/writing-a-token-sdk.md";
const source = await Deno.readTextFile(new URL("../../src/tokens/token_sdk.ts", import.meta.url));

/** The members of an interface, by the indentation that the formatter gives them. */
function membersOf(name: string): string[] {
  const start = source.search(new RegExp(`^export interface ${name}\\b.*\\{$`, "m"));
  const body = source.slice(start, source.indexOf("\n}\n", start));
  return Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm), ([, member]) => member!);
}

for (const name of ["TokenSdk", "TokenSdkAdapter"]) {
  Deno.test(`${PAGE} has a line for every member of ${name}`, () => {
    assertNamesAll(PAGE, namesIn(PAGE, `member of \`${name}\``), membersOf(name));
  });
}
