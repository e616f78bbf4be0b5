/** The map of the code: every file of src with the first sentence of the comment that it begins with. */

/** The rooms in the order of their imports; files that stand alone in src come first. */
const ROOMS = [
  "",
  "commands",
  "command_line",
  "sandbox",
  "config",
  "http",
  "console",
  "history",
  "runs",
  "action",
  "traces",
  "metrics",
  "platforms",
  "receipts",
  "verify",
  "tokens",
  "datahub",
];

/** A table for each folder, in Markdown. The project's folder has to be the current one. */
export async function codeMap(): Promise<string> {
  const folders = await foldersIn("");
  const unknown = folders.filter((folder) => !ROOMS.includes(folder.split("/")[0]!));
  if (unknown.length > 0) throw new Error(`Cannot order the rooms: add "${unknown[0]}" to ROOMS`);
  const place = (folder: string) => ROOMS.indexOf(folder.split("/")[0]!);
  folders.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  const tables = await Promise.all(folders.map(tableOf));
  return tables.filter((table) => table !== undefined).join("\n\n");
}

async function foldersIn(folder: string): Promise<string[]> {
  const found = [folder];
  for await (const { name, isDirectory } of Deno.readDir(`src/${folder}`)) {
    if (isDirectory) found.push(...await foldersIn(folder === "" ? name : `${folder}/${name}`));
  }
  return found;
}

/** Undefined for a folder that has no code: style sheets, say. */
async function tableOf(folder: string): Promise<string | undefined> {
  const path = folder === "" ? "src" : `src/${folder}`;
  const entries = await Array.fromAsync(Deno.readDir(path));
  const names = entries.map(({ name }) => name).filter((name) => /\.tsx?$/.test(name)).sort();
  if (names.length === 0) return undefined;
  const rows = await Promise.all(names.map(async (name) => {
    const purpose = purposeOf(await Deno.readTextFile(`${path}/${name}`)).replaceAll("|", "\\|");
    return `| \`${name}\` | ${purpose} |`;
  }));
  return [`## ${path}`, "", `| file | what it is for |`, "| --- | --- |", ...rows].join("\n");
}

/** The first sentence of the comment that a file begins with, or its first line if that is a heading. */
export function purposeOf(text: string): string {
  const [, comment] = /^\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
  if (comment === undefined) throw new Error("Cannot find the comment that the file begins with");
  const lines = comment.split("\n").map((line) => line.replace(/^ \* ?/, "").trim());
  const [paragraph] = lines.join("\n").trim().split(/\n(?:\n|- )/);
  const plain = paragraph!.replaceAll("\n", " ");
  const [sentence] = /^.*?[^.](?=\.(?: |$)|:$)/.exec(plain) ?? [plain];
  return sentence;
}
