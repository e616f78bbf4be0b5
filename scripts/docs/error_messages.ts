/**
 * The messages that come with each error code, read from the sources: what stands behind a code in a call
 * or a list. What a message is about at run time is shown as "…".
 */
import { ERROR_CODES, type ErrorCode } from "../../src/errors.ts";

const GAP = "…";
/** What `hintAt` adds, or not. */
const HINT = `[: did you mean "${GAP}"?]`;
const CLOSING = new Set([")", "]", "}"]);
const OPENING = new Set(["(", "[", "{"]);
const SOURCES = new URL("../../src/", import.meta.url);
/** A code with what it is handed to: a function's name, or nothing for a list or one code of two. */
const CODE = /(?:(\w+)\(|\[|: )\s*"([a-z_]+)",/g;
/** The beginning of a function that does nothing but make the failure, up to its call. */
const MAKER =
  /(?:function (\w+)|const (\w+) = )\(([^()]*)\)[^{}=;]*(?:\{|=>)\s*(?:return |throw )?(?:new )?$/;
/** More alternatives than a reader would go through mean that something was misread. */
const MAX_ALTERNATIVES = 16;

/** All messages by code, each once, in alphabetical order. */
export async function errorMessages(): Promise<ReadonlyMap<ErrorCode, readonly string[]>> {
  const found = new Map<string, Set<string>>(ERROR_CODES.map((code) => [code, new Set()]));
  for await (const path of sourcesBelow(SOURCES)) {
    const text = await Deno.readTextFile(path);
    for (const match of text.matchAll(CODE)) {
      const [whole, callee, code] = match;
      const messages = found.get(code!);
      if (messages === undefined) continue;
      const parts = split(text, match.index + whole.length, ",");
      const expression = callee === "refusal" || callee === "failure" ? parts[1] : parts[0];
      if (expression === undefined) continue;
      const before = text.slice(0, match.index);
      const texts = [...alternatives(expression, before), ...asCalled(expression, before, text)];
      for (const message of sentences(callee, texts)) messages.add(message);
    }
  }
  return new Map(ERROR_CODES.map((code) => [code, worthReading([...found.get(code)!].sort())]));
}

/** Those that give a reason; if none does, those that name the action. */
function worthReading(messages: readonly string[]): readonly string[] {
  const withReason = messages.filter((text) =>
    /[a-z]{3}.* /.test(text.replace(/^Cannot [^:]*: /, ""))
  );
  return withReason.length > 0 ? withReason : messages.filter((text) => /Cannot \w/.test(text));
}

async function* sourcesBelow(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    // the console only shows what it is sent
    if (isDirectory && name !== "console") yield* sourcesBelow(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/**
 * What the expression can be if it ends with a parameter of the function around it: with what that function is called
 * with elsewhere in the file. `before` is the file's text up to the expression's call.
 */
function asCalled(expression: string, before: string, text: string): string[] {
  const [, named, constant, parameters = ""] = MAKER.exec(before) ?? [];
  const maker = named ?? constant;
  const last = /^(\w+)$|\$\{(\w+)\}`$/.exec(expression.trim());
  const names = parameters.split(",").map((each) => each.split(":")[0]!.trim());
  const place = names.indexOf(last?.[1] ?? last?.[2] ?? "");
  if (maker === undefined || last === null || place < 0) return [];
  const [frame = GAP] = alternatives(expression, before);
  return [...text.matchAll(new RegExp(`(?<!function )\\b${maker}\\(`, "g"))].flatMap((call) => {
    const given = split(text, call.index + call[0].length, ",")[place] ?? "";
    return alternatives(given, text.slice(0, call.index)).map((each) => frame.slice(0, -1) + each);
  });
}

/** Texts as sentences, without those that say nothing. */
function sentences(callee: string | undefined, texts: readonly string[]): string[] {
  const shown = texts
    .map((text) => text.replace(/(?:\s*…)+/g, (gap) => gap.trim() === gap ? GAP : ` ${GAP}`).trim())
    .filter((text) => /\w/.test(text));
  if (callee === "refusal") return shown.map((text) => `Cannot tokenize ${GAP}: ${text}`);
  return shown.map((text) => text.startsWith("Cannot ") ? text : `Cannot ${GAP}: ${text}`);
}

/** What an expression of texts can be. */
function alternatives(expression: string, before: string): string[] {
  const text = expression.trim();
  const [condition, chosen] = split(text, 0, "?");
  if (chosen !== undefined && condition !== "") {
    const [yes, ...no] = split(text.slice(condition!.length + 1), 0, ":");
    return [yes!, no.join(":")].flatMap((each) => alternatives(each, before));
  }
  const summands = split(text, 0, "+");
  if (summands.length > 1) {
    return summands.map((each) => alternatives(each, before)).reduce((all, next) =>
      all.flatMap((begin) => next.map((end) => begin + end)).slice(0, MAX_ALTERNATIVES)
    );
  }
  if (/^["'`][^]*["'`]$/.test(text)) return [literal(text)];
  if (/^\w+$/.test(text)) return namedAbove(text, before);
  return [GAP];
}

/** What a name stands for that is declared above: the last such declaration. */
function namedAbove(name: string, before: string): string[] {
  const at = before.lastIndexOf(`const ${name} = `);
  if (at < 0) return [GAP];
  const [expression] = split(before, at + `const ${name} = `.length, ";");
  return alternatives(expression!, before.slice(0, at));
}

function literal(text: string): string {
  const inner = text.slice(1, -1).replace(/\\(["'`\\])/g, "$1");
  if (!text.startsWith("`")) return inner;
  let shown = "";
  for (let at = 0; at < inner.length;) {
    const start = inner.indexOf("${", at);
    if (start < 0) return shown + inner.slice(at);
    const [variable] = split(inner, start + 2, "\0");
    shown += inner.slice(at, start) + (variable === "hint" ? HINT : GAP);
    at = start + 2 + variable!.length + 1;
  }
  return shown;
}

/** The parts from there to the bracket that closes what is open there, separated by that character. */
function split(text: string, from: number, separator: string): string[] {
  const parts: string[] = [];
  let [depth, start, at] = [0, from, from];
  for (; at < text.length; at++) {
    const character = text[at]!;
    if (`"'\``.includes(character)) at = endOfText(text, at);
    else if (OPENING.has(character)) depth++;
    else if (CLOSING.has(character) && --depth < 0) break;
    else if (character === separator && depth === 0 && !isDouble(text, at)) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  const last = text.slice(start, at);
  return last.trim() === "" && parts.length > 0 ? parts : [...parts, last];
}

/** Whether it is part of `??` or `?.`. */
function isDouble(text: string, at: number): boolean {
  return text[at] === "?" && (/[?.]/.test(text[at + 1] ?? "") || text[at - 1] === "?");
}

/** Where the text ends whose quotation mark is there. */
function endOfText(text: string, from: number): number {
  const mark = text[from]!;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === mark) return at;
    else if (mark === "`" && text.startsWith("${", at)) {
      at += 2 + split(text, at + 2, "\0")[0]!.length;
    }
  }
  return text.length;
}
