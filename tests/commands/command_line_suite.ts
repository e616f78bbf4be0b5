/** The command line: what it accepts, what it refuses, and what it prints. */
import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { parseLog, type Program, runProgram } from "../support/program.ts";

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const DATASET = ["--urn", "--columns"];
const OUTPUT = ["--json", "--output"];
const DATASETS = [...DATASET, "--file"];
const PACE = ["--connections", "--rows-per-second"];
const RUN_OPTIONS = ["--dry-run", "--commit", "--scrub", ...PACE];
const COMMANDS = [
  "serve",
  "run",
  "plan",
  "rotate",
  "restore",
  "verify",
  "trigger",
  "smoke",
  "healthcheck",
  "detokenize",
  "token",
  "doctor",
  "permissions",
  "completion",
];

/** The options of every command. */
const GLOBAL = ["--help", "--version", "--config", "--env-file", "--quiet", "--verbose"];

/** What must be true of any build of the program. */
export function commandLineSuite(program: Program): void {
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(`${program.name}: ${title}`, body);
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runProgram(program, args, env);

  test("--version prints name, version and commit", async () => {
    const { code, stdout, stderr } = await run(["--version"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const [, version, commit] = /^tokenize (\S+) \((\S+)\)\n$/.exec(stdout) ?? [];
    assert.equal(version, manifest.version);
    assert.ok(commit);
  });

  test("-V and -h are short for --version and --help", async () => {
    assert.deepEqual(await run(["-V"]), await run(["--version"]));
    assert.deepEqual(await run(["run", "-h"]), await run(["run", "--help"]));
  });

  test("a mistyped command or option is answered with the nearest one", async () => {
    assert.match((await run(["permission"])).stderr, /^\(Did you mean permissions\?\)$/m);
    assert.match((await run(["permissions", "--jsn"])).stderr, /^\(Did you mean --json\?\)$/m);
  });

  test("--output chooses as --json does, and the two exclude each other", async () => {
    const json = await run(["permissions", "--output", "json"]);
    assert.deepEqual(json, await run(["permissions", "--json"]));
    const table = await run(["permissions", "--output", "table"]);
    assert.match(table.stdout, /^The sandbox may reach$/m);
    const both = await run(["permissions", "--json", "--output", "table"]);
    assert.deepEqual([both.code, both.stdout], [2, ""]);
    assert.match(both.stderr, /cannot be used with option '--json'/);
  });

  test("--help lists every command, and each command's --help its options", async () => {
    const { code, stdout, stderr } = await run(["--help"]);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command} `, "m"));
    const options: Record<string, string[]> = {
      serve: [],
      run: [
        ...DATASETS,
        "--parallel",
        ...RUN_OPTIONS,
        "--strategy",
        "--receipt",
        "--yes",
        ...OUTPUT,
      ],
      plan: [...DATASETS, "--parallel", "--commit", "--strategy", "--show-shapes", ...OUTPUT],
      rotate: [...DATASET, "--from", ...RUN_OPTIONS, "--yes", ...OUTPUT],
      restore: [...DATASET, "--dry-run", "--commit", ...PACE, ...OUTPUT],
      verify: [...DATASETS, "--tagged", "--receipt", ...OUTPUT],
      doctor: [...DATASET, ...OUTPUT],
      trigger: [...DATASET, ...RUN_OPTIONS, "--strategy", ...OUTPUT, "--url"],
      detokenize: ["--platform", "--dataset", "--column", ...OUTPUT],
      token: ["--platform", "--dataset", "--column", ...OUTPUT],
      smoke: [...DATASET, ...OUTPUT, "--url"],
      healthcheck: ["--url"],
      permissions: [...OUTPUT],
      completion: [],
    };
    await Promise.all(COMMANDS.map(async (command) => {
      const help = await run([command, "--help"]);
      assert.deepEqual([help.code, help.stderr], [0, ""], command);
      assert.match(help.stdout, new RegExp(`^Usage: tokenize ${command}`));
      const listed = [...help.stdout.matchAll(/^ {2}(?:-[a-z], )?(--[a-z-]+)/gm)].map(([, name]) =>
        name
      );
      const own = listed.filter((name) => !GLOBAL.includes(name!));
      assert.deepEqual(own.toSorted(), options[command]!.toSorted(), command);
    }));
  });

  test("help knows the commands of groups, and says of a word that is none what it may mean", async () => {
    const own = await run(["keys", "new", "--help"]);
    assert.deepEqual(await run(["help", "keys", "new"]), own);
    assert.deepEqual([own.code, own.stderr], [0, ""]);
    const wrong = await run(["help", "keys", "nwe"]);
    const said = "error: unknown command 'nwe'\n(Did you mean new?)\n(see tokenize --help)\n";
    assert.deepEqual([wrong.code, wrong.stdout, wrong.stderr], [2, "", said]);
  });

  test("an error of usage says which help has more", async () => {
    const cases = { "tokenize": [], "tokenize run": ["run"], "tokenize keys new": ["keys", "new"] };
    for (const [command, words] of Object.entries(cases)) {
      const { code, stderr } = await run([...words, "--nope"]);
      assert.deepEqual([code, stderr.split("\n")[1]], [2, `(see ${command} --help)`]);
    }
  });

  test("--help of run and serve has examples, and variables with their defaults", async () => {
    for (const command of ["run", "serve"]) {
      const { stdout } = await run([command, "--help"]);
      assert.match(
        stdout,
        /\nVariables:\n(.*\n)* {2}TOKEN_SDK_MODE +the token SDK: .*\n +\(default: dummy\)\n/,
      );
      assert.match(stdout, new RegExp(`\\nExamples:\\n  tokenize ${command}`));
      assert.doesNotMatch(stdout, /`|\]\(/);
      for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
    }
  });

  test("the help of run has the default of each choice", async () => {
    const { stdout } = await run(["run", "--help"]);
    for (const standard of ["atomic", "update"]) {
      assert.ok(stdout.replace(/\s+/g, " ").includes(`default: "${standard}")`), stdout);
    }
  });

  test("-q and -v are the least and the most that is logged, and exclude each other", async () => {
    const args = ["run", "--urn", URN, "--columns", "email"];
    const events = async (flag: string, env: Readonly<Record<string, string>> = {}) =>
      parseLog((await run([...args, flag], { ...env, LOG_FORMAT: "json" })).stderr)
        .map(({ event }) => event);
    assert.deepEqual(await events("-q", { LOG_LEVEL: "debug" }), ["run_failed"]);
    assert.deepEqual(await events("-v", { LOG_LEVEL: "error" }), [
      "dummy_tokens",
      "run_started",
      "phases_measured",
      "run_failed",
    ]);
    const both = await run([...args, "-q", "-v"]);
    assert.deepEqual([both.code, both.stdout], [2, ""]);
  });

  test("--env-file adds variables beneath those of the environment, and none is read unasked", async () => {
    const dir = await Deno.makeTempDir();
    const file = `${dir}/.env`;
    const text = "# settings\n\nexport HOST='127.0.0.1'\nPORT=9001\nPG_CONN_STR = host=a user=b \n";
    await Deno.writeTextFile(file, text, { mode: 0o600 });
    const hosts = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const { stdout } = await run(["permissions", ...args], env);
      return JSON.parse(stdout).net.map(({ host }: { readonly host: string }) => host);
    };
    try {
      assert.deepEqual(await hosts(["--env-file", file]), ["127.0.0.1:9001", "a:5432"]);
      assert.deepEqual(await hosts(["--env-file", file], { PORT: "9002" }), [
        "127.0.0.1:9002",
        "a:5432",
      ]);
      assert.deepEqual(await hosts([]), ["127.0.0.1:8080"]);
      await Deno.writeTextFile(file, "PORT=1\ncanary\n");
      const wrong = await run(["permissions", "--env-file", file]);
      assert.deepEqual([wrong.code, wrong.stdout, wrong.stderr], [
        2,
        "",
        "tokenize: --env-file: line 2 of the file is not KEY=VALUE\n",
      ]);
      await Deno.chmod(file, 0o644);
      const open = await run(["permissions", "--env-file", file]);
      assert.match(open.stderr, /^tokenize: --env-file: the file ".*" can be read by others/);
      await Deno.chmod(file, 0o600);
      await Deno.writeTextFile(file, "# settings\n  PORT=x\nHOST=127.0.0.1\n");
      const fault = await run(["permissions", "--env-file", file]);
      const reason = "it is not a whole number from 1 to 65535";
      assert.equal(fault.stderr, `tokenize: ${file}:2:3: PORT: ${reason}\n`);
      const checked = await run(["config", "check", "--env-file", file], { PORT: "9001" });
      assert.deepEqual(
        JSON.parse(checked.stdout).settings.map((
          { variable, file, line }: Readonly<Record<string, unknown>>,
        ) => [variable, file, line]),
        [["HOST", file, 3], ["PORT", null, null]],
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  test("wrong usage is exit code 2, a line on standard error, and nothing else", async () => {
    const dataset = ["--urn", URN, "--columns", "email"];
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [["nosuch"], /unknown command 'nosuch'/],
      [["--nosuch"], /unknown option '--nosuch'/],
      [["serve", "--port", "1"], /unknown option '--port'/],
      [["serve", "extra"], /too many arguments/],
      [["run"], /'--urn <urn>' not specified/],
      [["run", "--urn", URN], /'--columns <names>' not specified/],
      [["run", "--urn"], /argument missing/],
      [["run", ...dataset, ...dataset], /once only/],
      [["run", ...dataset, "--commit", "sometimes"], /Allowed choices are atomic, batches/],
      [["run", ...dataset, "--connections", "0"], /--connections is not a whole number/],
      [["run", ...dataset, "--connections", "2"], /--connections needs --commit batches/],
      [["rotate", ...dataset, "--from", "dummy", "--connections", "2"], /needs --commit batches/],
      [["run", ...dataset, "--url", "http://127.0.0.1"], /unknown option '--url'/],
      [["run", "--urn", URN, "--columns", " , "], /--columns names no column/],
      [["rotate", ...dataset], /'--from <key\|sdk>' not specified/],
      [["rotate", ...dataset, "--from", "none"], /^tokenize: --from: it is neither a token SDK \(/],
      [["rotate", ...dataset, "--from", "aes-siv"], /^tokenize: TOKEN_KEYS_FILE: it must be set/],
      [["trigger", ...dataset, "--url", "nowhere"], /--url is not a URL such as http:/],
      [["trigger", ...dataset, "--url", "ftp://host"], /--url is not a URL such as http:/],
      [["healthcheck", "--url", "http://user:canary@host"], /--url must not contain a user/],
      [["smoke", ...dataset, "--urn", URN], /each --urn needs its own --columns/],
    ];
    await Promise.all(wrong.map(async ([args, message]) => {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\bat .*:\d+:\d+/);
    }));
  });

  test("without a command it prints the help on standard error, with exit code 2", async () => {
    const { code, stdout, stderr } = await run([]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^Usage: tokenize/);
  });

  test("the program reads no variables of the terminal, since it may not", async () => {
    const some = { FORCE_COLOR: "1", CLICOLOR_FORCE: "1", COLUMNS: "1", NO_COLOR: "1" };
    for (const env of [{}, some] as Record<string, string>[]) {
      const help = await run(["--help"], env);
      assert.deepEqual([help.code, help.stderr], [0, ""]);
      const wrong = await run(["permissions", "--nosuch"], env);
      assert.match(wrong.stderr, /^error: unknown option '--nosuch'/);
      const { code, stdout } = await run(["permissions"], env);
      assert.deepEqual([code, JSON.parse(stdout).net.length], [0, 1]);
    }
  });

  test("an unusable setting is exit code 2 and one line that names it", async () => {
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ TOKEN_SDK_MODE: "canary" }, /^tokenize: TOKEN_SDK_MODE: .*have: dummy/],
      [{ PORT: "0" }, /^tokenize: PORT: /],
      [{ HOST: "a b" }, /^tokenize: HOST: /],
      [{ HOST: "0.0.0.0" }, /^tokenize: TRIGGER_TOKEN: .*HOST.*ALLOW_ANONYMOUS=true/],
      [{ TRIGGER_TOKEN: "with a blank canary" }, /^tokenize: TRIGGER_TOKEN: /],
      [{ TRIGGER_TOKEN: "short-canary" }, /^tokenize: TRIGGER_TOKEN: .*fewer than 16 characters/],
      [{ ALLOW_ANONYMOUS: "yes" }, /^tokenize: ALLOW_ANONYMOUS: /],
      [{ LOG_LEVEL: "loud" }, /^tokenize: LOG_LEVEL: .*debug, info, warn, error/],
      [{ LOG_FORMAT: "xml" }, /^tokenize: LOG_FORMAT: /],
      [{ ALLOWED_DATASETS: "customers" }, /^tokenize: ALLOWED_DATASETS: /],
      [{ PG_LOCK_TIMEOUT_MS: "-1" }, /^tokenize: PG_LOCK_TIMEOUT_MS: /],
      [{ PG_CONN_STR: "postgres://u:canary@h:99999/d" }, /^tokenize: PG_CONN_STR: /],
      [
        { PG_CONN_STR: "postgres://u:canary@h/d?nosuch=canary" },
        /^tokenize: PG_CONN_STR: .*parameter/,
      ],
      [{ PG_CONN_STR: "host=*.internal user=u password=canary" }, /^tokenize: .*PG_CONN_STR/],
      [{ PG_CONN_STR: "host='a b' user=u password=canary" }, /^tokenize: .*PG_CONN_STR/],
    ];
    await Promise.all(wrong.map(async ([env, line]) => {
      const { code, stdout, stderr } = await run(["permissions"], env);
      assert.deepEqual([code, stdout], [2, ""], JSON.stringify(env));
      assert.match(stderr, line);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    }));
  });

  test("all faults of the configuration are reported at once, before anything starts", async () => {
    const env = { PORT: "x", LOG_LEVEL: "x", TOKEN_SDK_MODE: "x", PG_CONN_STR: "canary" };
    const { code, stderr } = await run(["serve"], env);
    assert.equal(code, 2);
    const named = stderr.trimEnd().split("\n").map((line) => /^tokenize: (\w+): /.exec(line)?.[1]);
    assert.deepEqual(named.toSorted(), Object.keys(env).toSorted());
  });

  test("an empty variable counts as unset", async () => {
    const names = ["PG_CONN_STR", "TRIGGER_TOKEN", "HOST", "PORT", "LOG_LEVEL", "TOKEN_SDK_MODE"];
    const env = Object.fromEntries(names.map((name) => [name, ""]));
    const { code, stdout } = await run(["permissions"], env);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).net.map(({ host }: { host: string }) => host), [
      "127.0.0.1:8080",
    ]);
  });

  test("permissions prints each host and port with its reason, and what is denied", async () => {
    const { code, stdout, stderr } = await run(["permissions"], {
      HOST: "0.0.0.0",
      PORT: "9000",
      TRIGGER_TOKEN: "canary-trigger-token",
      PG_CONN_STR: "postgres://user:canary@db.internal:6432/app",
    });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(JSON.parse(stdout), {
      net: [
        { host: "0.0.0.0:9000", why: "listen for requests (HOST, PORT)" },
        { host: "db.internal:6432", why: "Postgres (PG_CONN_STR)" },
      ],
      denied: ["env", "read", "write", "run", "ffi", "sys", "import"],
      warnings: ["dummy_tokens"],
    });
  });

  test("permissions prints IPv6 addresses in brackets, and an address with two uses once", async () => {
    const list = async (env: Record<string, string>) =>
      JSON.parse((await run(["permissions"], env)).stdout).net;
    assert.deepEqual(await list({ HOST: "::1", PG_CONN_STR: "postgres://u@[::1]:5432/d" }), [
      { host: "[::1]:8080", why: "listen for requests (HOST, PORT)" },
      { host: "[::1]:5432", why: "Postgres (PG_CONN_STR)" },
    ]);
    assert.deepEqual(await list({ HOST: "[::1]", PORT: "5432", PG_CONN_STR: "host=::1 user=u" }), [
      { host: "[::1]:5432", why: "listen for requests (HOST, PORT); Postgres (PG_CONN_STR)" },
    ]);
  });
}
