/** The shape of the sources: which room may use which, and how large anything may grow. */
import assert from "node:assert/strict";
import { posix } from "node:path";

/** The ground floor: any room may import these, and they import nothing but one another. */
const GROUND_FLOOR = [
  "async",
  "bytes",
  "config_error",
  "counted",
  "did_you_mean",
  "errors",
  "exit_codes",
  "host_name",
  "one_line",
  "phases",
  "possible_text",
  "retry_after",
  "run_options",
  "sandbox_refusals",
  "stack_frames",
  "standard_streams",
  "stop_signals",
  "trace_context",
  "unreadable_file",
  "version",
];

/**
 * Each other room of src, a folder or a file, with the rooms it may import from: from the command
 * line, by the supervisor and into the worker, down to the observations. No other import is allowed.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main_entry: ["main", "sandbox"],
  main: ["command", "command_line", "commands", "config", "sandbox"],
  command_line: ["command", "config", "datahub", "tokens"],
  worker_entry: ["sandbox", "worker"],
  worker: [
    "command",
    "commands",
    "config",
    "log",
    "metrics",
    "observations",
    "platforms",
    "sandbox",
    "tokens",
    "traces",
  ],
  commands: [
    "action",
    "command",
    "config",
    "datahub",
    "datahub/gms",
    "datahub/loop",
    "datahub/report",
    "history",
    "http",
    "metrics",
    "observations",
    "platforms",
    "runs",
    "sandbox",
    "settings_reader",
    "tokens",
    "receipts",
    "verify",
  ],
  sandbox: ["command", "config", "log", "observations", "tokens"],
  http: ["action", "datahub", "datahub/loop", "metrics", "observations", "platforms", "runs"],
  metrics: ["observations"],
  history: ["observations", "platforms", "runs"],
  runs: ["action", "datahub", "observations", "platforms", "receipts"],
  action: ["datahub", "observations", "platforms", "tokens", "traces"],
  traces: ["observations", "setting_values", "settings_reader"],
  log: ["config", "log_texts", "observations"],
  log_texts: [],
  config: [
    "datahub",
    "platforms",
    "receipts",
    "setting_values",
    "settings_reader",
    "tokens",
    "traces",
  ],
  environment_names: ["config"],
  platforms: ["datahub", "observations", "settings_reader", "tokens"],
  receipts: ["settings_reader"],
  verify: ["datahub", "observations", "platforms", "tokens"],
  tokens: ["setting_values", "settings_reader"],
  "datahub/loop": [
    "action",
    "datahub",
    "datahub/gms",
    "datahub/report",
    "observations",
    "platforms",
    "runs",
  ],
  "datahub/report": ["action", "datahub", "datahub/gms", "observations", "platforms"],
  "datahub/gms": ["datahub"],
  datahub: ["setting_values", "settings_reader"],
  observations: [],
  setting_values: [],
  settings_reader: [],
  command: [],
  console: [],
};

/** Files of each platform that every room may use, and that import nothing of the platform. */
const PLATFORM_GROUND: readonly string[] = ["identifiers", "raised_errors", "table"];
/** The rooms inside each platform, with those each may import from; the platform itself is the top. */
const PLATFORM_ROOMS: Readonly<Record<string, readonly string[]>> = {
  rewrite: ["residue", "postgres_run", "lookup", "connection", "sql"],
  inspect: ["connection"],
  residue: ["postgres_run", "lookup", "connection", "sql"],
  postgres_run: ["lookup", "connection"],
  lookup: ["connection", "sql"],
  connection: ["protocol"],
  protocol: [],
  sql: [],
};

/** An import of more than types. */
const VALUE_IMPORT =
  /(?:^|\n)(?:import|export) (?!type )[^;]*? from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g;
/** How Vault is reached, and who may ask it, with all that this needs: what it is asked is not among it. */
const VAULT_CONNECTION =
  /^tokens\/vault\/(connection|errors|limits|log_in|responses|retries|session)\.ts$/;

const MAX_FILE_LINES = 250;
const MAX_FUNCTION_LINES = 60;

