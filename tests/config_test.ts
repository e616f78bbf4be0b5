/** The configuration: defaults, and what the tests of the command line do not cover. */
import assert from "node:assert/strict";
import { settingsSource } from "../scripts/servers/test_keys.ts";
import { type Config, loadConfig } from "../src/config.ts";
import { SECTIONS } from "../src/config/catalogue.ts";
import type { Setting } from "../src/config/setting.ts";
import { ENVIRONMENT_NAMES } from "../src/environment_names.ts";
import { ConfigError } from "../src/config_error.ts";

const TOKEN = "a-token-of-24-characters";

type Environment = Readonly<Record<string, string>>;

function load(environment: Environment, isTerminal = false, files: Environment = {}): Config {
  return loadConfig({ ...settingsSource(environment, files), isTerminal });
}

/** The variables that are at fault. */
function faultsOf(environment: Environment, files: Environment = {}): string[] {
  try {
    load(environment, false, files);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults.map(({ variable }) => variable);
  }
}

Deno.test("a value that its setting does not list is a fault, also if what it is about is off", () => {
  const { TRACES: _, ...own } = SECTIONS; // which other programs read as well
  const settings = Object.values(own).flatMap((each) => Object.entries<Setting>(each));
  const checked = settings.filter(([, { value }]) =>
    ["integer", "boolean", "choice", "duration"].includes(value.kind) ||
    (value.kind === "list" && value.choices !== undefined)
  );
  assert.ok(checked.length > 20);
  for (const [name] of checked) assert.deepEqual(faultsOf({ [name]: "canary" }), [name]);
  assert.deepEqual(faultsOf({ TOKEN_HMAC_BYTES: "33", DATAHUB_REPORT: "tag, canary" }), [
    "TOKEN_HMAC_BYTES",
    "DATAHUB_REPORT",
  ]);
  const right = { LOG_LEVEL: "INFO", TOKEN_CONTEXT: "column", DATAHUB_REPORT: "tag, property" };
  assert.deepEqual(faultsOf({ ...right, DATAHUB_SWEEP_INTERVAL: "90s" }), []);
});

Deno.test("without any variable the action listens on loopback, logs JSON and has no platform", () => {
  assert.deepEqual({ ...load({}) }, {
    listen: { hostname: "127.0.0.1", port: 8080 },
    triggerToken: undefined,
    log: { level: "info", format: "json" },
    allowedDatasets: undefined,
    connections: [],
    databricksSecretScope: undefined,
    postgresLimits: { lockTimeoutMs: 5000, statementTimeoutMs: 3_600_000 },
    postgresStrainLimits: { maxReplicaLagMs: 0, maxSlotLagMib: 0, maxActiveSessions: 0 },
    runTimeoutMs: 86_400_000,
    history: undefined,
    maxQueuedRuns: 1000,
    datahub: undefined,
    allowTriggers: false,
    allowTableFunctions: false,
    allowUnprovenMasks: false,
    allowDetokenize: false,
    pushdown: true,
    tokenSdk: { mode: "dummy", settings: null },
    receiptKey: undefined,
    traces: undefined,
    parentTrace: undefined,
  });
});

Deno.test("the configuration is frozen, and plain data that can be sent to the sandbox", () => {
  const config = load({ PG_CONN_STR: "postgres://u:p@h/d", ALLOWED_DATASETS: "*" });
  assert.ok(Object.isFrozen(config));
  assert.deepEqual(structuredClone(config), { ...config });
});

Deno.test("the log is text on a terminal, unless LOG_FORMAT says otherwise", () => {
  assert.equal(load({}, true).log.format, "text");
  assert.equal(load({ LOG_FORMAT: "json" }, true).log.format, "json");
  assert.equal(load({ LOG_FORMAT: "text" }).log.format, "text");
});

Deno.test("LOG_LEVEL accepts warn and warning, in upper and lower case", () => {
  for (const [given, level] of [["warn", "warning"], ["WARNING", "warning"], ["Debug", "debug"]]) {
    assert.equal(load({ LOG_LEVEL: given! }).log.level, level);
  }
});

