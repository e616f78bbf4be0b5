/** The parsers accept any string, and return a result or throw one of our own errors. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  FABRICS,
  parseDatasetUrn,
  spellings,
  splitUrnList,
} from "../../src/datahub/dataset_urn.ts";
import { parseColumns } from "../../src/datahub/schema_field.ts";
import { ConfigError } from "../../src/config_error.ts";
import { ServiceError } from "../../src/errors.ts";
import { parseDatabricksSettings } from "../../src/platforms/databricks/connection/settings.ts";
import { parsePostgresSettings } from "../../src/platforms/postgres/connection/settings.ts";
import { readKeys } from "../../src/tokens/keyed/key_set.ts";
import { anyString, anyText, holds, near, postgresText } from "../support/properties.ts";
import { hmacJwk, jwkSet, settingsReader, sivJwk } from "../../scripts/servers/test_keys.ts";

const RUNS = 3000;
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const FIELD = `urn:li:schemaField:(${URN},[version=2.0].[type=struct].[type=string].email)`;
const JDBC = "jdbc:databricks://adb-1.azuredatabricks.net:443/default;httpPath=/sql/1.0/x;" +
  "AuthMech=11;Auth_Flow=1;OAuth2ClientId=client;OAuth2Secret=canary;ConnCatalog=main";
const PG_URL = "postgres://user:can%40ary@[::1]:5432/app?sslmode=verify-full&connect_timeout=3";
const PG_WORDS = "host=db.example.com dbname='my app' user=me password='can\\'ary' port=5433";
const KEYS = jwkSet(await hmacJwk("h1"), await sivJwk("s1"));

/** Each parser, texts that it takes, and what separates their parts. */
const PARSERS: Readonly<
  Record<string, readonly [parse: (text: string) => unknown, texts: string[], alphabet: string]>
> = {
  "dataset URNs": [parseDatasetUrn, [URN], "(),:%.% 2C"],
  "columns": [
    (text) => parseColumns([text], parseDatasetUrn(URN)),
    [FIELD, "email", "[version=2.0].[type=string].email"],
    "(),:%[]=.",
  ],
  "lists": [splitUrnList, [`email,${FIELD}`, "a, b"], "(), "],
  "JDBC URLs": [parseDatabricksSettings, [JDBC], ";=:/@%[] "],
  "Postgres connection strings": [
    (text) => parsePostgresSettings(text, settingsReader({})),
    [PG_URL, PG_WORDS],
    ":/@?&=%'\\[] ,",
  ],
  "key sets": [
    (text) => readKeys(settingsReader({ TOKEN_KEYS_FILE: "/keys" }, { "/keys": text }), "HS256"),
    [KEYS],
    '{}[]":,\\-_=',
  ],
};

for (const [title, [parse, texts, alphabet]] of Object.entries(PARSERS)) {
  Deno.test(`${title}: any string is parsed, or refused by an error of our own`, async () => {
    for (const text of texts) parse(text);
    const strings = fc.oneof(anyString, near(texts, alphabet), near(texts, alphabet), anyText);
    await holds(
      fc.property(strings, (text) => {
        try {
          parse(text);
        } catch (error) {
          if (!(error instanceof ServiceError || error instanceof ConfigError)) throw error;
          if (error instanceof ConfigError) assert.doesNotMatch(error.message, /can.{0,3}ary/s);
          else assert.match(error.message, /^Cannot /);
        }
      }),
      RUNS,
    );
  });
}

/** As DataHub's `UrnEncoder` writes a part. */
const encoded = (name: string) =>
  name.replaceAll(",", "%2C").replaceAll("(", "%28").replaceAll(")", "%29");

/** A name that something can have. */
const name = anyText.filter((text) =>
  text.trim() !== "" && text.isWellFormed() && !text.includes("\0")
);

Deno.test("a URN written as DataHub does is parsed into the same parts", async () => {
  await holds(
    fc.property(name, name, fc.constantFrom(...FABRICS), (name, column, fabric) => {
      const urn = `urn:li:dataset:(urn:li:dataPlatform:databricks,${encoded(name)},${fabric})`;
      const dataset = parseDatasetUrn(urn);
      assert.deepEqual([dataset.platform, dataset.fabric], ["databricks", fabric]);
      assert.ok(spellings(dataset.name).includes(name));
      fc.pre(!column.startsWith("[version=2.0]") && !column.startsWith("urn:li:schemaField:("));
      const written = [
        `urn:li:schemaField:(${urn},${encoded(column)})`,
        column,
      ];
      for (const each of written) {
        assert.ok(parseColumns([each], dataset)[0]!.names.includes(column));
      }
      const entries = splitUrnList([urn, written[0]].join(","));
      const isWhole = urn.trim() === urn; // an entry's outer blanks are not its own
      if (isWhole) assert.deepEqual(entries, [urn, written[0]]);
    }),
    RUNS,
  );
});

Deno.test("the parts of a Postgres connection string are parsed back, in both forms", async () => {
  const part = postgresText.filter((text) => text !== "");
  const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  await holds(
    fc.property(
      part,
      part,
      part,
      fc.integer({ min: 1, max: 65535 }),
      (user, password, name, port) => {
        const words = { user: quoted(user), password: quoted(password), dbname: quoted(name) };
        const [asUser, asPassword, asName] = [user, password, name].map(encodeURIComponent);
        const forms = [
          `postgres://${asUser}:${asPassword}@db.example.com:${port}/${asName}`,
          `host=db.example.com port=${port} ` +
          Object.entries(words).map(([key, value]) => `${key}=${value}`).join(" "),
        ];
        for (const form of forms) {
          const read = parsePostgresSettings(form, settingsReader({}));
          assert.deepEqual([read.database, read.user], [name, user]);
          const host = "db.example.com";
          assert.deepEqual(read.servers, [{ host, address: host, port, password }]);
        }
      },
    ),
    RUNS,
  );
});

Deno.test("the parts of a JDBC URL are parsed back", async () => {
  const part = fc.string({ unit: "grapheme-ascii", minLength: 1 })
    .map((text) => text.replaceAll(";", "").trim()).filter((text) => text !== "");
  const secret = part.map((text) => text.replaceAll(" ", "_")); // no token has blanks
  await holds(
    fc.property(
      secret,
      part,
      part,
      fc.integer({ min: 1, max: 65535 }),
      (token, catalog, schema, port) => {
        const read = parseDatabricksSettings(
          `jdbc:databricks://x.example.com:${port};httpPath=/sql/1.0/warehouses/a;AuthMech=3;UID=token;` +
            `pwd=${token};connCatalog=${catalog};CONNSCHEMA=${schema}`,
        );
        assert.deepEqual([read.host, read.port, read.httpPath, read.catalog, read.schema], [
          "x.example.com",
          port,
          "/sql/1.0/warehouses/a",
          catalog,
          schema,
        ]);
        assert.deepEqual(read.authentication, { kind: "token", token });
      },
    ),
    RUNS,
  );
});
