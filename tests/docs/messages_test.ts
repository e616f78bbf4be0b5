/** Messages that a page quotes are ones that the program or a script prints. */
import assert from "node:assert/strict";
import { codeBlocksOf, codeSpansOf, withoutCodeBlocks } from "../../scripts/docs/markdown.ts";
import { filesOf, PAGES, textOf } from "./pages.ts";
import { rowsOf } from "./tables.ts";

/** What is quoted of other programs begins with one of these. */
const OF_OTHERS = [
  "CrashLoopBackOff",
  "ErrImagePull",
  "secret ",
  "unbound ",
  "Insufficient ",
  "violates ",
];
/** The pages that quote whole output, as blocks. */
const OUTPUT_PAGES = [
  "docs/configuration.md",
  "docs/configuration-file.md",
  "docs/understanding-output.md",
];
/** Where a fault of the configuration file is: file, line, column and key. */
const FILE_PLACE = /^[\w.]+:\d+:\d+: [\w.]+: /;
/** How much of a message must be the literal's own text, and not a name or number put into it. */
const LEAST_LITERAL_SHARE = 0.4;

const TEMPLATES = await readTemplates();

Deno.test("every message that a page quotes is one that exists", () => {
  const quoted = [...quotedInProse(), ...quotedInBlocks(), ...quotedInTroubleshooting()];
  assert.ok(quoted.length > 15);
  const unknown = quoted.filter(({ message }) => !isKnown(message))
    .map(({ path, message }) => `${path}: nothing prints "${message}"`);
  assert.deepEqual(unknown, []);
});

Deno.test("a message that does not exist is noticed", () => {
  assert.ok(isKnown('Cannot tokenize app.public.t: column "a" is of type date, not text'));
  assert.ok(!isKnown('Cannot tokenize app.public.t: column "a" is of the type date'));
  assert.ok(!isKnown("PORT: it is not an integer from 1 to 65535"));
});

interface Quotation {
  readonly path: string;
  readonly message: string;
}

/** Spans that read "Cannot …" or "VARIABLE: …". */
function quotedInProse(): Quotation[] {
  return PAGES.filter(({ path }) => /^(README\.md|docs\/[^/]+)$/.test(path)).flatMap(
    ({ path, text }) =>
      codeSpansOf(withoutCodeBlocks(text).replaceAll("\n", " "))
        .filter((span) => /^(Cannot \w+ .*: |[A-Z]+_[A-Z_]+: )\w/.test(span))
        .map((message) => ({ path, message })),
  );
}

/** Lines of blocks that show what is printed. */
function quotedInBlocks(): Quotation[] {
  return PAGES.filter(({ path }) => OUTPUT_PAGES.includes(path)).flatMap(({ path, text }) =>
    codeBlocksOf(text).flatMap(({ text: block }) => block.split("\n"))
      .filter((line) => /^(tokenize|error): /.test(line))
      .map((line) => line.replace(/^tokenize: | \([a-z_]+\)$/g, "").replace(FILE_PLACE, ""))
      .map((message) => ({ path, message }))
  );
}

/** What a reader sees, in sentences, that is not another program's. */
function quotedInTroubleshooting(): Quotation[] {
  const path = "docs/troubleshooting.md";
  return rowsOf(path, "you see").flatMap(([first]) => codeSpansOf(first!))
    .filter((span) => span.includes(" ") && !/^(GET|POST) /.test(span))
    .filter((span) => !OF_OTHERS.some((begin) => span.startsWith(begin)))
    .map((message) => ({ path, message }));
}

/** Whether the message, or what follows its action, is made of one of the program's literals. */
function isKnown(message: string): boolean {
  const reason = message.replace(/^Cannot [^:]+: |^[A-Z_]+: /, "");
  return [message, reason].some((text) =>
    text.split(/ ?… ?/).filter((piece) => piece !== "")
      .every((piece) => TEMPLATES.some((template) => template(piece)))
  );
}

/** For each literal of the program and the scripts: whether a text can be it, or a piece of it. */
async function readTemplates(): Promise<((text: string) => boolean)[]> {
  const files = (await filesOf(".ts", ".sh"))
    .filter((path) => /^(src\/|scripts\/(cluster\/)?[\w-]+\.sh$)/.test(path));
  const literals = (await Promise.all(files.map(textOf))).flatMap(literalsOf);
  const commander = "error: required option '${flags}' not specified";
  return [...new Set([...literals, commander])].map((literal) => {
    const fixed = literal.split(/\$\{[^}]*(?:\}|$)|\$\w+/);
    const { length } = fixed.join("");
    const escaped = fixed.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const whole = new RegExp(`^${escaped.join(".*?")}$`);
    const makes = (text: string) => length >= LEAST_LITERAL_SHARE * text.length && whole.test(text);
    return (text: string) => makes(text) || fixed.some((part) => part.includes(text));
  });
}

/** The string literals of a file, with those that `+` joins as one. */
function literalsOf(text: string): string[] {
  const joined = text.replace(/["`] \+\s*["`]/g, "");
  return [...joined.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|'((?:[^'\\\n]|\\.)*)'/g)]
    .map(([, double, template, single]) => double ?? template ?? single ?? "")
    .map((literal) => literal.replace(/\\(["'`])/g, "$1"));
}
