/** Connection strings are read as by libpq, and no error contains the password. */
import assert from "node:assert/strict";
import { settingsReader } from "../../../src/settings_reader.ts";
import { ConfigError } from "../../../src/config_error.ts";
import {
  parsePostgresSettings,
  type PostgresSettings,
  type Server,
} from "../../../src/platforms/postgres/connection/settings.ts";
import { makePemTexts } from "../../support/pem_texts.ts";
import { SSL_MODES } from "../../../src/platforms/postgres/connection/tls_settings.ts";

const pem = await makePemTexts();
const noFiles = (path: string): string => assert.fail(`it read ${path}`);
/** Files of which nobody else may read any. */
function filesOf(file: (path: string) => string) {
  const permissions = () => ({ mode: 0o600, uid: 1000 });
  return settingsReader({ variable: () => undefined, file, permissions });
}

const read = (value: string) => parsePostgresSettings(value, filesOf(noFiles));

/** The settings of one server. */
type OneServer = Omit<PostgresSettings, "servers"> & Omit<Server, "address">;

const DEFAULTS: OneServer = {
  host: "localhost",
  port: 5432,
  database: "ada",
  user: "ada",
  password: undefined,
  sslMode: "prefer",
  sslNegotiation: "postgres",
  channelBinding: "prefer",
  requireAuth: undefined,
  sslRootCert: undefined,
  sslCert: undefined,
  sslKey: undefined,
  connectTimeoutSeconds: 10,
  applicationName: "tokenize-action",
  options: undefined,
  targetSessionAttrs: "any",
  loadBalanceHosts: false,
};