interface Source {
  /** Such as `platforms/postgres/session.ts`. */
  readonly path: string;
  readonly text: string;
  /** The sources it imports, as paths like its own. */
  readonly imports: readonly string[];
}

const srcUrl = new URL("../src/", import.meta.url);
const sources = await readSources("");

async function readSources(folder: string): Promise<Source[]> {
  const found: Source[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, srcUrl))) {
    if (isDirectory) found.push(...await readSources(`${folder}${name}/`));
    else if (/\.tsx?$/.test(name)) found.push(await readSource(folder + name));
  }
  return found;
}

async function readSource(path: string): Promise<Source> {
  const text = await Deno.readTextFile(new URL(path, srcUrl));
  const specifiers = [...text.matchAll(/(?:from|import) \(?"(\.[^"]+)"|import\("(\.[^"]+)"\)/g)];
  const imports = specifiers.map(([, named, lazy]) =>
    posix.normalize(posix.join(posix.dirname(path), (named ?? lazy)!))
  );
  return { path, text, imports: imports.filter((each) => /\.tsx?$/.test(each)) };
}

/** The folder, or the file's name without its ending; the rooms within `datahub` count as their own. */
function roomOf(path: string): string {
  const [inner] = /^datahub\/\w+(?=\/)/.exec(path) ?? [];
  if (inner !== undefined) return inner;
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : path.replace(/\.ts$/, "");
}

/** Every line of the sources that matches, as `path:line: text`. */
function linesWith(pattern: RegExp, except: (path: string) => boolean): string[] {
  return sources.filter(({ path }) => !except(path))
    .flatMap(({ path, text }) => linesOf(path, text, pattern));
}

/** The lines of one text that match, as `path:line: text`. */
function linesOf(path: string, text: string, pattern: RegExp): string[] {
  return text.split("\n").flatMap((line, i) =>
    pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []
  );
}

/** Every TypeScript file below those folders of the repository. */
async function filesBelow(folders: readonly string[]): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for (const folder of folders) {
    const url = new URL(`../${folder}/`, import.meta.url);
    for await (const { name, isDirectory } of Deno.readDir(url)) {
      const path = `${folder}/${name}`;
      if (isDirectory) found.push(...await filesBelow([path]));
      else if (/\.tsx?$/.test(name)) {
        found.push({ path, text: await Deno.readTextFile(new URL(name, url)) });
      }
    }
  }
  return found;
}

Deno.test("the sources were found, and their imports read", () => {
  assert.ok(sources.length > 60);
  const main = sources.find(({ path }) => path === "main.ts");
  assert.ok(main?.imports.includes("sandbox/supervisor.ts"));
  assert.ok(sources.every(({ path, imports }) => imports.length < 50 && /\.tsx?$/.test(path)));
});

