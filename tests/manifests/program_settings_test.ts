/** The program takes the settings that the chart and the overlays give it, as its own check says. */
import assert from "node:assert/strict";
import { testUnless } from "../support/skipping.ts";
import { EVERYTHING } from "./chart_values.ts";
import { checkSettings } from "./checked_settings.ts";
import { objectsOf, run, whyMissing } from "./judges.ts";
import { render } from "./render_chart.ts";

const missing = await whyMissing("helm");

testUnless(missing, "the program accepts the settings that the chart gives it", async () => {
  for (const values of EVERYTHING) {
    const rendered = await render(values);
    const { success, stdout, stderr } = await checkSettings(objectsOf(rendered.stdout));
    assert.ok(success, `${rendered.stderr}${stderr}\nof ${JSON.stringify(values)}`);
    assert.doesNotMatch(stdout + stderr, /canary/);
  }
});

testUnless(missing, "the program would refuse a setting that the chart got wrong", async () => {
  const { stdout } = await render({});
  const { success, stderr } = await checkSettings(
    objectsOf(stdout.replace("value: json", "value: xml")),
  );
  assert.equal(success, false);
  assert.match(stderr, /LOG_FORMAT/);
});

testUnless(
  await run("kubectl", ["version", "--client"]).then(
    ({ success }) => success ? undefined : "kubectl does not run",
    () => "kubectl is not installed",
  ),
  "the program accepts the settings that the overlays give it",
  async () => {
    for await (const { name } of Deno.readDir("deploy/overlays")) {
      const { stdout } = await run("kubectl", ["kustomize", `deploy/overlays/${name}`]);
      const { success, stderr } = await checkSettings(objectsOf(stdout));
      assert.ok(success, `${name}: ${stderr}`);
    }
  },
);