const GOOD: Readonly<Record<string, [value: string, settings: Partial<OneServer>]>> = {
  "a URL with nothing but a user": ["postgres://ada@", {}],
  "the other scheme": ["postgresql://ada@/", {}],
  "a whole URL": [
    "postgres://ada:secret@db.example.com:6543/app?sslmode=verify-full&application_name=x",
    {
      host: "db.example.com",
      port: 6543,
      database: "app",
      password: "secret",
      sslMode: "verify-full",
      applicationName: "x",
    },
  ],
  "a percent-encoded URL": [
    "postgres://a%40b:p%3Aw%2F%3F%23%25%20@h/my%20db%2Fx",
    { host: "h", user: "a@b", password: "p:w/?#% ", database: "my db/x" },
  ],
  "an @ in the password": ["postgres://ada:a@b@h/x", { host: "h", password: "a@b", database: "x" }],
  "a # and a ? in the password": ["postgres://ada:a#b?c@h/x", {
    host: "h",
    password: "a#b?c",
    database: "x",
  }],
  "an IPv6 host": ["postgres://ada@[::1]:5433/x", { host: "::1", port: 5433, database: "x" }],
  "a host in the query": ["postgres://ada@/x?host=h&port=1", { host: "h", port: 1, database: "x" }],
  "all in the query": ["postgres:///?user=ada&password=p%26w&dbname=x", {
    password: "p&w",
    database: "x",
  }],
  "a plus in the query, which is not a space": ["postgres://ada@/x?password=a+b", {
    database: "x",
    password: "a+b",
  }],
  "the query before the rest": ["postgres://eve:no@other/y?user=ada&host=h&dbname=x&password=p", {
    host: "h",
    database: "x",
    password: "p",
  }],
  "JDBC's ssl=true": ["postgres://ada@h/x?ssl=true", {
    host: "h",
    database: "x",
    sslMode: "require",
  }],
  "parameters that have no effect": [
    "postgres://ada@h/x?keepalives=1&gssencmode=disable&sslsni=1&sslcertmode=allow" +
    "&requirepeer=postgres&krbsrvname=pg&gsslib=gssapi&gssdelegation=1&client_encoding=utf8" +
    "&ssl_min_protocol_version=TLSv1.2&max_protocol_version=3.2&sslcompression=0",
    { host: "h", database: "x" },
  ],
  "keywords": [
    "host=h port=6543 dbname=app user=ada password=secret sslmode=disable connect_timeout=3",
    {
      host: "h",
      port: 6543,
      database: "app",
      password: "secret",
      sslMode: "disable",
      connectTimeoutSeconds: 3,
    },
  ],
  "keywords with spaces": [" user = ada  dbname= x host =h ", { host: "h", database: "x" }],
  "quoted keywords": [String.raw`user=ada password='it\'s a \\ secret' dbname='my db'`, {
    password: String.raw`it's a \ secret`,
    database: "my db",
  }],
  "escaped keywords": [String.raw`user=ada password=a\ b\'c dbname=x`, {
    password: "a b'c",
    database: "x",
  }],
  "blanks around the parts of a URL": ["postgres:// ada @h /x ? application_name = a%20b ", {
    host: "h",
    database: "x",
    applicationName: "a b",
  }],
  "an empty keyword": ["user=ada password='' host='' dbname=''", {}],
  "line breaks between keywords": ["user=ada\n\tdbname=x", { database: "x" }],
  "characters beyond ASCII": ["user=ada dbname='größe 💌'", { database: "größe 💌" }],
  "hostaddr alone": ["user=ada hostaddr=10.0.0.1", { host: "10.0.0.1" }],
  "a quote within a value, and a backslash at its end": [
    "user=ada password=a'b dbname=x\\",
    { password: "a'b", database: "x" },
  ],
  "a keyword right after a quote": ["password='p'user=ada", { password: "p" }],
  "a blank that libpq takes for none": ["user=ada password=a\u00a0b", { password: "a\u00a0b" }],
  "options": ["postgres://ada@h/x?options=-c%20geqo%3Doff", {
    host: "h",
    database: "x",
    options: "-c geqo=off",
  }],
  "whose name it is": ["user=ada fallback_application_name=psql", { applicationName: "psql" }],
  "what poolers and their drivers add": [
    "postgres://ada@h/x?pgbouncer=true&supa=base-pooler.x&prepareThreshold=0&connection_limit=1",
    { host: "h", database: "x" },
  ],
  "a connect_timeout below 0": ["user=ada connect_timeout=-1", { connectTimeoutSeconds: 3600 }],
  "a connect_timeout of more than an hour": ["user=ada connect_timeout=' 4000 '", {
    connectTimeoutSeconds: 3600,
  }],
  "parameters that are switched off": ["user=ada replication=false sslcrl=''", {}],
  "no connect_timeout": ["user=ada connect_timeout=0", { connectTimeoutSeconds: 3600 }],
  "how the server may ask to authenticate": [
    "postgres://ada@h/x?require_auth=scram-sha-256,none",
    { host: "h", database: "x", requireAuth: ["scram-sha-256", "none"] },
  ],
  "how it may not": [
    "user=ada require_auth='!password, !md5'",
    { requireAuth: ["gss", "sspi", "scram-sha-256", "oauth", "none"] },
  ],
  "no word about it": ["user=ada require_auth=''", {}],
  "the system's certificates": ["user=ada sslmode=verify-full sslrootcert=system", {
    sslMode: "verify-full",
  }],
  "the system's certificates, which imply the mode": ["user=ada sslrootcert=system", {
    sslMode: "verify-full",
  }],
};

for (const [title, [value, settings]] of Object.entries(GOOD)) {
  Deno.test(`reads ${title}: ${value}`, () => {
    const { servers, ...common } = read(value);
    const { host, port, password, ...rest } = { ...DEFAULTS, ...settings };
    assert.deepEqual(servers, [{ host, address: host, port, password }]);
    assert.deepEqual(common, rest);
  });
}

Deno.test("every sslmode of libpq is accepted", () => {
  for (const sslMode of SSL_MODES) {
    assert.equal(read(`user=ada sslmode=${sslMode}`).sslMode, sslMode);
  }
});

Deno.test("certificates are read with the settings, while the program may still read files", () => {
  const files = new Map([["/ca.pem", pem.ca], ["/me.pem", pem.cert], ["/my.key", pem.key]]);
  const settings = parsePostgresSettings(
    "user=ada sslmode=verify-full sslrootcert=/ca.pem sslcert=/me.pem sslkey=/my.key",
    filesOf((path) => files.get(path)!),
  );
  const { sslRootCert, sslCert, sslKey } = settings;
  assert.deepEqual([sslRootCert, sslCert, sslKey], [pem.ca, pem.cert, pem.key]);
});

