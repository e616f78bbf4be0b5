/** Connection parameters mean what they mean to libpq, which is asked itself. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { gatherParameters } from "../../../src/platforms/postgres/connection/gather_parameters.ts";
import { readParameters } from "../../../src/platforms/postgres/connection/connection_string.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { ConfigError } from "../../../src/config_error.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { machineSource, settingsSource } from "../../../scripts/servers/test_keys.ts";
import { LIBPQ_PARAMETERS } from "../../../src/platforms/postgres/connection/parameters.ts";
import { openLibpq } from "../../support/libpq.ts";
import { holds, near, postgresText } from "../../support/properties.ts";
import { testUnless } from "../../support/skipping.ts";

const library = openLibpq();
const noLibrary = library === undefined ? "no libpq" : undefined;
const libpq = library!;

const RUNS = 2000;
const KEYWORDS = ["user", "password", "dbname", "host", "port", "options", "application_name"];
const word = postgresText.filter((text) => text !== "");
const blanks = fc.stringMatching(/^[ \t\n\v\f\r]{1,2}$/);

/** A value among keywords, in each way in which it can be written. */
const written = fc.tuple(word, fc.boolean()).map(([text, isQuoted]) => {
  const escaped = text.replace(/[\\']/g, "\\$&");
  const value = isQuoted ? `'${escaped}'` : escaped.replace(/[ \t\n\v\f\r]/g, "\\$&");
  return { text, value };
});

testUnless(noLibrary, "keywords with any values are read as by libpq", async () => {
  const pair = fc.tuple(fc.constantFrom(...KEYWORDS), written, blanks, blanks);
  await holds(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 5 }), (pairs) => {
      const text = pairs.map(([name, { value }, before, after]) =>
        `${before}${name}${after}=${before}${value}${after}`
      ).join("");
      const read = readParameters(text);
      assert.deepEqual(read, libpq.parse(text));
      for (const [name, value] of read) {
        assert.equal(value, pairs.findLast(([each]) => each === name)?.[1].text);
      }
    }),
    RUNS,
  );
});

testUnless(noLibrary, "URLs with any parts are read as by libpq", async () => {
  const server = fc.tuple(fc.constantFrom("", "h", "db.example.com", "[::1]", "%2Frun"), fc.nat());
  const more = fc.tuple(fc.constantFrom("options", "sslmode", "application_name"), word);
  await holds(
    fc.property(
      fc.tuple(word, word, word),
      fc.array(server, { minLength: 1, maxLength: 3 }),
      fc.array(more, { maxLength: 2 }),
      (words, servers, query) => {
        const [user, password, database] = words.map(encodeURIComponent);
        const hosts = servers.map(([host, port]) => port % 3 === 0 ? host : `${host}:${port}`);
        const pairs = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
        const url = `postgresql://${user}:${password}@${hosts}/${database}?${pairs.join("&")}`;
        const read = readParameters(url);
        assert.deepEqual(read, libpq.parse(url));
        assert.equal(read.get("password"), words[1]);
      },
    ),
    RUNS,
  );
});

const DOCUMENTED = [
  "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
  "postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp",
  "postgresql:///mydb?host=localhost&port=5433",
  "postgresql://[2001:db8::1234]/database",
  "postgresql://ada:a%20b@%2Fvar%2Flib%2Fpostgresql/dbname?ssl=true",
  "host=localhost port=5432 dbname=mydb connect_timeout=10",
  String.raw`user=ada password='it\'s a \\ secret' dbname = 'my db'`,
];

