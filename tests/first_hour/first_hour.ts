/** What the documents tell a newcomer to type: their own text, taken out of them. */
import assert from "node:assert/strict";
import { codeBlocksOf } from "../../scripts/docs/markdown.ts";

/** The repository's root. */
export const ROOT = new URL("../../", import.meta.url);

/** The shell blocks of a page below the heading with this title, in order. There is one at least. */
export async function shellBlocks(page: string, title: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(page, ROOT));
  const section = text.split(/^#{2,3} /m).find((each) => each.startsWith(`${title}\n`)) ??
    assert.fail(`${page} has no section "${title}"`);
  const blocks = codeBlocksOf(section).filter(({ language }) => language === "bash");
  assert.ok(blocks.length > 0, `${page} has no commands below "${title}"`);
  return blocks.map(({ text }) => text);
}

/** Puts a reader's own name in place of the one in the text, which must be there once. */
export function inPlaceOf(named: string, own: string, text: string): string {
  const parts = text.split(named);
  assert.equal(parts.length, 2, `"${named}" is there ${parts.length - 1} times:\n${text}`);
  return parts.join(own);
}

/** Those of the programs that this machine does not have. */
export function missingOf(programs: readonly string[]): string[] {
  return programs.filter((program) =>
    !new Deno.Command("bash", { args: ["-c", `command -v ${program}`], stdout: "null" })
      .outputSync().success
  );
}
