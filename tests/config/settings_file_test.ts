/** The configuration file: what it may hold, and how precisely it says what is wrong. */
import assert from "node:assert/strict";
import { CATALOGUE, fileKey } from "../../src/config/catalogue.ts";
import { configOf, faultsOf, hostOf, settingsOf } from "./sources.ts";

const TOKEN = "a-token-of-24-characters";

Deno.test("a setting's key is its variable in lower case; those of DataHub are under datahub", async () => {
  const config = await configOf(`
port: 9000
log_level: warn
trigger_token: ${TOKEN}
pushdown: false
allowed_datasets: "*"
pg_conn_str: postgres://ada@db/app
datahub:
  gms_url: http://gms:8080
  tags: urn:li:tag:PII
  sweep_interval: 90s
  purge_profiles: true
`);
  assert.equal(config.listen.port, 9000);
  assert.equal(config.log.level, "warning");
  assert.equal(config.triggerToken, TOKEN);
  assert.equal(config.pushdown, false);
  assert.deepEqual(config.allowedDatasets, ["*"]);
  assert.deepEqual(config.connections.map(hostOf), ["db"]);
  assert.equal(config.datahub?.sweepIntervalMs, 90_000);
  assert.equal(config.datahub?.purgeProfiles, true);
});

Deno.test("every variable that is a setting has a key, and no two have the same", () => {
  const keys = Object.keys(CATALOGUE).map(fileKey);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.length > 45);
});

Deno.test("an empty file, an empty section and an empty value say nothing", async () => {
  const standard = await configOf("");
  for (
    const text of ["# only a comment", "---", "datahub:", "connections: []", "port:", 'port: ""']
  ) {
    assert.deepEqual(await configOf(text), standard, text);
  }
});

Deno.test("a variable wins over the file, and the file that a variable names over both keys", async () => {
  const file = `port: 9000\nlog_level: debug\ntrigger_token: of-the-file-of-24-characters\n`;
  const variables = { PORT: "9001", TRIGGER_TOKEN_FILE: "/token" };
  const config = await configOf(file, { variables, files: { "/token": TOKEN } });
  assert.equal(config.listen.port, 9001);
  assert.equal(config.log.level, "debug");
  assert.equal(config.triggerToken, TOKEN);
  const overKeyFile = { variables: { TRIGGER_TOKEN: TOKEN } };
  assert.equal((await configOf("trigger_token_file: /none", overKeyFile)).triggerToken, TOKEN);
});

Deno.test("a list may be written as a list, or with commas; commas within a URN do not count", async () => {
  const urn = (name: string) => `urn:li:dataset:(urn:li:dataPlatform:postgres,${name},PROD)`;
  const expected = [urn("a.*"), urn("b.*")];
  for (
    const text of [
      `allowed_datasets:\n  - ${urn("a.*")}\n  - ${urn("b.*")}`,
      `allowed_datasets: ${urn("a.*")},${urn("b.*")}`,
    ]
  ) assert.deepEqual((await configOf(text)).allowedDatasets, expected);
  assert.deepEqual(await faultsOf("allowed_datasets: ['*,*']"), [
    "tokenize.yaml:1:20: allowed_datasets: an item of the list has a comma: give each an item of its own",
  ]);
});

Deno.test("a text that looks like a number or a truth value stays as it is written", async () => {
  const long = "12345678901234567890123";
  assert.equal((await configOf(`trigger_token: ${long}`)).triggerToken, long);
  assert.equal((await configOf(`trigger_token: "0x10000000000000000"`)).triggerToken?.length, 19);
  assert.deepEqual(await faultsOf("port: 8e3"), [
    "tokenize.yaml:1:7: port: it is not a whole number from 1 to 65535",
  ]);
  assert.deepEqual(await faultsOf("pushdown: yes"), [
    "tokenize.yaml:1:11: pushdown: it is not one of true, false",
  ]);
});

Deno.test("references are replaced by variables, or by their defaults", async () => {
  const variables = { PORT: "", TOKENIZE_LEVEL: "debug", TOKENIZE_EMPTY: "" };
  const cases = [
    ["log_level: ${TOKENIZE_LEVEL}", "debug"],
    ["log_level: ${TOKENIZE_LEVEL:-warn}", "debug"],
    ["log_level: ${TOKENIZE_EMPTY:-error}", "error"],
    ["log_level: ${TOKENIZE_NONE:-error}", "error"],
    ['log_level: "${TOKENIZE_NONE:-de}bug"', "debug"],
  ] as const;
  for (const [text, level] of cases) {
    assert.equal((await configOf(text, { variables })).log.level, level, text);
  }
  const escaped = await configOf('trigger_token: "$${TOKENIZE_LEVEL}$0123456789"', { variables });
  assert.equal(escaped.triggerToken, "${TOKENIZE_LEVEL}$0123456789");
});

