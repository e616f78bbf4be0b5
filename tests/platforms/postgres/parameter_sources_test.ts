/** Where connection parameters come from beside the connection string, and what each fault is called. */
import assert from "node:assert/strict";
import { settingsSource } from "../../../scripts/servers/test_keys.ts";
import { ConfigError } from "../../../src/config_error.ts";
import { parsePostgresSettings } from "../../../src/platforms/postgres/connection/settings.ts";
import { settingsReader } from "../../../src/settings_reader.ts";
import { makePemTexts } from "../../support/pem_texts.ts";

const { ca: CA, cert: ME, key: KEY } = await makePemTexts();
const OTHER = ME;

type Texts = Readonly<Record<string, string>>;

/** The settings with these variables and files, of which the ones in `open` can be read by others. */
function read(value: string, variables: Texts, files: Texts = {}, open: readonly string[] = []) {
  const source = settingsSource(variables, files);
  const permissions = (path: string) => ({
    ...source.permissions(path),
    mode: open.includes(path) ? 0o644 : 0o600,
  });
  return parsePostgresSettings(value, settingsReader({ ...source, permissions }));
}

/** The faults, each as `VARIABLE: reason`. */
function faultOf(value: string, variables: Texts, files: Texts = {}, open: readonly string[] = []) {
  try {
    read(value, variables, files, open);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  return assert.fail("it was read");
}

const HOME = "/home/ada";

Deno.test("with nothing in the connection string, everything comes from variables", () => {
  const settings = read("postgres://", {
    PGHOST: "db1,db2",
    PGHOSTADDR: "10.0.0.1,10.0.0.2",
    PGPORT: "1,2",
    PGUSER: "ada",
    PGPASSWORD: "p",
    PGDATABASE: "app",
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "/ca.pem",
    PGSSLCERT: "/me.pem",
    PGSSLKEY: "/my.key",
    PGSSLNEGOTIATION: "direct",
    PGCHANNELBINDING: "disable",
    PGTARGETSESSIONATTRS: "primary",
    PGLOADBALANCEHOSTS: "random",
    PGAPPNAME: "mine",
    PGCONNECT_TIMEOUT: "3",
    PGOPTIONS: "-c geqo=off",
    PGREQUIREAUTH: "md5",
    PGGSSENCMODE: "disable",
    PGCLIENTENCODING: "LATIN1",
  }, { "/ca.pem": CA, "/me.pem": ME, "/my.key": KEY });
  assert.deepEqual({ ...settings }, {
    servers: [
      { host: "db1", address: "10.0.0.1", port: 1, password: "p" },
      { host: "db2", address: "10.0.0.2", port: 2, password: "p" },
    ],
    user: "ada",
    database: "app",
    sslMode: "verify-full",
    sslRootCert: CA,
    sslCert: ME,
    sslKey: KEY,
    sslNegotiation: "direct",
    channelBinding: "disable",
    targetSessionAttrs: "primary",
    loadBalanceHosts: true,
    applicationName: "mine",
    connectTimeoutSeconds: 3,
    options: "-c geqo=off",
    requireAuth: ["md5"],
  });
});

Deno.test("a fault of a variable is reported under its name", () => {
  const faults: readonly (readonly [Texts, string])[] = [
    [{ PGPORT: "x" }, "PGPORT: it is not a whole number from 1 to 65535"],
    [
      { PGSSLMODE: "on" },
      "PGSSLMODE: it is not one of disable, allow, prefer, require, verify-ca, ",
    ],
    [{ PGHOST: "/run" }, "PGHOST: it is a Unix socket"],
    [{ PGREQUIREAUTH: "x" }, "PGREQUIREAUTH: it is not a list of different methods"],
    [{ PGSSLROOTCERT: "/no" }, "PGSSLROOTCERT: the file that sslrootcert names does not exist"],
    [{ PGSSLKEY: "/no" }, "PGSSLKEY: sslcert and sslkey go together"],
    [{ PGSSLCRL: "/crl" }, 'PGSSLCRL: parameter "sslcrl" is not supported'],
    [{ PGSSLSNI: "0" }, "PGSSLSNI: sslsni can only be 1"],
    [{ PGPASSFILE: "/no" }, "PGPASSFILE: the file that passfile names does not exist"],
    [{ PGSERVICE: "ours" }, "PGSERVICE: no service file has the service that it names"],
  ];
  for (const [variables, expected] of faults) {
    const fault = faultOf("postgres://ada@", variables);
    assert.ok(fault.startsWith(expected), fault);
  }
});

Deno.test("variables do not count for what the connection string says", () => {
  const value = "postgres://ada:p@h:1/x?sslmode=require";
  const variables = { PGHOST: "no", PGPORT: "2", PGUSER: "no", PGPASSWORD: "no", PGSSLMODE: "no" };
  assert.deepEqual(read(value, variables), read(value, {}));
});

const SERVICES = "[app]\nhost=db\nuser=ada\n[secret]\nuser=ada\npassword=canary\n[bad]\nuser\n" +
  "[nested]\nservice=app\n[directory] # as libpq reads it\nldap://ldap.example.com/dc=x?y?one?(z=1)\n[unknown]\nnosuch=1\n[port]\nport=x\n";

Deno.test("a service is found in the user's file, then in the system's", () => {
  const own = { [`${HOME}/.pg_service.conf`]: "[mine]\nuser=me\n" };
  const system = { "/etc/pg/pg_service.conf": SERVICES };
  const variables = { HOME, PGSYSCONFDIR: "/etc/pg" };
  assert.equal(read("service=mine", variables, { ...own, ...system }).user, "me");
  const app = read("postgres:///?service=app", variables, { ...own, ...system });
  assert.deepEqual([app.user, app.servers[0]!.host], ["ada", "db"]);
  const named = read("service=app servicefile=/services", {}, { "/services": SERVICES });
  assert.equal(named.user, "ada");
});

Deno.test("a service that cannot be used is named by what is wrong with it", () => {
  const files = { "/services": SERVICES };
  const variables = { PGSERVICEFILE: "/services" };
  const faultIn = (service: string) => faultOf(`service=${service}`, variables, files);
  assert.equal(faultIn("none"), "PG_CONN_STR: no service file has the service that it names");
  for (const service of ["bad", "nested"]) {
    assert.match(faultIn(service), /^PG_CONN_STR: the service file is not made of \[service\] and/);
  }
  assert.equal(
    faultIn("directory"),
    "PG_CONN_STR: the service file leads to an LDAP server, which is not supported",
  );
  assert.match(faultIn("unknown"), /: its service has a parameter that libpq does not know$/);
  assert.match(faultIn("port"), /: the service's port is not a whole number from 1 to 65535$/);
  assert.equal(read("service=secret", variables, files).servers[0]!.password, "canary");
  assert.match(
    faultOf("service=secret", variables, files, ["/services"]),
    /^PG_CONN_STR: the service file can be read by others: run "chmod 600" on it/,
  );
});

Deno.test("the password file counts if there is no password, and nobody else may read it", () => {
  const file = `${HOME}/.pgpass`;
  const files = { [file]: "h:5432:x:ada:canary\n", "/other": "*:*:*:*:other\n" };
  const passwordOf = (value: string, variables: Texts) =>
    read(value, variables, files).servers[0]!.password;
  assert.equal(passwordOf("postgres://ada@h/x", { HOME }), "canary");
  assert.equal(passwordOf("postgres://ada@h/y", { HOME }), undefined);
  assert.equal(passwordOf("postgres://ada:p@h/x", { HOME }), "p");
  assert.equal(passwordOf("postgres://ada@h/x", { HOME, PGPASSFILE: "/other" }), "other");
  assert.equal(passwordOf("postgres://ada@h/x?passfile=/other", { HOME }), "other");
  assert.equal(passwordOf("postgres://ada@h/x", { HOME: "/nobody" }), undefined);
  assert.equal(passwordOf("postgres://ada@h/x", { HOME, PGPASSFILE: "/dev/null" }), undefined);
  assert.match(
    faultOf("postgres://ada@h/x", { HOME }, files, [file]),
    /^PG_CONN_STR: ~\/\.pgpass can be read by others: run "chmod 600" on it/,
  );
});

Deno.test("certificates and the key are looked for where libpq looks, unless TLS is switched off", () => {
  const files = {
    [`${HOME}/.postgresql/root.crt`]: CA,
    [`${HOME}/.postgresql/postgresql.crt`]: ME,
    [`${HOME}/.postgresql/postgresql.key`]: KEY,
    "/ca.pem": OTHER,
  };
  const namesOf = (value: string, there: Texts = files) => {
    const { sslMode, sslRootCert, sslCert, sslKey } = read(value, { HOME }, there);
    return [sslMode, sslRootCert, sslCert, sslKey];
  };
  // "require" with a root certificate is "verify-ca", as in libpq
  assert.deepEqual(namesOf("user=ada sslmode=require"), ["verify-ca", CA, ME, KEY]);
  assert.deepEqual(namesOf("user=ada sslrootcert=/ca.pem"), ["prefer", OTHER, ME, KEY]);
  assert.deepEqual(namesOf("user=ada sslrootcert=system")[1], undefined);
  const none = [undefined, undefined, undefined];
  assert.deepEqual(namesOf("user=ada sslmode=disable"), ["disable", ...none]);
  assert.deepEqual(namesOf("user=ada", {}), ["prefer", ...none]);
  const key = `${HOME}/.postgresql/postgresql.key`;
  assert.deepEqual(namesOf("user=ada", { [key]: KEY }), ["prefer", ...none]);
  assert.match(
    faultOf("user=ada", { HOME }, files, [key]),
    /^PG_CONN_STR: ~\/\.postgresql\/postgresql\.key can be read by others/,
  );
});