Deno.test("only loopback addresses may be listened on without a token", () => {
  for (const HOST of ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"]) {
    assert.deepEqual(faultsOf({ HOST }), [], HOST);
  }
  const others = ["0.0.0.0", "::", "10.0.0.1", "action.internal", "127.0.0.1.attacker.example"];
  for (const HOST of others) {
    assert.deepEqual(faultsOf({ HOST }), ["TRIGGER_TOKEN"], HOST);
    assert.deepEqual(faultsOf({ HOST, TRIGGER_TOKEN: TOKEN }), []);
    assert.deepEqual(faultsOf({ HOST, ALLOW_ANONYMOUS: "true" }), []);
    assert.deepEqual(faultsOf({ HOST, ALLOW_ANONYMOUS: "false" }), ["TRIGGER_TOKEN"]);
  }
});

Deno.test("DBX_SECRET_SCOPE is the name of a secret scope", () => {
  for (const scope of ["pii", "a.b-c_d@e", "x".repeat(128)]) {
    assert.equal(load({ DBX_SECRET_SCOPE: scope }).databricksSecretScope, scope);
  }
  for (const scope of ["a b", "it's", "a/b", "é", "x".repeat(129), "a\nb"]) {
    assert.deepEqual(faultsOf({ DBX_SECRET_SCOPE: scope }), ["DBX_SECRET_SCOPE"], scope);
  }
  assert.equal(load({}).databricksSecretScope, undefined);
});

Deno.test("an unusable trigger token is an error, not the absence of one", () => {
  assert.deepEqual(faultsOf({ HOST: "0.0.0.0", TRIGGER_TOKEN: "a b" }), ["TRIGGER_TOKEN"]);
});

Deno.test("a trigger token has 16 characters or more", () => {
  assert.deepEqual(faultsOf({ TRIGGER_TOKEN: "x".repeat(15) }), ["TRIGGER_TOKEN"]);
  assert.equal(load({ TRIGGER_TOKEN: "x".repeat(16) }).triggerToken, "x".repeat(16));
});

function passwordOf({ connections: [first] }: Config): unknown {
  return first?.platform === "postgres" ? first.settings.servers[0]?.password : undefined;
}

function authenticationOf({ connections: [first] }: Config): unknown {
  return first?.platform === "databricks" ? first.settings.authentication : undefined;
}

const SECRETS: readonly (readonly [string, string, (config: Config) => unknown])[] = [
  ["TRIGGER_TOKEN", TOKEN, ({ triggerToken }) => triggerToken],
  ["PG_CONN_STR", "postgres://ada:canary@db/app", passwordOf],
  [
    "DBX_JDBC_URL",
    "jdbc:databricks://h:443;httpPath=/sql/1.0/warehouses/1;AuthMech=3;UID=token;PWD=canary",
    authenticationOf,
  ],
];
for (const [name, value, secretOf] of SECRETS) {
  Deno.test(`${name}_FILE is ${name} from a file, with or without a line break at its end`, () => {
    const expected = secretOf(load({ [name]: value }));
    assert.ok(expected !== undefined);
    for (const end of ["", "\n", "\r\n"]) {
      const fromFile = load({ [`${name}_FILE`]: "/secret" }, false, { "/secret": value + end });
      assert.deepEqual(secretOf(fromFile), expected);
      assert.deepEqual(secretOf(load({ [name]: value + end })), expected);
    }
  });

  Deno.test(`${name} and ${name}_FILE contradict each other, and the fault names both`, () => {
    const both = { [name]: value, [`${name}_FILE`]: "/secret" };
    assert.throws(() => load(both, false, { "/secret": value }), {
      message: `${name}_FILE: ${name} is set too: set only one of them`,
    });
  });

  Deno.test(`what is wrong in the file of ${name}_FILE is a fault of that variable`, () => {
    const environment = { [`${name}_FILE`]: "/secret", HOST: "0.0.0.0", ALLOW_ANONYMOUS: "true" };
    for (const text of ["", "\n", "canary with\na second line"]) {
      assert.deepEqual(faultsOf(environment, { "/secret": text }), [`${name}_FILE`], text);
    }
    assert.deepEqual(faultsOf(environment), [`${name}_FILE`]);
  });
}

