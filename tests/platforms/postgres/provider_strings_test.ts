/**
 * Connection strings as hosts, poolers and drivers document them: each is read, or refused by what it
 * holds. Names and passwords in them are made up.
 */
import assert from "node:assert/strict";
import { settingsSource } from "../../../scripts/servers/test_keys.ts";
import { ConfigError } from "../../../src/config_error.ts";
import {
  parsePostgresSettings,
  type PostgresSettings,
  type Server,
} from "../../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { makePemTexts } from "../../support/pem_texts.ts";

type Read = Partial<Omit<PostgresSettings, "servers"> & Server>;
type Case = readonly [connectionString: string, outcome: Read | RegExp];

const { ca, cert, key } = await makePemTexts();
/** What every file holds. */
const PEM = cert + key + ca;

const password = "canary";
const RDS = "mydb.c9akciq32rgw.us-east-1.rds.amazonaws.com";
const CLUSTER = "mycluster.cluster-c9akciq32rgw.us-east-1.rds.amazonaws.com";
const READERS = "mycluster.cluster-ro-c9akciq32rgw.us-east-1.rds.amazonaws.com";
const AZURE = "mydemoserver.postgres.database.azure.com";
const SUPABASE = "aws-0-us-east-1.pooler.supabase.com";
const NEON = "ep-cool-darkness-123456.us-east-2.aws.neon.tech";
const AIVEN = "pg-demo-project.a.aivencloud.com";
const DIGITAL_OCEAN = "db-postgresql-nyc3-12345-do-user-1-0.b.db.ondigitalocean.com";

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "Amazon RDS": [
    [`postgres://master:canary@${RDS}:5432/mydb`, { host: RDS, user: "master", database: "mydb" }],
    [
      `host=${RDS} port=5432 dbname=mydb user=master password=canary ` +
      "sslrootcert=/certs/global-bundle.pem sslmode=verify-full",
      { host: RDS, sslMode: "verify-full", sslRootCert: PEM },
    ],
    [
      `host=${RDS} port=5432 sslmode=verify-full sslrootcert=/certs/global-bundle.pem dbname=mydb ` +
      `user=jane_doe password=canary:5432/?Action=connect&DBUser=jane_doe&X-Amz-Expires=900`,
      {
        user: "jane_doe",
        password: "canary:5432/?Action=connect&DBUser=jane_doe&X-Amz-Expires=900",
      },
    ],
    [
      "host=proxy.proxy-c9akciq32rgw.us-east-1.rds.amazonaws.com port=5432 dbname=mydb " +
      "user=master password=canary sslmode=require",
      { host: "proxy.proxy-c9akciq32rgw.us-east-1.rds.amazonaws.com", sslMode: "require" },
    ],
  ],
  "Amazon Aurora": [
    [`postgresql://master:canary@${CLUSTER}:5432/mydb?sslmode=require`, { host: CLUSTER }],
    [
      `postgresql://master:canary@${CLUSTER},${READERS}:5432/mydb?target_session_attrs=read-write`,
      { host: CLUSTER, port: 5432, targetSessionAttrs: "read-write" },
    ],
    [
      `jdbc:postgresql://${CLUSTER},${READERS}:5432/mydb?user=master&password=canary&` +
      "targetServerType=primary&loadBalanceHosts=true",
      /^it is neither a postgres:\/\/ URL nor a list of keyword=value pairs/,
    ],
  ],
  "Google Cloud SQL": [
    [
      "sslmode=verify-ca sslrootcert=/certs/server-ca.pem sslcert=/certs/client-cert.pem " +
      "sslkey=/certs/client-key.pem hostaddr=203.0.113.7 port=5432 user=postgres dbname=app " +
      "password=canary",
      { host: "203.0.113.7", sslMode: "verify-ca", sslCert: PEM, sslKey: PEM },
    ],
    [
      "host=127.0.0.1 sslmode=disable dbname=app user=postgres password=canary",
      { host: "127.0.0.1", sslMode: "disable" },
    ],
    [
      "host=/cloudsql/project:us-central1:instance dbname=app user=postgres password=canary",
      /^its host is a Unix socket, which the sandbox cannot be given: name a host and a port$/,
    ],
    [
      "postgres://postgres:canary@/app?host=/cloudsql/project:us-central1:instance",
      /^its host is a Unix socket/,
    ],
    [
      "user=postgres password=canary database=app host=/cloudsql/project:us-central1:instance",
      /^parameter "database" is not supported: dbname says it$/,
    ],
    [
      "postgresql+pg8000://postgres:canary@/app?unix_sock=/cloudsql/p:r:i/.s.PGSQL.5432",
      /^it is neither a postgres:\/\/ URL/,
    ],
  ],
  "Azure Database for PostgreSQL": [
    [
      `host=${AZURE} port=5432 dbname=postgres user=myadmin password=canary sslmode=require`,
      { host: AZURE, user: "myadmin", sslMode: "require" },
    ],
    [
      `postgresql://myadmin:canary@${AZURE}:5432/postgres?sslmode=require`,
      { host: AZURE, database: "postgres" },
    ],
    [
      `postgresql://myadmin%40mydemoserver:canary@${AZURE}:5432/postgres?sslmode=require`,
      { host: AZURE, user: "myadmin@mydemoserver" },
    ],
    [
      `postgresql://myadmin@mydemoserver:canary@${AZURE}:5432/postgres?sslmode=require`,
      { host: AZURE, user: "myadmin@mydemoserver" },
    ],
    [`host=${AZURE} port=6432 dbname=app user=myadmin password=canary`, { port: 6432 }],
    [
      `host=${AZURE} user=myadmin password=canary dbname=app sslmode=verify-full ` +
      "sslrootcert=/certs/DigiCertGlobalRootG2.crt.pem",
      { sslMode: "verify-full", sslRootCert: PEM },
    ],
    [
      `Server=${AZURE};Database=postgres;Port=5432;User Id=myadmin;Password=canary;Ssl Mode=Require;`,
      /^it holds a parameter that libpq does not know: put a password with blanks in single quotes$/,
    ],
  ],
  "Supabase": [
    [
      "postgresql://postgres:canary@db.abcdefghijklmnop.supabase.co:5432/postgres",
      { host: "db.abcdefghijklmnop.supabase.co", user: "postgres" },
    ],
    [
      `postgres://postgres.abcdefghijklmnop:canary@${SUPABASE}:6543/postgres`,
      { host: SUPABASE, port: 6543, user: "postgres.abcdefghijklmnop" },
    ],
    [
      `postgres://postgres.abcdefghijklmnop:canary@${SUPABASE}:5432/postgres`,
      { host: SUPABASE, port: 5432 },
    ],
    [
      `postgres://postgres.abcd:canary@${SUPABASE}:6543/postgres?pgbouncer=true&connection_limit=1`,
      { host: SUPABASE },
    ],
    [
      `postgres://postgres.abcd:canary@${SUPABASE}:6543/postgres?sslmode=require&supa=base-pooler.x`,
      { sslMode: "require" },
    ],
    [
      `postgres://postgres.abcd:canary@${SUPABASE}:6543/postgres?workaround=supabase-pooler.vercel`,
      { host: SUPABASE },
    ],
    [
      `postgres://postgres:canary@${SUPABASE}:6543/postgres?options=reference%3Dabcdefghijklmnop`,
      { options: "reference=abcdefghijklmnop" },
    ],
  ],
  "Neon": [
    [
      `postgresql://alex:canary@${NEON}/dbname?sslmode=require&channel_binding=require`,
      { host: NEON, sslMode: "require", channelBinding: "require" },
    ],
    [
      `postgresql://alex:canary@ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech/dbname?` +
      "sslmode=require&channel_binding=require",
      { channelBinding: "require" },
    ],
    [
      `postgresql://alex:canary@${NEON}/dbname?sslmode=verify-full&sslrootcert=system`,
      { sslMode: "verify-full", sslRootCert: undefined },
    ],
    [
      `postgresql://alex:canary@${NEON}/dbname?sslmode=require&options=endpoint%3Dep-cool-darkness-123456`,
      { options: "endpoint=ep-cool-darkness-123456" },
    ],
    [
      `postgresql://alex:endpoint=ep-cool-darkness-123456;canary@${NEON}/dbname?sslmode=require`,
      { password: "endpoint=ep-cool-darkness-123456;canary" },
    ],
    [
      `postgresql://alex:canary@${NEON}/dbname?endpoint=ep-cool-darkness-123456`,
      /^parameter "endpoint" is not supported: a host takes it within options: options=endpoint%3D/,
    ],
    [
      `postgresql+psycopg://alex:canary@${NEON}/dbname?sslmode=require&channel_binding=require`,
      /^it is neither a postgres:\/\/ URL/,
    ],
  ],
  "Heroku Postgres": [
    [
      "postgres://u1a2b3c4d5:canary@ec2-203-0-113-1.compute-1.amazonaws.com:5432/d1a2b3c4d5",
      { user: "u1a2b3c4d5", database: "d1a2b3c4d5", sslMode: "prefer" },
    ],
    [
      "postgres://u1a2:canary@ec2-203-0-113-1.compute-1.amazonaws.com:5432/d1a2?sslmode=require",
      { sslMode: "require" },
    ],
    [
      "postgres://u1a2:canary@ec2-203-0-113-1.compute-1.amazonaws.com:5432/d1a2?ssl=true",
      { sslMode: "require" },
    ],
    [
      "postgres://u1a2:canary@ec2-203-0-113-1.compute-1.amazonaws.com:5432/d1a2?sslmode=no-verify",
      /^its sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full$/,
    ],
  ],
  "Crunchy Bridge": [
    [
      "postgres://application:canary@p.abcdefghijklmnop.db.postgresbridge.com:5432/postgres",
      { host: "p.abcdefghijklmnop.db.postgresbridge.com", user: "application" },
    ],
    [
      "postgres://my_user:canary@p.abcdefghijklmnop.db.postgresbridge.com:5431/mydb",
      { port: 5431 },
    ],
  ],
  "Aiven": [
    [
      `postgres://avnadmin:canary@${AIVEN}:12691/defaultdb?sslmode=require`,
      { host: AIVEN, port: 12691, sslMode: "require" },
    ],
    [
      `host='${AIVEN}' port='12691' dbname='defaultdb' user='avnadmin' password='canary' ` +
      "sslmode='verify-ca' sslrootcert='/certs/ca.pem'",
      { host: AIVEN, sslMode: "verify-ca" },
    ],
    [
      `postgres://avnadmin:canary@${AIVEN}:12691,replica.a.aivencloud.com:12691/defaultdb?` +
      "sslmode=require&target_session_attrs=prefer-standby",
      { host: AIVEN, targetSessionAttrs: "prefer-standby" },
    ],
  ],
  "DigitalOcean": [
    [
      `postgresql://doadmin:canary@${DIGITAL_OCEAN}:25060/defaultdb?sslmode=require`,
      { host: DIGITAL_OCEAN, port: 25060 },
    ],
    [
      `postgresql://doadmin:canary@private-${DIGITAL_OCEAN}:25060/defaultdb?sslmode=require`,
      { host: `private-${DIGITAL_OCEAN}` },
    ],
    [
      `postgresql://doadmin:canary@${DIGITAL_OCEAN}:25061/mypool?sslmode=require`,
      { port: 25061, database: "mypool" },
    ],
    [
      `postgresql://doadmin:canary@${DIGITAL_OCEAN}:25060/defaultdb?sslmode=verify-full&` +
      "sslrootcert=/certs/ca-certificate.crt",
      { sslMode: "verify-full", sslRootCert: PEM },
    ],
  ],
  "Timescale": [
    [
      "postgres://tsdbadmin:canary@abc123.def456.tsdb.cloud.timescale.com:30133/tsdb?sslmode=require",
      { host: "abc123.def456.tsdb.cloud.timescale.com", port: 30133, database: "tsdb" },
    ],
    [
      "host=abc123.def456.tsdb.cloud.timescale.com port=30133 dbname=tsdb user=tsdbadmin " +
      "password=canary sslmode=require",
      { user: "tsdbadmin" },
    ],
  ],
  "PgBouncer": [
    ["host=127.0.0.1 port=6432 dbname=app user=app password=canary", { port: 6432 }],
    ["postgres://app:canary@127.0.0.1:6432/app?pgbouncer=true&statement_cache_size=0", {}],
    ["postgres://app:canary@pool.internal:6432/app?prepared_statements=false&pool=5", {}],
    ["host=/tmp port=6432 dbname=app user=app password=canary", /^its host is a Unix socket/],
  ],
  "node-postgres": [
    ["postgres://app:canary@db.internal/app?sslmode=require&uselibpqcompat=true", {}],
  ],
};

