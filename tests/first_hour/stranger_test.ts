/**
 * A stranger with nothing but bash: from a clone to a table of their own that is tokenized, checked
 * and as it was again. All that is typed stands in README; what a reader is told to replace is
 * replaced. Only what a first build downloads is not counted: Deno and the packages are there.
 */
import assert from "node:assert/strict";
import { startPostgres } from "../../scripts/servers/postgres/postgres_server.ts";
import { openSql, type Sql } from "../../scripts/servers/postgres/sql.ts";
import { dockerEnvironment, whyNoDocker } from "../support/docker.ts";
import { testUnless } from "../support/skipping.ts";
import { whyNoTerminal } from "../support/terminal.ts";
import { openTypedShell, type TypedShell } from "../support/typed_shell.ts";
import { inPlaceOf, missingOf, ROOT, shellBlocks } from "./first_hour.ts";

const LIMIT_MINUTES = 5;
const TABLE = `
  CREATE SCHEMA crm;
  CREATE TABLE crm.people (
    id int PRIMARY KEY, full_name text NOT NULL, email varchar(120), phone text, notes jsonb,
    labels text[], CHECK (full_name <> ''));
  CREATE UNIQUE INDEX ON crm.people (email);
  CREATE VIEW crm.people_by_name AS SELECT full_name, id FROM crm.people;
  CREATE TABLE crm.orders (id int PRIMARY KEY, person int NOT NULL REFERENCES crm.people);
  INSERT INTO crm.people SELECT i, 'Person ' || i, 'person' || i || '@example.org',
    CASE WHEN i % 10 <> 0 THEN '+44 20 ' || i END, '{"vip": false}', '{a,b}'
    FROM generate_series(1, 1200) i;
  INSERT INTO crm.orders SELECT i, i FROM generate_series(1, 1200) i`;
/** What a system has that has next to nothing, besides what README asks for. */
const PROGRAMS = "awk bash cat chmod cp cut date dirname env expr find grep head id ln ls mkdir " +
  "mktemp mv od readlink rm sed sha256sum sleep sort stty tail tee touch tr tty uname wc git psql";

const missing = missingOf(["git", "psql"]);
const whyNot = missing.length > 0 ? `${missing.join(" and ")} not installed` : whyNoTerminal;

testUnless(
  whyNot,
  `a stranger's own table is tokenized with aes-siv, checked and restored in ${LIMIT_MINUTES} minutes`,
  () =>
    firstRun({ programs: PROGRAMS, variables: {} }, async (shell, build, clone) => {
      await Deno.symlink(new URL(".tools", ROOT), `${clone}/.tools`);
      await typeIn(shell, build);
    }),
);

testUnless(
  whyNot ?? await whyNoDocker(),
  `a stranger with Docker gets there in ${LIMIT_MINUTES} minutes, too`,
  () =>
    firstRun({
      programs: `${PROGRAMS} docker`,
      variables: dockerEnvironment(),
    }, async (shell, _, clone) => {
      await Deno.mkdir(`${clone}/.tools`);
      for await (const { name } of Deno.readDir(new URL(".tools", ROOT))) {
        if (!name.startsWith("denort-")) continue;
        await Deno.copyFile(new URL(`.tools/${name}`, ROOT), `${clone}/.tools/${name}`);
      }
      const [build] = await shellBlocks("docs/deployment.md", "Docker and a Postgres of your own");
      await typeIn(shell, build!);
    }),
);