testUnless(noLibrary, "what libpq reads is read to the same effect, or refused", async () => {
  // an "@" in a URL's password may be left as it is, which libpq does not know
  const text = near(DOCUMENTED, "@:/?&=%,[]' \\\t#")
    .filter((each) => each.isWellFormed() && !/@.*@|\0/s.test(each))
    // older ones take blanks in a URL as they are
    .filter((each) => libpq.version >= 18 || !/^postgres.* /s.test(each));
  let equal = 0;
  await holds(
    fc.property(text, (text) => {
      const expected = libpq.parse(text);
      if (expected === undefined) return;
      try {
        const read = gatherParameters(text, settingsReader(settingsSource({})));
        const set = Object.keys(LIBPQ_PARAMETERS).flatMap((name) => {
          const value = read.take(name);
          return value === undefined ? [] : [[name, value] as const];
        });
        const notEmpty = [...expected].filter(([, value]) => value !== "");
        assert.deepEqual(new Map(set), new Map(notEmpty));
        equal++;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }),
    RUNS,
  );
  assert.ok(equal > RUNS / 10, `${equal} were read`);
});

const dir = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

/** What libpq makes of it with these variables. */
function asLibpq(text: string, variables: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    return libpq.connect(text);
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}

async function privateFile(name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${dir}/${name}`, text, { mode: 0o600 });
  return `${dir}/${name}`;
}

testUnless(
  noLibrary,
  "the connection string counts before its service, and that before variables",
  async () => {
    const serviceFile = await privateFile(
      "service",
      "# ours\n[other]\nuser=eve\n\n[ours]\nuser=ada\n  dbname= spaced\nport=1\nuser=eve\n[ours]\nuser=eve\n",
    );
    const variables = {
      PGSERVICEFILE: serviceFile,
      PGHOST: "127.0.0.1",
      PGPORT: "2",
      PGUSER: "grace",
      PGDATABASE: "app",
      PGAPPNAME: "an app",
      PGOPTIONS: "-c geqo=off",
      PGSSLMODE: "disable",
      PGCONNECT_TIMEOUT: "3",
      PGTARGETSESSIONATTRS: "primary",
    };
    const names = ["host", "port", "user", "dbname", "application_name", "options", "sslmode"]
      .concat("connect_timeout", "target_session_attrs");
    for (const text of ["postgres://", "postgres://me@/?service=ours", "dbname=x service=ours"]) {
      const expected = asLibpq(text, variables);
      const read = gatherParameters(text, settingsReader(machineSource(variables)));
      for (const name of names) {
        assert.equal(
          read.take(name),
          expected.get(name),
          `${name} of ${text}`,
        );
      }
    }
    const byVariable = { ...variables, PGSERVICE: "ours" };
    const read = gatherParameters("postgres://", settingsReader(machineSource(byVariable)));
    const expected = asLibpq("postgres://", byVariable);
    for (const name of names) assert.equal(read.take(name), expected.get(name), name);
  },
);

testUnless(noLibrary, "passwords are found in password files as by libpq", async () => {
  const field = (...texts: string[]) =>
    fc.tuple(fc.constantFrom("*", ...texts), fc.boolean())
      .map(([text, isEscaped]) => isEscaped ? text.replace(/[:\\]/g, "\\$&") : text);
  const name = field("app", "ada", "a:b", "a\\b");
  const whole = fc.tuple(
    field("h", "127.0.0.1"),
    field("1", "2"),
    name,
    name,
    field("p w", "a:b", ""),
  );
  const line = fc.oneof(whole, fc.array(name, { maxLength: 6 })).map((fields) => fields.join(":"));
  const names = fc.constantFrom("app", "ada", "a:b", "a\\b");
  let found = 0;
  await holds(
    fc.asyncProperty(
      fc.array(line, { maxLength: 6 }),
      names,
      names,
      async (lines, user, database) => {
        const file = await privateFile("pgpass", lines.join("\n"));
        const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
        const text = `host=h hostaddr=127.0.0.1 port=1 user=${quoted(user)} ` +
          `dbname=${quoted(database)} passfile=${quoted(file)} sslmode=disable`;
        const expected = libpq.connect(text).get("password") || undefined;
        const read = parsePostgresSettings(text, settingsReader(machineSource({})));
        assert.equal(read.servers[0]!.password || undefined, expected);
        if (expected !== undefined) found++;
      },
    ),
    500,
  );
  assert.ok(found > 20, `${found} were found`);
});
