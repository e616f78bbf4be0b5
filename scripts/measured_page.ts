/**
 * Pages of the documentation whose figures are written by the commands that measure. Their prose is
 * a template beside the command, in which lines such as `<!-- part: start -->` stand for figures. Each
 * part is replaced alone, so that what a run did not measure stays as it was, with the commit, date
 * and machine that it came from.
 */
import { fileURLToPath } from "node:url";
import { describeMachine } from "./machine.ts";

/** The names of parts, each with its Markdown. */
export type Parts = ReadonlyMap<string, string>;

/** A page and the template of its prose. */
export interface MeasuredPage {
  readonly page: URL;
  readonly template: URL;
}

const PLACE = /^<!-- part: ([a-z]+) -->$/gm;
const END = "<!-- end of part -->";

/** The template with these parts in their places; one that is missing says that nobody measured it. */
export function renderPage(template: string, parts: Parts): string {
  return template.replaceAll(PLACE, (place, name) => {
    const text = parts.get(name) ?? "Not measured yet.";
    return `${place}\n\n${text.trim()}\n\n${END}`;
  });
}

/** The parts of a page that `renderPage` made. */
export function partsOf(page: string): Parts {
  const found = page.matchAll(/^<!-- part: ([a-z]+) -->\n([\s\S]*?)\n<!-- end of part -->$/gm);
  return new Map(Array.from(found, ([, name, text]) => [name!, text!.trim()]));
}

/** Writes the page again, formatted, with these parts in place of its own. */
export async function updatePage({ page, template }: MeasuredPage, measured: Parts): Promise<void> {
  const prose = await Deno.readTextFile(template);
  const before = await Deno.readTextFile(page).catch(() => "");
  const parts = new Map([...partsOf(before), ...measured]);
  await Deno.writeTextFile(page, renderPage(prose, parts));
  const args = ["fmt", "--quiet", fileURLToPath(page)];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) throw new Error(`Cannot format "${fileURLToPath(page)}"`);
}

/** The line above figures: what measured them, when, and on which commit and machine. */
export async function provenance(command: string): Promise<string> {
  const contents = new URL("../dist/contents.json", import.meta.url);
  const { commit } = JSON.parse(await Deno.readTextFile(contents));
  const date = new Date().toISOString().slice(0, 10);
  return `_\`${command}\` on ${date}, commit \`${commit}\`, ${await describeMachine()}._`;
}