Deno.test("a reference to nothing, to what may not be read, or of another form is a fault", async () => {
  const reasonOf = async (value: string) => {
    const [line, ...more] = await faultsOf(`log_level: ${value}`, {
      variables: { USER: "canary" },
    });
    assert.deepEqual(more, []);
    return line!.replace("tokenize.yaml:1:12: log_level: ", "");
  };
  assert.equal(
    await reasonOf("${TOKENIZE_NONE}"),
    "the variable TOKENIZE_NONE is not set, and there is no default (${TOKENIZE_NONE:-default})",
  );
  assert.match(await reasonOf("${USER}"), /^the program may not read the variable USER: /);
  for (const wrong of ["${}", "${A B}", "${A:?no}", "'${A'", "${1}"]) {
    assert.match(await reasonOf(wrong), /^"\$\{" begins a reference, /, wrong);
  }
});

Deno.test("unknown keys are refused, with the key that is probably meant", async () => {
  const cases = [
    ["log_levle: debug", "log_level"],
    ["LOG_LEVEL: debug", "log_level"],
    ["trigger-token: x", "trigger_token"],
    ["datahub_tags: x", "datahub.tags"],
    ["sweep_interval: 6h", "datahub.sweep_interval"],
    ["datahub: { server: x }", "datahub.gms_url"],
    ["datahub: { port: 1 }", "port"],
    ["conections: []", "connections"],
    ["datahub.modes: run", "datahub.mode"],
  ] as const;
  for (const [text, meant] of cases) {
    const [fault] = await faultsOf(text);
    assert.ok(
      fault?.endsWith(`there is no such key: did you mean "${meant}"?`),
      `${text}: ${fault}`,
    );
  }
  assert.deepEqual(await faultsOf("something: 1"), [
    "tokenize.yaml:1:1: something: there is no such key",
  ]);
  for (const text of ["no_proxy: x", "datahub.mode: run"]) {
    assert.match((await faultsOf(text)).join(), /no such key/, text);
  }
});

Deno.test("every fault is reported at once, in the order of the file, then those of variables", async () => {
  const text = `port: 0
log_levle: debug
datahub:
  gms_url: gms
  tags: [PII]
connections:
  - name: a b
    platform: oracle
log_format: xml
`;
  const lines = await faultsOf(text, { variables: { HOST: "a b", RUN_TIMEOUT_MS: "0" } });
  assert.deepEqual(lines.map((line) => line.replace(/: .*/, "")), [
    "tokenize.yaml:1:7",
    "tokenize.yaml:2:1",
    "tokenize.yaml:4:12",
    "tokenize.yaml:5:9",
    "tokenize.yaml:7:5",
    "tokenize.yaml:7:11",
    "tokenize.yaml:8:15",
    "tokenize.yaml:9:13",
    "HOST",
    "RUN_TIMEOUT_MS",
  ]);
});

Deno.test("what follows from a fault is no fault of its own", async () => {
  const text = "host: 0.0.0.0\ntrigger_token: ${TOKENIZE_NONE}\n";
  assert.equal((await faultsOf(text)).length, 1);
});

Deno.test("what is not YAML has its line and column, and quotes nothing of the file", async () => {
  const cases = [
    ["port: 1\n\tlog_level: debug", /^tokenize\.yaml:2:1: the indentation is a tab/],
    ["port: 1\nport: 2", /^tokenize\.yaml:2:1: this key is here twice/],
    ['trigger_token: "canary', /^tokenize\.yaml:1:\d+: a closing quote/],
    ["trigger_token: @canary", /^tokenize\.yaml:1:16: a text must be in quotes/],
    ["a: 1\n---\nb: 2", /^tokenize\.yaml:\d:1: there is more than one document/],
    ["trigger_token: !canary x", /^tokenize\.yaml:1:16: /],
    ["trigger_token: *canary", /^tokenize\.yaml:1:16: an alias/],
    ["[canary]: x", /^tokenize\.yaml:1:1: a key must be a text/],
    ["allowed_datasets: &a [*a]", /nested too deep/],
    ["canary", /^tokenize\.yaml:1:1: it must be a map/],
    ["port: { canary: 1 }", /^tokenize\.yaml:1:7: port: it must not be a map/],
    ["port: [1, 2]", /^tokenize\.yaml:1:7: port: it must be one value, not a list/],
    ["datahub: canary", /^tokenize\.yaml:1:10: datahub: it must be a map/],
    ["connections: canary", /^tokenize\.yaml:1:14: connections: it must be a list/],
    ["connections: [canary]", /^tokenize\.yaml:1:15: connections\[0\]: it must be a map/],
  ] as const;
  for (const [text, expected] of cases) {
    const lines = (await faultsOf(text)).join("\n");
    assert.match(lines, expected, text);
    assert.doesNotMatch(lines, /canary/, text);
  }
});

