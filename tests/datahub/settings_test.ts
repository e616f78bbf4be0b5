/** The settings of the DataHub loop: defaults, and what contradicts. */
import assert from "node:assert/strict";
import { settingsSource } from "../../scripts/servers/test_keys.ts";
import { loadConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/config_error.ts";
import type { DatahubSettings } from "../../src/datahub/settings.ts";

type Environment = Readonly<Record<string, string>>;

const GMS = { DATAHUB_GMS_URL: "http://gms:8080" };
const TAGGED = { DATAHUB_GMS_URL: "http://gms:8080", DATAHUB_TAGS: "urn:li:tag:PII" };

function load(variables: Environment, files: Environment = {}): DatahubSettings | undefined {
  return loadConfig({ ...settingsSource(variables, files), isTerminal: false }).datahub;
}

/** The faults of these variables beside `TAGGED`, as `VARIABLE: reason`. */
function faultsOf(variables: Environment, files: Environment = {}): string[] {
  try {
    load({ ...TAGGED, ...variables }, files);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message.split("\n");
  }
}

/** The variables that are at fault. */
function blamed(variables: Environment, files: Environment = {}): string[] {
  return faultsOf(variables, files).map((line) => line.slice(0, line.indexOf(":")));
}

Deno.test("without DATAHUB_GMS_URL the loop is off, whatever else is set, but choices must be right", () => {
  assert.equal(load({}), undefined);
  assert.equal(load({ DATAHUB_TAGS: "nonsense", DATAHUB_MODE: "run" }), undefined);
  assert.deepEqual(blamed({ DATAHUB_MODE: "nonsense" }), ["DATAHUB_MODE"]);
});

Deno.test("the defaults only observe, and report what was done", () => {
  assert.deepEqual(load(TAGGED), {
    gms: { url: "http://gms:8080", token: undefined },
    tags: ["urn:li:tag:PII"],
    terms: [],
    termGroups: [],
    mode: "observe",
    approvalTag: undefined,
    doneTag: "urn:li:tag:Tokenized",
    sweepIntervalMs: 21_600_000,
    consumer: "tokenize-action",
    report: ["operation", "tag", "incident"],
    purgeProfiles: false,
    poll: { timeoutMs: 2000, pauseMs: 1000, limit: 100 },
  });
});

Deno.test("the URL is a host, a port and a path, without a slash at its end", () => {
  const urlOf = (url: string) => load({ ...TAGGED, DATAHUB_GMS_URL: url })?.gms.url;
  assert.equal(
    urlOf("https://datahub.example.com/api/gms/"),
    "https://datahub.example.com/api/gms",
  );
  assert.equal(urlOf("http://gms:8080/"), "http://gms:8080");
  for (const url of ["gms:8080", "ftp://gms", "http://u:canary@gms", "http://gms?a=b", "http://"]) {
    const faults = faultsOf({ DATAHUB_GMS_URL: url });
    assert.match(faults.join("\n"), /^DATAHUB_GMS_URL: [^\n]+$/, url);
    assert.doesNotMatch(faults.join("\n"), /canary/);
  }
});

Deno.test("the token comes from a variable, or from a file under either of two names", () => {
  const files = { "/token": "eyJ.token\n" };
  const tokenOf = (variables: Environment) => load({ ...TAGGED, ...variables }, files)?.gms.token;
  assert.equal(tokenOf({ DATAHUB_GMS_TOKEN: "eyJ.token" }), "eyJ.token");
  assert.equal(tokenOf({ DATAHUB_GMS_TOKEN_FILE: "/token" }), "eyJ.token");
  assert.equal(tokenOf({ DATAHUB_AUTH_TOKEN_FILE: "/token" }), "eyJ.token");
});

Deno.test("two tokens contradict each other, and an unusable one is a fault of its variable", () => {
  const files = { "/token": "canary token" };
  const both = { DATAHUB_GMS_TOKEN: "t", DATAHUB_AUTH_TOKEN_FILE: "/token" };
  assert.deepEqual(blamed(both, files), ["DATAHUB_AUTH_TOKEN_FILE"]);
  for (const name of ["DATAHUB_GMS_TOKEN_FILE", "DATAHUB_AUTH_TOKEN_FILE"]) {
    assert.deepEqual(blamed({ [name]: "/token" }, files), [name]);
    assert.deepEqual(blamed({ [name]: "/none" }, files), [name]);
    assert.doesNotMatch(faultsOf({ [name]: "/token" }, files).join(), /canary/);
  }
});

Deno.test("tags, terms and term groups are lists of URNs, each once", () => {
  const settings = load({
    ...GMS,
    DATAHUB_TAGS: "urn:li:tag:PII, urn:li:tag:E-Mail,urn:li:tag:PII",
    DATAHUB_TERMS: "urn:li:glossaryTerm:Classification.Sensitive,urn:li:glossaryNode:PersonalData",
  });
  assert.deepEqual(settings?.tags, ["urn:li:tag:PII", "urn:li:tag:E-Mail"]);
  assert.deepEqual(settings?.terms, ["urn:li:glossaryTerm:Classification.Sensitive"]);
  assert.deepEqual(settings?.termGroups, ["urn:li:glossaryNode:PersonalData"]);
  for (const DATAHUB_TAGS of ["PII", "urn:li:tag:", "urn:li:glossaryTerm:PII"]) {
    assert.deepEqual(blamed({ DATAHUB_TAGS }), ["DATAHUB_TAGS"], DATAHUB_TAGS);
  }
  assert.deepEqual(blamed({ DATAHUB_TERMS: "urn:li:tag:PII" }), ["DATAHUB_TERMS"]);
});

Deno.test("a loop that no tag and no term starts is a fault", () => {
  assert.throws(() => load(GMS), /^ConfigError: DATAHUB_TAGS: it or DATAHUB_TERMS must be set/);
});

Deno.test("the mode run needs an allow-list, and the mode approve a tag that approves", () => {
  assert.deepEqual(blamed({ DATAHUB_MODE: "run" }), ["DATAHUB_MODE"]);
  assert.deepEqual(blamed({ DATAHUB_MODE: "run", ALLOWED_DATASETS: "*" }), []);
  assert.deepEqual(blamed({ DATAHUB_MODE: "approve" }), ["DATAHUB_APPROVAL_TAG"]);
  assert.deepEqual(blamed({ DATAHUB_MODE: "approve", DATAHUB_APPROVAL_TAG: "urn:li:tag:Yes" }), []);
  assert.deepEqual(blamed({ DATAHUB_MODE: "dry" }), ["DATAHUB_MODE"]);
});

Deno.test("a tag has one meaning: it asks, approves or marks as done", () => {
  const DATAHUB_APPROVAL_TAG = "urn:li:tag:PII";
  assert.deepEqual(blamed({ DATAHUB_APPROVAL_TAG }), ["DATAHUB_APPROVAL_TAG"]);
  assert.deepEqual(blamed({ DATAHUB_APPROVAL_TAG: "urn:li:tag:Tokenized" }), [
    "DATAHUB_APPROVAL_TAG",
  ]);
  assert.deepEqual(blamed({ DATAHUB_DONE_TAG: "urn:li:tag:PII" }), ["DATAHUB_DONE_TAG"]);
});

Deno.test("a duration is whole numbers with units, in a range", () => {
  const sweep = (text: string) =>
    load({ ...TAGGED, DATAHUB_SWEEP_INTERVAL: text })?.sweepIntervalMs;
  assert.equal(sweep("6h"), 21_600_000);
  assert.equal(sweep("1h30m"), 5_400_000);
  assert.equal(sweep("1500ms"), 1500);
  assert.equal(sweep("1d"), 86_400_000);
  for (const wrong of ["6", "6 h", "1.5h", "-1h", "h", "6H", "0s", "999ms", "25d"]) {
    const faults = blamed({ DATAHUB_SWEEP_INTERVAL: wrong });
    assert.deepEqual(faults, ["DATAHUB_SWEEP_INTERVAL"], wrong);
  }
  assert.deepEqual(faultsOf({ DATAHUB_POLL_TIMEOUT: "11s" }), [
    "DATAHUB_POLL_TIMEOUT: it is not from 1s to 10s",
  ]);
  assert.equal(load({ ...TAGGED, DATAHUB_POLL_PAUSE: "0s" })?.poll.pauseMs, 0);
});

Deno.test("DATAHUB_REPORT names what is reported, and nothing else", () => {
  const report = (text: string) => load({ ...TAGGED, DATAHUB_REPORT: text })?.report;
  assert.deepEqual(report("assertion, operation"), ["operation", "assertion"]);
  for (const wrong of ["everything", ",", "operation,", "operation,tags"]) {
    const expected = wrong === "operation," ? [] : ["DATAHUB_REPORT"];
    assert.deepEqual(blamed({ DATAHUB_REPORT: wrong }), expected, wrong);
  }
});

Deno.test("every fault is reported at once", () => {
  const faults = blamed({
    DATAHUB_GMS_URL: "gms",
    DATAHUB_TAGS: "PII",
    DATAHUB_MODE: "dry",
    DATAHUB_CONSUMER: "a\nb",
    DATAHUB_PURGE_PROFILES: "yes",
  });
  assert.deepEqual(faults, [
    "DATAHUB_GMS_URL",
    "DATAHUB_TAGS",
    "DATAHUB_MODE",
    "DATAHUB_CONSUMER",
    "DATAHUB_PURGE_PROFILES",
  ]);
});
