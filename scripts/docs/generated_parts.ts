/**
 * The parts of the documentation that follow from the code. A part stands between two comments that
 * name it, `<!-- generated: NAME -->` and `<!-- end -->`. Of a table only the first cells are generated;
 * the others are written by hand and stay with their row.
 */
import { PROBLEMS } from "../../src/http/problem.ts";
import { LOG_LINES } from "../../src/log.ts";
import { METRICS } from "../../src/metrics/catalogue.ts";
import {
  FOREIGN_PARAMETERS,
  LIBPQ_PARAMETERS,
  type Parameter,
} from "../../src/platforms/postgres/connection/parameters.ts";
import { chartValues } from "./chart_values.ts";
import { codeMap } from "./code_map.ts";
import { commandHelp } from "./command_help.ts";
import { errorMessages } from "./error_messages.ts";
import { SETTINGS_TABLES } from "./settings_tables.ts";
import { LOG_EXAMPLES } from "./log_examples.ts";
import { cellsOf } from "./markdown.ts";

/** A table whose first cells are generated. */
interface GeneratedTable {
  /** The generated cells of each row. */
  readonly rows: readonly (readonly string[])[];
  /** Which of them tells the rows apart. */
  readonly keyCell: number;
}

/** A page with what follows from the code brought up to date, in the form that `deno fmt` gives it. */
export interface GeneratedPage {
  /** From the repository's root. */
  readonly path: string;
  /** The page's text, from the present one. */
  readonly update: (page: string) => Promise<string>;
}

/** The pages with generated parts. `docs/openapi.json` is generated as a whole, elsewhere. */
export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: "deploy/chart/tokenize-action/README.md", update: updateChartValues },
  { path: "docs/cli.md", update: updateHelp },
  { path: "docs/code-map.md", update: updateCodeMap },
  { path: "docs/configuration.md", update: updateSettings },
  { path: "docs/configuration-file.md", update: updateSettings },
  {
    path: "docs/connection-string.md",
    update: async (page) => {
      const updated = await updateTable(page, "parameters", parameters(LIBPQ_PARAMETERS));
      return updateTable(updated, "foreign parameters", parameters(FOREIGN_PARAMETERS));
    },
  },
  { path: "docs/errors.md", update: (page) => updateTable(page, "problems", problems()) },
  { path: "docs/log-events.md", update: (page) => updateTable(page, "log", logLines()) },
  { path: "docs/messages.md", update: updateMessages },
  { path: "docs/monitoring.md", update: (page) => updateTable(page, "metrics", metrics()) },
  { path: "docs/vault.md", update: updateSettings },
];

/** Every error code with its status and title, by status. */
function problems(): GeneratedTable {
  const rows = Object.entries(PROBLEMS)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(([code, { status, title }]) => [String(status), `\`${code}\``, title]);
  return { rows, keyCell: 1 };
}

/** Every event of the log with its level, its sentence and its fields. */
function logLines(): GeneratedTable {
  const rows = (Object.keys(LOG_LINES) as (keyof typeof LOG_LINES)[]).map((event) => {
    const [level, line] = LOG_LINES[event];
    const { event: _, ...fields } = LOG_EXAMPLES[event];
    const names = Object.keys(fields).map((name) => `\`${name}\``);
    return [`\`${event}\``, level, `\`${line}\``, names.join(", ") || "–"];
  });
  return { rows, keyCell: 0 };
}

/** Every metric with its type and labels. */
function metrics(): GeneratedTable {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.length === 0 ? "–" : labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  return { rows, keyCell: 0 };
}

/** Every parameter of connection strings, with its variable and what becomes of it. */
function parameters(table: Readonly<Record<string, Parameter>>): GeneratedTable {
  const rows = Object.entries(table)
    .map(([name, parameter]) => [`\`${name}\``, variableOf(parameter), useOf(parameter)]);
  return { rows, keyCell: 0 };
}

function variableOf({ variable }: Parameter): string {
  return variable === undefined ? "–" : `\`${variable}\``;
}

function useOf({ use, values, note }: Parameter): string {
  if (use === "read") return note ?? "";
  const what = values === undefined
    ? use
    : `only ${values.map((each) => `\`${each}\``).join(", ")}`;
  return note === undefined ? what : `${what}: ${note}`;
}

/** Each command under a heading of its own, in the order of the program's help. */
async function updateHelp(page: string): Promise<string> {
  let updated = page;
  for (const [command, help] of await commandHelp()) {
    const block = `\`\`\`text\n${help}\`\`\``;
    updated = replacePart(updated, command === "" ? "help" : `help ${command}`, () => block);
  }
  return updated;
}

/** Every error code with its title and messages, and every command's help. */
async function updateMessages(page: string): Promise<string> {
  const errors = [...await errorMessages()].map(([code, messages]) => {
    const { status, title } = PROBLEMS[code];
    const list = messages.length === 0
      ? "The sentence is made for the case: it names what was stopped, and by what."
      : `\`\`\`text\n${messages.join("\n")}\n\`\`\``;
    return `### ${code}\n\n${title} (HTTP ${status}).\n\n${list}`;
  });
  const help = [...await commandHelp()].map(([command, text]) =>
    `### ${`tokenize ${command}`.trim()} --help\n\n\`\`\`text\n${text}\`\`\``
  );
  const updated = replacePart(page, "error messages", () => errors.join("\n\n"));
  return replacePart(updated, "all help", () => help.join("\n\n"));
}

/** Every file of src with what it is for. */
async function updateCodeMap(page: string): Promise<string> {
  const map = await codeMap();
  return replacePart(page, "files", () => map);
}

/** Every value of the Helm chart. */
async function updateChartValues(page: string): Promise<string> {
  const table = await chartValues();
  return replacePart(page, "values", () => table);
}

/** Each table of settings that has a place on the page. */
function updateSettings(page: string): Promise<string> {
  const updated = Object.entries(SETTINGS_TABLES).reduce((text, [name, table]) => {
    const place = `settings: ${name}`;
    return text.includes(`generated: ${place} `) ? replacePart(text, place, () => table) : text;
  }, page);
  return Promise.resolve(updated);
}

function updateTable(page: string, name: string, table: GeneratedTable): Promise<string> {
  return Promise.resolve(replacePart(page, name, (old) => tableText(old, table)));
}

function tableText(old: string, { rows, keyCell }: GeneratedTable): string {
  const [header, border, ...oldRows] = old.trim().split("\n");
  const written = new Map(oldRows.map(cellsOf).map((cells) => [cells[keyCell], cells]));
  const columns = cellsOf(header!).length;
  const lines = rows.map((generated) => {
    const byHand = written.get(generated[keyCell])?.slice(generated.length) ?? [];
    const cells = Array.from(
      { length: columns },
      (_, i) => generated[i] ?? byHand[i - generated.length] ?? "",
    );
    return `| ${cells.join(" | ")} |`;
  });
  return [header, border, ...lines].join("\n");
}

/** Throws if the page has no part of that name. */
function replacePart(page: string, name: string, replace: (old: string) => string): string {
  const start = `<!-- generated: ${name} -->\n`;
  const end = "\n<!-- end -->";
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) {
    throw new Error(`no place for it: add "${start.trim()}" and "${end.trim()}" to the page`);
  }
  const old = page.slice(from + start.length, to);
  return `${page.slice(0, from)}${start}\n${replace(old)}\n${page.slice(to)}`;
}
