/**
 * The chart takes each setting of the program: as a value of its own, or in `config`, its configuration
 * file. Without this, a new setting would be one that nobody in Kubernetes can give.
 */
import assert from "node:assert/strict";
import { CATALOGUE, fileKey } from "../../src/config/catalogue.ts";
import type { Setting } from "../../src/config/setting.ts";
import { testUnless } from "../support/skipping.ts";
import { EVERYTHING, merge, SWITCHES, type Values } from "./chart_values.ts";
import { checkSettings, testCertificate } from "./checked_settings.ts";
import { objectsOf, whyMissing } from "./judges.ts";
import { render } from "./render_chart.ts";

const missing = await whyMissing("helm");
const dir = await Deno.makeTempDir({ prefix: "tokenize-chart-" });
Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

/** Everything that settings depend on is on; what a file of them may say is left open. */
const BASE: Values = ["databricks", "datahub", "history", "tracing"]
  .map((name) => SWITCHES[name]![1]!)
  .reduce(merge, { datahub: { token: { enabled: false } }, tracing: { headers: {} } });

/** Settings whose texts have a form. */
const TEXTS: Readonly<Record<string, string>> = {
  DATAHUB_DONE_TAG: "urn:li:tag:Done",
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces",
  OTEL_RESOURCE_ATTRIBUTES: "team=data",
  OTEL_TRACES_SAMPLER_ARG: "0.5",
};

/** A value that the setting accepts, and that is not its standard value where there is another. */
function sampleOf(name: string, { value }: Setting): unknown {
  switch (value.kind) {
    case "integer":
      return value.max;
    case "boolean":
      return !value.standard;
    case "choice":
      return value.choices.at(-1);
    case "duration":
      return name === "DATAHUB_POLL_TIMEOUT" ? "3s" : "1h";
    case "path":
      return name.includes("CERTIFICATE") ? `${dir}/ca.pem` : `${dir}/token`;
    case "list":
      return TEXTS[name] ?? value.choices?.slice(0, 1) ?? ["one"];
    case "secret":
      return "name=${TOKENIZE_SAMPLE}";
    case "text":
    case "connection_string":
      return TEXTS[name] ?? "sample";
  }
}

/** The names of the variables that the chart sets by values of its own. */
async function variablesOfValues(): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const values of EVERYTHING) {
    const { success, stdout, stderr } = await render(values);
    assert.ok(success, stderr);
    for (const { kind, spec } of objectsOf(stdout)) {
      if (kind !== "Deployment") continue;
      for (const { name } of spec.template.spec.containers[0].env) names.add(name);
    }
  }
  return names;
}

/** The values with the setting in the configuration file. */
function inFile(name: string, setting: Setting): Values {
  const [key, inner] = fileKey(name).split(".") as [string, string?];
  const sample = sampleOf(name, setting);
  return merge(BASE, {
    config: { [key]: inner === undefined ? sample : { [inner]: sample } },
    extraEnv: [{ name: "TOKENIZE_SAMPLE", value: "x" }],
  });
}

testUnless(missing, "each setting can be given through the chart", async () => {
  await Deno.writeTextFile(`${dir}/ca.pem`, await testCertificate());
  await Deno.writeTextFile(`${dir}/token`, "sample", { mode: 0o600 });
  const own = await variablesOfValues();
  const others = Object.entries(CATALOGUE).filter(([name]) =>
    // a secret is given as a variable, so not as a file, too
    !own.has(name) && !(name.endsWith("_FILE") && name.replace(/_FILE$/, "") in CATALOGUE)
  );
  assert.ok(others.length > 0 && others.length < Object.keys(CATALOGUE).length);
  for (const [name, setting] of others) {
    const { stdout: manifests, stderr } = await render(inFile(name, setting));
    const checked = await checkSettings(objectsOf(manifests));
    assert.ok(checked.success, `${name}: ${stderr}${checked.stderr}`);
    const { settings } = JSON.parse(checked.stdout);
    const found = settings.find((each: { variable: string }) => each.variable === name);
    assert.equal(found?.key, fileKey(name), name);
  }
});
