/**
 * What a person sees, compared whole with what is kept in `screens`: on a narrow and on a wide terminal, on one
 * that cannot draw, and without a terminal. With UPDATE_SCREENS=1 it is kept as it is now, to be read in the diff.
 */
import assert from "node:assert/strict";
import { urnOf, useDatabase } from "../support/action_fixture.ts";
import { type Environment, fromSource, runProgram } from "../support/program.ts";
import { testUnless } from "../support/skipping.ts";
import { runOnTerminal, whyNoTerminal } from "../support/terminal.ts";

/** The name is part of what is shown, and of where lines are broken. */
const database = await useDatabase({ name: "screens_of_tokenize" });
const { sql } = database;

const people = dataset("people", "email,phone");
const SCENES: Readonly<Record<string, readonly string[]>> = {
  run: ["run", "--yes", ...people],
  "dry run": ["run", "--dry-run", ...people],
  "failed run": ["run", "--yes", ...dataset("people", "emial,phone")],
  plan: ["plan", "--show-shapes", ...people],
  "plan with an obstacle": ["plan", ...dataset("people", "email,id")],
  verify: ["verify", ...dataset("done", "email,phone")],
  "verify of values": ["verify", ...people],
  doctor: ["doctor", ...people],
  help: ["--help"],
  "help of run": ["run", "--help"],
};

/** Each way to look at them: with so many columns, or without a terminal. */
const WAYS: Readonly<Record<string, { readonly columns?: number; readonly env?: Environment }>> = {
  "60 columns": { columns: 60 },
  "160 columns": { columns: 160 },
  "TERM=dumb": { columns: 80, env: { TERM: "dumb" } },
  "no terminal": {},
};

const env = { PG_CONN_STR: database.url };

for (const [scene, args] of Object.entries(SCENES)) {
  testUnless(whyNoTerminal, `${scene} is shown as it is kept in screens`, async () => {
    const shown: string[] = [];
    for (const [way, { columns, env: more }] of Object.entries(WAYS)) {
      await makeTables();
      const text = columns === undefined
        ? await withoutTerminal(args)
        : await onTerminal(args, { ...env, ...more }, columns);
      shown.push(`=== ${way}\n${withoutVariableParts(text)}`);
    }
    await assertKept(scene, shown.join("\n"));
  });
}

async function onTerminal(args: readonly string[], env: Environment, columns: number) {
  const { code, raw, screen } = await runOnTerminal(fromSource, args, env, undefined, { columns });
  // deno-lint-ignore no-control-regex
  if (env.TERM === "dumb") assert.doesNotMatch(raw.replaceAll("\r\n", ""), /[\x00-\x1f\x7f]/);
  const tooLong = screen.split("\n").filter((line) => line.length > columns && !mayBeLong(line));
  assert.deepEqual(tooLong, [], `wider than ${columns} columns`);
  return `${screen}(exit code ${code})\n`;
}

/** Commands to copy, what is one line for the sake of other programs, and long words. */
function mayBeLong(line: string): boolean {
  return /^ +[A-Z]+ \(|^ +--urn "|^tokenize: |^\d\d:\d\d:\d\d\.\d{3} /.test(line) ||
    !/\S \S/.test(line.trim());
}

async function withoutTerminal(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(fromSource, args, env);
  return `--- standard output\n${stdout}--- standard error\n${stderr}(exit code ${code})\n`;
}

/** Lines of doctor that depend on the machine, and figures and names that are others each time. */
function withoutVariableParts(text: string): string {
  const { port } = new URL(database.url);
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "THE-ID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "THE-TIME")
    .replaceAll(/^\d\d:\d\d:\d\d\.\d{3}/gm, "THE:TIME")
    .replaceAll(/\b\d+(\.\d+)? m?s\b/g, "N ms")
    .replaceAll(/"(elapsed_ms|elapsedMs|ms|count|seconds|disk_bytes|wal_bytes)":[\d.]+/g, '"$1":N')
    .replaceAll(/[\d.]+ KiB/g, "N KiB")
    .replaceAll(/PostgreSQL [\d.]+/g, "PostgreSQL N")
    .replaceAll(`:${port}`, ":PORT")
    .replaceAll(/^. (open files|memory) [^\n]*\n(?: {6,}[^\n]*\n)*/gm, "… $1 …\n")
    .replaceAll(/\{"check":"(open files|memory)"[^{}]*\}/g, '{"check":"$1"}');
}

async function assertKept(scene: string, shown: string): Promise<void> {
  const file = new URL(`screens/${scene.replaceAll(" ", "_")}.txt`, import.meta.url);
  if (Deno.env.get("UPDATE_SCREENS") === "1") await Deno.writeTextFile(file, shown);
  const kept = await Deno.readTextFile(file);
  assert.deepEqual(shown.split("\n"), kept.split("\n"));
}

/** Values, and tokens that were never anything else. */
async function makeTables(): Promise<void> {
  const token = (column: string) =>
    `'tok_' || encode(convert_to(${column}, 'UTF8'), 'base64') || '_poc' as ${column}`;
  await sql.unsafe(`
    drop table if exists people, done;
    create table people as select n as id, 'user' || n || '@example.com' as email,
      case when n % 10 > 0 then '+49 151 ' || 1000000 + n end as phone
    from generate_series(1, 2000) as n;
    create table done as select id, ${token("email")}, ${token("phone")} from people;`);
  await sql.unsafe("vacuum people");
  await sql.unsafe("vacuum done");
}

function dataset(table: string, columns: string): string[] {
  return ["--urn", urnOf(`screens_of_tokenize.public.${table}`), "--columns", columns];
}