/** From the clone to the restored table; `build` is typed, or what comes in its place. */
async function firstRun(
  { programs, variables }: {
    readonly programs: string;
    readonly variables: Readonly<Record<string, string>>;
  },
  typeBuild: (shell: TypedShell, build: string, clone: string) => Promise<void>,
): Promise<void> {
  await using server = await startPostgres();
  await using folder = await temporaryFolder();
  await using admin = openSql(server.url());
  await admin.unsafe("CREATE DATABASE shop");
  await using sql = openSql(server.url("shop"));
  await sql.unsafe(TABLE);
  const before = await rowsOf(sql);
  await publish(`${folder.path}/repository`);
  await using shell = await openTypedShell(folder.path, {
    PATH: await pathOf(programs, `${folder.path}/bin`),
    HOME: folder.path,
    ...variables,
    DENO_DIR: await denoDir(),
    LANG: "C.UTF-8",
    PGHOST: server.hostname,
    PGPORT: String(server.port),
    PGUSER: "postgres",
    PGPASSWORD: "postgres",
  });
  const blocks = await shellBlocks("README.md", "Your own Postgres in a minute");
  const [fetched, demonstration, role, run, left, back, ...more] = blocks;
  assert.deepEqual(more, []);
  assert.match(demonstration!, /^createdb demo /, "which who has a table leaves out");
  const startedAt = performance.now();

  const [clone, build] = inPlaceOf("REPOSITORY", "repository", fetched!).trim().split("\n");
  await typeIn(shell, clone!);
  await typeBuild(shell, build!, `${folder.path}/tokenize-action`);
  await typeIn(
    shell,
    inPlaceOf(
      "schema=public table=customers columns=email,phone",
      "schema=crm table=people columns=full_name,email,phone",
      inPlaceOf("PGDATABASE=demo", "PGDATABASE=shop", role!),
    ),
  );

  const shown = await typeIn(shell, run!);
  assert.match(shown, /1,200 of 1,200 rows would be updated/);
  assert.match(shown, /^would update +1,200 rows$/m);
  assert.match(shown, /^updated +1,200 rows$[\s\S]+^updated +0 rows$/m);
  const after = await rowsOf(sql);
  assert.deepEqual(after.map(othersOf), before.map(othersOf));
  for (const { id, full_name, email, phone } of after) {
    for (const value of [full_name, email, phone]) {
      assert.match(value ?? "tk1_siv_g_", /^tk1_siv_g_/, `of ${id}`);
    }
  }

  assert.match(await typeIn(shell, left!), /^verdict +✓ clean$/m);
  const readBack = await typeIn(shell, back!);
  assert.match(readBack, /(?:^"?Person \d+"?\n){3}/m);
  assert.match(readBack, /^restored +1,200 rows$/m);
  assert.deepEqual(await rowsOf(sql), before);

  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`from the clone to the restored table: ${seconds.toFixed(0)} s`);
  assert.ok(seconds < LIMIT_MINUTES * 60, `it took ${seconds} s`);
}

/** Types commands, each of which must succeed. */
async function typeIn(shell: TypedShell, commands: string): Promise<string> {
  const { codes, screen } = await shell.type(commands, LIMIT_MINUTES * 60_000);
  assert.ok(codes.length > 0 && codes.every((code) => code === 0), `${codes}: ${screen}`);
  return screen;
}

interface Person {
  readonly id: number;
  readonly notes: unknown;
  readonly labels: unknown;
  readonly full_name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
}

function othersOf({ id, notes, labels }: Person) {
  return { id, notes, labels };
}

async function rowsOf(sql: Sql): Promise<Person[]> {
  return [...await sql<Person[]>`select * from crm.people order by id`].map((row) => ({ ...row }));
}

/** A repository with what git keeps of this one, as it is now. */
async function publish(path: string): Promise<void> {
  const from = ROOT.pathname;
  const command = `mkdir "$1" && git -C "$0" ls-files -z |
    while IFS= read -r -d '' file; do [ ! -e "$0/$file" ] || printf '%s\\0' "$file"; done |
    tar -C "$0" --null --files-from - --create | tar -C "$1" --extract
    cd "$1" && git init --quiet && git add --all &&
    git -c user.name=a -c user.email=a@example.com -c commit.gpgsign=false commit --quiet --message all`;
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", command, from, path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A folder for PATH with those of the programs that are here, and no others. */
async function pathOf(programs: string, folder: string): Promise<string> {
  await Deno.mkdir(folder);
  for (const program of programs.split(" ").filter((each) => missingOf([each]).length === 0)) {
    const { stdout } = await new Deno.Command("bash", { args: ["-c", `type -P ${program}`] })
      .output();
    await Deno.symlink(new TextDecoder().decode(stdout).trim(), `${folder}/${program}`);
  }
  return folder;
}

/** Where this Deno keeps the packages that it has downloaded. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