Deno.test("a trigger token that is in a file counts as set", () => {
  const environment = { HOST: "0.0.0.0", TRIGGER_TOKEN_FILE: "/token" };
  assert.deepEqual(faultsOf(environment, { "/token": TOKEN }), []);
  assert.deepEqual(faultsOf(environment), ["TRIGGER_TOKEN_FILE"]);
});

Deno.test("HOST is the name or address of one host; brackets are removed", () => {
  assert.equal(load({ HOST: "[::1]" }).listen.hostname, "::1");
  const wrong = [
    "a b",
    "*",
    "*.internal",
    "127.0.0.1:80",
    "[::1]:80",
    "http://h",
    "a..b",
    ".",
    "h/x",
  ];
  for (const HOST of wrong) assert.deepEqual(faultsOf({ HOST }), ["HOST"], HOST);
});

Deno.test("a number is a whole number in its range, and nothing that only looks like one", () => {
  for (const PORT of ["1", "65535", "080"]) assert.deepEqual(faultsOf({ PORT }), [], PORT);
  for (const PORT of ["0", "65536", "-1", "+1", "1e3", "0x50", "80.0", " 80", "eighty"]) {
    assert.deepEqual(faultsOf({ PORT }), ["PORT"], PORT);
  }
  // Postgres counts milliseconds in 31 bits, and so do timers
  for (const name of ["PG_LOCK_TIMEOUT_MS", "PG_STATEMENT_TIMEOUT_MS", "RUN_TIMEOUT_MS"]) {
    assert.deepEqual(faultsOf({ [name]: "2147483647" }), [], name);
    for (const wrong of ["2147483648", "0"]) {
      assert.deepEqual(faultsOf({ [name]: wrong }), [name], name);
    }
  }
});

Deno.test("ALLOWED_DATASETS is split between patterns, not at the commas within a URN", () => {
  const [one, two] = [
    "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.*,PROD)",
    "urn:li:dataset:(urn:li:dataPlatform:databricks,*,*)",
  ];
  assert.deepEqual(load({ ALLOWED_DATASETS: ` ${one} , ${two},` }).allowedDatasets, [one, two]);
});

Deno.test("every variable that is read is on the compiled-in list of those that may be read", () => {
  const read = new Set<string>();
  loadConfig({
    variable: (name) => void read.add(name),
    file: () => "",
    permissions: () => ({ mode: null, uid: null }),
    isTerminal: false,
  });
  assert.deepEqual([...read].filter((name) => !ENVIRONMENT_NAMES.includes(name)), []);
});

Deno.test("HISTORY_CONN_STR says where runs are kept, with how long and under which name", () => {
  const HISTORY_CONN_STR = "postgres://u:p@h:6432/runs";
  const { history } = load({ HISTORY_CONN_STR });
  assert.equal(history?.database.database, "runs");
  assert.deepEqual([history.retentionMs, history.replicaName], [90 * 86_400_000, undefined]);
  const other = load({ HISTORY_CONN_STR, HISTORY_RETENTION: "2d", REPLICA_NAME: "pod-0.a" });
  assert.deepEqual([other.history?.retentionMs, other.history?.replicaName], [
    2 * 86_400_000,
    "pod-0.a",
  ]);
  assert.equal(load({ HISTORY_RETENTION: "2d" }).history, undefined);
});

Deno.test("faults of the history are those of its variables", () => {
  assert.deepEqual(
    faultsOf({
      HISTORY_CONN_STR: "postgres://u@h/d?nosuch=1",
      HISTORY_RETENTION: "5m",
      REPLICA_NAME: "a b",
    }),
    ["HISTORY_RETENTION", "REPLICA_NAME", "HISTORY_CONN_STR"],
  );
});