Deno.test("anchors and aliases work", async () => {
  const config = await configOf(`
trigger_token: &token ${TOKEN}
datahub: { gms_url: "http://gms", gms_token: *token, tags: [urn:li:tag:PII] }
`);
  assert.equal(config.datahub?.gms.token, TOKEN);
});

const IN_PUBLIC: readonly (readonly [string, boolean])[] = [
  [`trigger_token: ${TOKEN}`, false],
  ["trigger_token: ${TOKENIZE_SECRET}", true],
  ["trigger_token: ${TOKENIZE_SECRET}${TOKENIZE_SECRET}", true],
  ["trigger_token: ${TOKENIZE_SECRET}-canary", false],
  ["trigger_token: ${TOKENIZE_NONE:-canary-canary-canary}", false],
  ["trigger_token_file: /token", true],
  ["pg_conn_str: postgres://ada:canary@db/app", false],
  ["pg_conn_str: postgres://ada:${TOKENIZE_SECRET}@db/app", true],
  ["pg_conn_str: postgres://ada:${TOKENIZE_NONE:-canary}@db/app", false],
  ["pg_conn_str: postgres://ada:${TOKENIZE_SECRET}@db:${TOKENIZE_PORT}/app", true],
  ["pg_conn_str: postgres://ada@db/app", true],
  ["pg_conn_str: host=db user=ada password=canary dbname=app", false],
  ["pg_conn_str: ${TOKENIZE_PG}", true],
  ["dbx_jdbc_url: jdbc:databricks://h;httpPath=/p;AuthMech=3;PWD=canary", false],
  ["dbx_jdbc_url: jdbc:databricks://h;httpPath=/p;AuthMech=3;PWD=${TOKENIZE_SECRET}", true],
  [
    "dbx_jdbc_url: jdbc:databricks://h;httpPath=/p;AuthMech=11;Auth_Flow=1;OAuth2ClientId=c;OAuth2Secret=canary",
    false,
  ],
  ["datahub: { gms_url: 'http://g', gms_token: canary, tags: ['urn:li:tag:PII'] }", false],
  [
    "connections: [{ name: a, platform: postgres, connection_string: 'postgres://u:canary@h/d' }]",
    false,
  ],
];
for (const [text, isAllowed] of IN_PUBLIC) {
  Deno.test(`a file that others can read may ${isAllowed ? "" : "not "}say ${text}`, async () => {
    const variables = {
      TOKENIZE_SECRET: "a-secret-of-20-chars",
      TOKENIZE_PORT: "5432",
      TOKENIZE_PG: "postgres://ada:canary@db/app",
    };
    const given = { variables, files: { "/token": TOKEN } };
    const lines = await faultsOf(text, { ...given, isPublic: true });
    if (isAllowed) assert.deepEqual(lines, []);
    else {
      assert.equal(lines.length, 1);
      assert.match(lines[0]!, /the file can be read by others, so it must not hold this secret/);
      assert.doesNotMatch(lines[0]!, /canary/);
    }
    assert.deepEqual(await faultsOf(text, given), []);
  });
}

Deno.test("where each setting comes from is known, and no secret is shown", async () => {
  const { inUse } = await settingsOf(
    `port: 9000\ntrigger_token: ${TOKEN}\npg_conn_str: postgres://u:canary@h/d\n`,
    { variables: { LOG_LEVEL: "debug" } },
  );
  assert.deepEqual(inUse.map(({ variable, text, at }) => [variable, text, at?.line]), [
    ["PG_CONN_STR", undefined, 3],
    ["PORT", "9000", 1],
    ["TRIGGER_TOKEN", undefined, 2],
    ["LOG_LEVEL", "debug", undefined],
  ]);
});