Deno.test("require with a root certificate is verify-ca, as in libpq; prefer stays prefer", () => {
  const mode = (given: string) =>
    parsePostgresSettings(`user=ada sslrootcert=/ca.pem sslmode=${given}`, filesOf(() => pem.ca))
      .sslMode;
  assert.deepEqual(["require", "prefer", "verify-ca", "verify-full"].map(mode), [
    "verify-ca",
    "prefer",
    "verify-ca",
    "verify-full",
  ]);
});

const SECRET = "s3cr3t";
const SECRET_WORD = "sesame";

const BAD: Readonly<Record<string, [value: string, reason: RegExp]>> = {
  "nothing": [" ", /it is empty$/],
  "a word": ["localhost", /neither a postgres:\/\/ URL nor a list of keyword=value pairs$/],
  "another URL": [`mysql://ada:${SECRET}@h/x`, /neither a postgres:\/\/ URL/],
  "a stray quote": [`user=ada password='${SECRET}`, /neither a postgres:\/\/ URL/],
  "text after a quote": [`user=ada password='${SECRET}'x`, /neither a postgres:\/\/ URL/],
  "no user": [`postgres://h/x?password=${SECRET}`, /it names no user$/],
  "an unknown method": ["user=ada require_auth=plain", /its require_auth is not a list of/],
  "a method twice": ["user=ada require_auth=md5,md5", /its require_auth is not a list of/],
  "methods with and without !": ["user=ada require_auth=md5,!none", /all or none with "!"/],
  "no method": ["user=ada require_auth=md5,", /its require_auth is not a list of/],
  "a bad port": [`postgres://ada:${SECRET}@h:x/y`, /its port is not a whole number/],
  "a port beyond 65535": [
    `user=ada password=${SECRET} port=70000`,
    /its port is not a whole number/,
  ],
  "port 0": [`user=ada password=${SECRET} port=0`, /its port is not a whole number/],
  "a fractional port": [`user=ada password=${SECRET} port=1.5`, /its port is not a whole number/],
  "a bad percent": [
    `postgres://ada:${SECRET}%@h/x`,
    /its password is not properly percent-encoded$/,
  ],
  "a bad percent in the query": [`postgres://ada@h/x?password=${SECRET}%zz`, /percent-encoded/],
  "a blank in a URL's password": [
    `postgres://ada:${SECRET} ${SECRET_WORD}@h/x`,
    /^its password holds a blank: percent-encode it \(%20\)$/,
  ],
  "a / in the password": [
    `postgres://ada:x/${SECRET}@h/x`,
    /its port is not a whole number from 1 to 65535: percent-encode the password \("\/" as %2F/,
  ],
  "a / in a password that looks like a port": [
    `postgres://ada:1/${SECRET}@h/x`,
    /it names no user: percent-encode the password/,
  ],
  "a name that every object has": ["postgres://ada@h/x?constructor=1", /libpq does not know$/],
  "a misspelt name": ["user=ada pasword=x", /libpq does not know: did you mean "password"\?$/],
  "a slash and an @ in a password": [
    "postgres://ada:p@ss/w@127.0.0.1/app",
    /^its database name holds an "@": percent-encode the password \("\/" as %2F, /,
  ],
  "another such name": ["user=ada __proto__=1", /libpq does not know$/],
  "a part of a password in the query": [
    `postgres://ada:x/y?${SECRET}=1@h/x`,
    /parameter that libpq does not know: percent-encode the password/,
  ],
  "a space in the password": [
    `user=ada password=x ${SECRET_WORD}=y`,
    /parameter that libpq does not know: put a password with blanks in single quotes$/,
  ],
  "a Unix socket": [`user=ada password=${SECRET} host=/run/postgresql`, /host is a Unix socket/],
  "a Unix socket in a URL": [`postgres://ada:${SECRET}@/x?host=/run/postgresql`, /Unix socket/],
  "an encoded Unix socket": [`postgres://ada:${SECRET}@%2Frun%2Fpostgresql/x`, /Unix socket/],
  "an abstract socket": [`user=ada password=${SECRET} host=@name`, /host is a Unix socket/],
  "more addresses than hosts": [
    `user=ada password=${SECRET} host=h hostaddr=10.0.0.1,10.0.0.2`,
    /its hostaddr needs as many entries as host has$/,
  ],
  "more ports than hosts": [
    `user=ada password=${SECRET} host=h1,h2,h3 port=1,2`,
    /its port needs one entry, or as many as there are hosts$/,
  ],
  "a name for an address": [`user=ada hostaddr=db`, /its hostaddr is not made of IP addresses$/],
  "an unknown sslmode": [
    `user=ada password=${SECRET} sslmode=on`,
    /its sslmode is not one of disable/,
  ],
  "a fraction of a second": [`user=ada connect_timeout=1.5`, /its connect_timeout is not a whole/],
  "a replication connection": [`user=ada replication=database`, /replication can only be false or/],
  "a pattern for a host": ["host=*.example.com user=ada", /its host is not made of host names and/],
  "a zone of an address": [
    "postgres://ada@[fe80::1%25eth0]/x",
    /its host is not made of host names/,
  ],
  "a missing certificate": [
    `user=ada sslrootcert=/missing.pem`,
    /file that sslrootcert names (does not exist|cannot be read)$/,
  ],
  "a certificate without its key": [`user=ada sslmode=require sslcert=/me.pem`, /sslkey/],
  "a key without its certificate": [`user=ada sslmode=require sslkey=/my.key`, /sslcert/],
  "system certificates, unverified": [
    `user=ada sslmode=require sslrootcert=system`,
    /sslrootcert=system needs sslmode=verify-full$/,
  ],
  "channel binding without TLS": [
    `user=ada sslmode=disable channel_binding=require`,
    /channel_binding=require needs TLS, which sslmode=disable switches off$/,
  ],
  "an unknown word about channel binding": [
    "user=ada channel_binding=yes",
    /its channel_binding is not one of disable, prefer, require$/,
  ],
  "GSSAPI": [
    `user=ada gssencmode=require`,
    /gssencmode can only be disable or prefer: there is no/,
  ],
  "an unknown kind of server": [
    `user=ada target_session_attrs=master`,
    /its target_session_attrs is not one of any, read-write, read-only, primary, standby, /,
  ],
  "direct TLS that is optional": [
    `user=ada sslnegotiation=direct`,
    /sslnegotiation=direct needs sslmode=require or a stricter one$/,
  ],
  "a version of TLS that cannot be insisted on": [
    `user=ada ssl_min_protocol_version=TLSv1.3`,
    /ssl_min_protocol_version can only be TLSv1 or TLSv1.1 or TLSv1.2: TLS is of version/,
  ],
  "TLS as other drivers write it": [`postgres://ada@h/x?ssl=false`, /"ssl" is not supported: sslm/],
  "what a host takes elsewhere": [
    `postgres://ada@h/x?endpoint=ep-1`,
    /"endpoint" is not supported: a host takes it within options/,
  ],
};
const REFUSED = [
  "sslcrl",
  "sslcrldir",
  "scram_client_key",
];

for (const [title, [value, reason]] of Object.entries(BAD)) {
  Deno.test(`refuses ${title} without quoting the password`, () => {
    const files = new Map([["/me.pem", pem.cert], ["/my.key", pem.key], ["/ca.pem", pem.ca]]);
    const readFile = (path: string) => {
      const text = files.get(path);
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return text;
    };
    const fault = faultOf(value, readFile);
    assert.match(fault, reason);
    assert.doesNotMatch(fault, new RegExp(`${SECRET}|${SECRET_WORD}`));
  });
}

for (const name of REFUSED) {
  Deno.test(`refuses ${name}, which is not supported`, () => {
    assert.match(
      faultOf(`user=ada ${name}=1`),
      new RegExp(`parameter "${name}" is not supported$`),
    );
    assert.match(faultOf(`postgres://ada@h/x?${name}=1`), /is not supported$/);
  });
}

function faultOf(value: string, readFile = noFiles): string {
  try {
    parsePostgresSettings(value, filesOf(readFile));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.deepEqual(error.faults.map(({ variable }) => variable), ["PG_CONN_STR"]);
    return error.faults[0]!.reason;
  }
  return assert.fail("it was read");
}
