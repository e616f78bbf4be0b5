/**
 * The main job on your own screen: an embedded Postgres (PGlite) with 100 customers, and the program's own
 * commands with the token SDK aes-siv. Nothing of this is in the binary.
 */
import type { PGlite } from "@electric-sql/pglite";
import { freePort } from "./servers/free_port.ts";

const COLUMNS = "email,phone";
const TABLE = "app.public.customers";
const URN = `urn:li:dataset:(urn:li:dataPlatform:postgres,${TABLE},PROD)`;
const DATASET = ["--urn", URN, "--columns", COLUMNS];
/** How wide columns of the rows that are shown may be: all of it fits a terminal of 80. */
const WIDTHS = { id: 3, name: 14, email: 32, phone: 22 };

const BOLD = Deno.noColor ? ["", ""] as const : ["\x1b[1m", "\x1b[0m"] as const;
/** A trigger of the table that fails when most rows were written. */
const REFUSAL = `
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF OLD.id = 90 THEN RAISE EXCEPTION ''not this one''; END IF; RETURN NEW; END';
  CREATE TRIGGER refusal BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION refuse()`;

/** A worker that writes a dot each second, until it is told to stop; then it says whether it wrote any. */
const TICKER = `data:text/javascript,${
  encodeURIComponent(`
    let wrote = false;
    const dot = new TextEncoder().encode(".");
    const timer = setInterval(() => {
      wrote = true;
      Deno.stdout.writeSync(dot);
    }, 1000);
    self.onmessage = () => {
      clearInterval(timer);
      self.postMessage(wrote);
    };`)
}`;
let steps = 0;
/** The one session of PGlite keeps what a program prepared, and the next program would prepare it again. */
const FORGET = "DEALLOCATE ALL";

const folder = await Deno.makeTempDir({ prefix: "tokenize-demo-" });
let failed = true;
try {
  failed = !(await demo());
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (failed) console.error("\nThe demo did not go as it should: see the step above.");
Deno.exit(failed ? 1 : 0); // the socket server would wait for idle connections

async function demo(): Promise<boolean> {
  step("An embedded Postgres with 100 customers");
  const { database, port } = await ticking(startDatabase);
  const environment = {
    PG_CONN_STR: `postgres://postgres@127.0.0.1:${port}/app?sslmode=disable`,
    TOKEN_SDK_MODE: "aes-siv",
    TOKEN_KEYS_FILE: `${folder}/keys.json`,
    ALLOW_DETOKENIZE: "true",
    LOG_FORMAT: "text",
    LOG_LEVEL: "warn",
  };
  await showRows(database);
  console.log(`\nDataHub names the table so:\n$ urn='${URN}'`);

  step("A key, in a file that only you can read");
  await run(environment, ["keys", "new", "keys.json"]);

  step("What the program may reach: Deno's sandbox refuses all else");
  await run(environment, ["permissions"]);

  step("A change that is refused halfway leaves the table as it was");
  await database.exec(REFUSAL);
  const refused = await run({ ...environment, ALLOW_TRIGGERS: "true" }, ["run", ...DATASET]);
  await database.exec(`${FORGET}; DROP TRIGGER refusal ON customers`);
  const tokensLeft = await tokenCount(database);
  console.log(`${tokensLeft} of 100 rows hold a token: it was rolled back`);

  step("The job: tokenize e-mail addresses and phone numbers");
  const done = await run(environment, ["run", ...DATASET]);
  await database.exec(FORGET);
  await showRows(database);

  step("The same again: nothing is left to do");
  const again = await run(environment, ["run", ...DATASET]);

  step("Whoever has the key can read a token back");
  const { rows: [row] } = await database.query<{ email: string }>(
    "SELECT email FROM customers WHERE id = 1",
  );
  const read = await run(environment, ["detokenize"], `${row!.email}\n`);

  step("Next");
  console.log(next());
  return refused.code === 1 && tokensLeft === 0 && done.output.includes("100 rows") &&
    again.output.includes("0 rows") && read.output.includes("customer1@example.com");
}

async function startDatabase(): Promise<{ database: PGlite; port: number }> {
  const { PGlite } = await import("@electric-sql/pglite");
  const { PGLiteSocketServer } = await import("@electric-sql/pglite-socket");
  const database = await PGlite.create();
  // PGlite has one database, whose name is fixed when it is made
  await database.exec("UPDATE pg_database SET datname = 'app' WHERE datname = current_database()");
  for (const file of ["table.sql", "seed.sql"]) {
    await database.exec(
      await Deno.readTextFile(new URL(`../deploy/postgres/${file}`, import.meta.url)),
    );
  }
  const port = freePort();
  await new PGLiteSocketServer({ db: database, host: "127.0.0.1", port }).start();
  return { database, port };
}

/** Runs a command of the program itself, with the permissions that its binary has, and shows it. */
async function run(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  input = "",
): Promise<{ code: number; output: string }> {
  console.log(`$ ${shown(args)}${input === "" ? "" : "   # with the token on standard input"}`);
  const isTable = args[0] !== "detokenize";
  const child = new Deno.Command("bash", {
    args: [
      new URL("./tokenize.sh", import.meta.url).pathname,
      ...args,
      ...(isTable ? ["--output", "table"] : []),
    ],
    cwd: folder,
    env: { ...env, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(input));
  await stdin.close();
  const { code, stdout, stderr } = await ticking(() => child.output());
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  for (const line of output.trimEnd().split("\n")) console.log(folded(line));
  return { code, output };
}

/** The command as one would type it. */
function shown(args: readonly string[]): string {
  if (!args.includes(URN)) return `tokenize ${args.join(" ")}`;
  return `tokenize ${args[0]} --urn "$urn" --columns ${COLUMNS}`;
}

async function showRows(database: PGlite): Promise<void> {
  const columns = Object.keys(WIDTHS) as (keyof typeof WIDTHS)[];
  const { rows } = await database.query<Record<keyof typeof WIDTHS, string>>(
    "SELECT id::text, name, email, phone FROM customers ORDER BY customers.id LIMIT 3",
  );
  const header = Object.fromEntries(columns.map((name) => [name, name])) as typeof rows[number];
  for (const row of [header, ...rows]) {
    console.log(columns.map((name) => fitted(row[name], WIDTHS[name])).join("  ").trimEnd());
  }
  console.log("…");
}

async function tokenCount(database: PGlite): Promise<number> {
  const { rows: [row] } = await database.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM customers WHERE email LIKE 'tk1_%' OR phone LIKE 'tk1_%'",
  );
  return row!.count;
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** A line in lines of at most 80 characters. */
function folded(line: string): string {
  return line.match(/.{1,75}(?:\s|$)|\S{76,}/g)?.map((part) => part.trimEnd()).join("\n    ") ?? "";
}

/** Shows that something is going on, for as long as it takes more than a second. */
async function ticking<T>(work: () => Promise<T>): Promise<T> {
  const worker = new Worker(TICKER, { type: "module" }); // this thread may be busy
  try {
    return await work();
  } finally {
    const wrote = new Promise<boolean>((resolve) => worker.onmessage = ({ data }) => resolve(data));
    worker.postMessage("stop");
    if (await wrote) console.log();
    worker.terminate();
  }
}

/** The next command, which exists here. */
function next(): string {
  const build = Deno.env.has("MAKELEVEL") ? "make build" : "scripts/deno.sh task build";
  return `On a Postgres of yours: type

  ${build}

and paste from README.md, "Your own Postgres in a minute".`;
}

function step(title: string): void {
  steps++;
  console.log(`\n${BOLD[0]}${steps}. ${title}${BOLD[1]}`);
}