const count = Object.values(CASES).flat().length;

Deno.test("there are at least 45 documented connection strings", () => assert.ok(count >= 45));

for (const [provider, cases] of Object.entries(CASES)) {
  Deno.test(`connection strings of ${provider} are read, or refused by what they hold`, () => {
    for (const [connectionString, outcome] of cases) {
      if (outcome instanceof RegExp) {
        const reason = refusalOf(connectionString);
        assert.match(reason, outcome, connectionString);
        assert.ok(!reason.includes(password));
        continue;
      }
      const { servers, ...settings } = read(connectionString);
      const found: Read = { ...settings, ...servers[0]! };
      for (const [name, value] of Object.entries({ password, ...outcome })) {
        assert.equal(found[name as keyof Read], value, `${name} of ${connectionString}`);
      }
    }
  });
}

/** Any file below /certs can be read. */
function read(connectionString: string): PostgresSettings {
  const source = {
    ...settingsSource({}),
    file: (path: string) => path.startsWith("/certs/") ? PEM : assert.fail(path),
    permissions: () => ({ mode: 0o600, uid: 1000 }),
  };
  return parsePostgresSettings(connectionString, settingsReader(source));
}

function refusalOf(connectionString: string): string {
  try {
    read(connectionString);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults[0]!.reason;
  }
  return assert.fail(`it was read: ${connectionString}`);
}