Deno.test("imports point one way", () => {
  const wrong = sources.flatMap(({ path, imports }) =>
    imports.filter((each) => {
      const [from, to] = [roomOf(path), roomOf(each)];
      if (from === to || GROUND_FLOOR.includes(to)) return false;
      return !MAY_IMPORT[from]?.includes(to);
    }).map((each) => `${path} imports ${each}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("the console is a program of its own, for browsers: it shares no code with the other one", () => {
  const inConsole = sources.filter(({ path }) => path.startsWith("console/"));
  assert.ok(inConsole.length > 20);
  const foreign = inConsole.flatMap(({ path, imports }) =>
    imports.filter((each) => !each.startsWith("console/")).map((each) => `${path} imports ${each}`)
  );
  assert.deepEqual(foreign, []);
  const inline =
    /dangerouslySetInnerHTML|innerHTML|\beval\(|new Function|localStorage|sessionStorage/;
  assert.deepEqual(linesWith(inline, (path) => !path.startsWith("console/")), []);
});

Deno.test("tests may use scripts, and scripts never tests", async () => {
  const import_ = /(?:from|import) ?\(?"(\.\.\/)+tests\//;
  const scripts = await filesBelow(["scripts"]);
  assert.ok(scripts.length > 30);
  assert.deepEqual(scripts.flatMap(({ path, text }) => linesOf(path, text, import_)), []);
});

Deno.test("what a file of src exports is used in another one, but for types", async () => {
  const files = await filesBelow(["src", "scripts", "tests"]);
  const unused = files.filter(({ path }) => path.startsWith("src/")).flatMap(({ path, text }) => {
    const others = files.filter((each) => each.path !== path);
    return [...text.matchAll(/^export (?:async )?(?:function\*?|class|const) (\w+)/gm)]
      .filter(([, name]) => {
        const word = new RegExp(`\\b${name}\\b`);
        return !others.some((each) => word.test(each.text));
      })
      .map(([, name]) => `${path}: ${name}`);
  });
  assert.deepEqual(unused, []);
});

Deno.test("the list of who may import whom has no circle, and nothing that nobody uses", () => {
  const order: string[] = [];
  const visit = (room: string, above: readonly string[]): void => {
    assert.ok(!above.includes(room), `a circle: ${[...above, room].join(" → ")}`);
    if (order.includes(room)) return;
    for (const below of MAY_IMPORT[room] ?? assert.fail(room)) visit(below, [...above, room]);
    order.push(room);
  };
  for (const room of Object.keys(MAY_IMPORT)) visit(room, []);

  const used = new Set(
    sources.flatMap(({ path, imports }) =>
      imports.map((each) => `${roomOf(path)} → ${roomOf(each)}`)
    ),
  );
  const listed = Object.entries(MAY_IMPORT).flatMap(([from, all]) =>
    all.map((to) => `${from} → ${to}`)
  );
  assert.deepEqual(listed.filter((each) => !used.has(each)), []);
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  assert.deepEqual([...rooms].sort(), [...GROUND_FLOOR, ...Object.keys(MAY_IMPORT)].sort());
});

Deno.test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]): void => {
    assert.ok(!above.includes(path), `a circle: ${[...above, path].join(" → ")}`);
    if (done.has(path)) return;
    const { imports } = sources.find((source) => source.path === path) ?? assert.fail(path);
    for (const each of imports) visit(each, [...above, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
});

Deno.test("only worker.ts and the history name a concrete platform, and what reads the configuration its settings", () => {
  const platformOf = (path: string) => /^platforms\/(\w+)\//.exec(path)?.[1];
  const wrong = sources.flatMap(({ path, imports }) =>
    imports.filter((each) => {
      const platform = platformOf(each);
      if (
        platform === undefined || platform === platformOf(path) || path === "worker.ts"
      ) return false;
      // the history is in Postgres, and uses nothing of the platform but connections to it
      if (roomOf(path) === "history") return !each.startsWith("platforms/postgres/connection/");
      const settings = /\/(settings|parameters|connection_string)\.ts$/;
      return !(roomOf(path) === "config" && settings.test(each));
    }).map((each) => `${path} imports ${each}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("inside a platform, imports point one way: rewrite, residue, lookup, connection, ground", () => {
  const inside = (path: string) => {
    const [, platform, room] = /^platforms\/(\w+)\/(\w+)/.exec(path) ?? [];
    return room === `${platform}_platform` ? [] : [platform, room];
  };
  const mayImport = (room: string, below: string) =>
    PLATFORM_ROOMS[room]?.concat(PLATFORM_GROUND).includes(below) ?? false;
  const wrong = sources.flatMap(({ path, imports }) => {
    const [platform, room] = inside(path);
    if (room === undefined) return [];
    return imports.filter((each) => {
      const [other, below] = inside(each);
      const isSamePlatform = each.startsWith(`platforms/${platform}/`);
      return isSamePlatform && !(other === platform && below === room) &&
        !mayImport(room, below ?? "");
    }).map((each) => `${path} imports ${each}`);
  });
  assert.deepEqual(wrong, []);
  const rooms = new Set(sources.map(({ path }) => inside(path)[1]).filter(Boolean));
  const known = [...Object.keys(PLATFORM_ROOMS), ...PLATFORM_GROUND];
  assert.deepEqual([...rooms].sort(), known.sort());
});

Deno.test("what verifies shares nothing with what rewrites: no pattern, no cipher, no statement", () => {
  const isVerifying = (path: string) => /^(verify|platforms\/\w+\/inspect)\//.test(path);
  const reached = new Set(sources.map(({ path }) => path).filter(isVerifying));
  assert.ok(reached.size > 15);
  for (const path of reached) { // it grows while it is read
    if (VAULT_CONNECTION.test(path)) continue;
    const { text } = sources.find((source) => source.path === path) ?? assert.fail(path);
    for (const [, named, lazy] of text.matchAll(VALUE_IMPORT)) {
      const below = posix.normalize(posix.join(posix.dirname(path), (named ?? lazy)!));
      if (below.endsWith(".ts")) reached.add(below);
    }
  }
  const isShared = (path: string) =>
    /^platforms\/\w+\/(rewrite|lookup|residue|sql)\/|^platforms\/postgres\/postgres_run/.test(
      path,
    ) ||
    (path.startsWith("tokens/") && !VAULT_CONNECTION.test(path));
  assert.deepEqual([...reached].filter(isShared), []);
});

Deno.test("only adapters.ts names a concrete token SDK", () => {
  const shared = [
    "adapters",
    "base64",
    "byte_matcher",
    "conversion",
    "key_set",
    "lazy_token_sdk",
    "literal_prefixes",
    "packed_texts",
    "select_texts",
    "selection",
    "token_kinds",
    "token_pattern",
    "token_sdk",
    "utf8",
  ];
  const wrong = sources.filter(({ path }) => path !== "tokens/adapters.ts").flatMap((
    { path, imports },
  ) =>
    imports.filter((each) => each.startsWith("tokens/") && roomOf(path) !== "tokens")
      .filter((each) => !shared.includes(posix.basename(each, ".ts")))
      .filter((each) => path !== "verify/ask_vault.ts" || !/^tokens\/vault\//.test(each))
      .map((each) => `${path} imports ${each}`)
  );
  assert.deepEqual(wrong, []);
});

Deno.test("only main.ts reads the environment", () => {
  assert.deepEqual(linesWith(/\bDeno\.env\b/, (path) => path === "main.ts"), []);
  const others = /\bprocess\.env\b|from "node:process"|Deno\.permissions\.request/;
  const code = linesWith(others, (path) => path === "sandbox/no_environment.ts");
  const harmless = /: (\*|\/[/*])|import \{ cpuUsage \} from/;
  assert.deepEqual(code.filter((line) => !harmless.test(line)), []);
});

Deno.test("only main.ts reads files, but for one that is renewed; only keys and receipts are written; nothing starts a process", () => {
  const reading = /\bDeno\.(readTextFile|readFile|open|stat|readDir)/;
  const mayRead = [
    "main.ts",
    "tokens/vault/log_in.ts",
    "commands/key_file.ts",
    "commands/receipt_file.ts",
    "commands/program_digest.ts",
  ];
  assert.deepEqual(linesWith(reading, (path) => mayRead.includes(path)), []);
  const writing = /\bDeno\.(write|create(?!HttpClient)|link|remove|rename|mkdir|make|ch(own|mod))/;
  assert.deepEqual(
    linesWith(writing, (path) => /^commands\/(key|receipt)_file\.ts$/.test(path)),
    [],
  );
  const worse = /\bDeno\.(Command|dlopen)|node:(fs|child_process)/;
  assert.deepEqual(linesWith(worse, () => false), []);
});

Deno.test("only commands and the entry print, in a way that a full disk does not stop", () => {
  const printing = /\bconsole\.|\bDeno\.std(out|err)\b(?!\.isTerminal)/;
  const mayWrite = ["standard_streams.ts", "environment_names.ts"];
  assert.deepEqual(linesWith(printing, (path) => mayWrite.includes(path)), []);
  const mayPrint = /^(commands|command_line)\/|^(main|standard_streams)\.ts$/;
  assert.deepEqual(linesWith(/\bwriteOutput\b/, (path) => mayPrint.test(path)), []);
});

Deno.test("nobody below the HTTP API knows its statuses", () => {
  const status = /\bstatus: [45]\d\d\b|\bHTTPException\b|application\/problem/;
  assert.deepEqual(linesWith(status, (path) => /^(http|commands)\//.test(path)), []);
});

Deno.test("no literal is spread into a literal: the compiler would not check its fields", async () => {
  // written so that this file does not find itself
  const spread = new RegExp(String.raw`\.{3}[{[]`);
  const files = await filesBelow(["src", "scripts", "tests"]);
  assert.ok(files.length > 200);
  const wrong = files.flatMap(({ path, text }) => linesOf(path, text, spread));
  assert.deepEqual(wrong, []);
});

Deno.test("nothing is spread into what is observed: each field stands there by its name", () => {
  const calls = sources.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\bobserve\(\{[^}]*\}/g), ([call]) => ({ path, call }))
  );
  assert.ok(calls.length > 15);
  assert.deepEqual(calls.filter(({ call }) => call.includes("...")), []);
});

Deno.test("nothing is left to be done later", () => {
  assert.deepEqual(linesWith(/\b(TODO|FIXME|XXX|HACK)\b/, () => false), []);
});

Deno.test("the loudest words that CONTRIBUTING.md asks to avoid are in no source and no page", async () => {
  const loud =
    /\b(anew|in the stead|to be had|can be had|some day|as it were|whoever|(?<!")by itself|by themselves|(is|are) told|looked at|(runs?|ran) out(?! of))\b/i;
  const pages = ["README.md", "SECURITY.md", "CHANGELOG.md"];
  for await (const { name } of Deno.readDir(new URL("../docs/", import.meta.url))) {
    if (name.endsWith(".md")) pages.push(`docs/${name}`);
  }
  const inPages = await Promise.all(pages.map(async (path) => {
    const text = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
    return text.split("\n").filter((line) => loud.test(line)).map((line) => `${path}: ${line}`);
  }));
  assert.deepEqual(linesWith(loud, () => false).concat(inPages.flat()), []);
});

Deno.test("every file says what it is for, and how it is named fits", () => {
  const silent = sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path);
  assert.deepEqual(silent, []);
  const misnamed = sources.filter(({ path }) => !/^[a-z0-9_/]+\.tsx?$/.test(path));
  assert.deepEqual(misnamed.map(({ path }) => path), []);
});

Deno.test(`no file has more than ${MAX_FILE_LINES} lines`, () => {
  const long = sources.map(({ path, text }) => [path, text.split("\n").length - 1] as const)
    .filter(([, lines]) => lines > MAX_FILE_LINES);
  assert.deepEqual(long, []);
});

Deno.test(`no function has more than ${MAX_FUNCTION_LINES} lines`, () => {
  assert.deepEqual(functionsOf("function a() {\n  b(() => {\n  });\n}\n"), [
    { line: 1, lines: 4 },
    { line: 2, lines: 2 },
  ]);
  const long = sources.filter(({ path }) => !path.includes("/sql/")).flatMap(({ path, text }) =>
    functionsOf(text).filter(({ lines }) => lines > MAX_FUNCTION_LINES)
      .map(({ line, lines }) => `${path}:${line}: ${lines} lines`)
  );
  assert.deepEqual(long, []);
});

/** The functions of a formatted text (an SQL statement is no function): what opens one ends at the next brace of the same depth. */
function functionsOf(text: string): { line: number; lines: number }[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const opens = /(=> \{|\)(: .+)? \{)$/.test(line) &&
      !/^\s*(\} )?(if|for|while|switch|else)\b/.test(line);
    if (!opens) return [];
    const indent = /^\s*/.exec(line)![0];
    const end = lines.findIndex((each, j) => j > i && each.startsWith(`${indent}}`));
    return [{ line: i + 1, lines: end - i + 1 }];
  });
}
