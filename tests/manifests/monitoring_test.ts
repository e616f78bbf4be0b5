/** What deploy/monitoring gives the Prometheus operator is valid. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { testUnless } from "../support/skipping.ts";
import { complaints, objectsOf, whyMissing } from "./judges.ts";

const FOLDER = "deploy/monitoring";
const { resources } = parse(await Deno.readTextFile(`${FOLDER}/kustomization.yaml`)) as {
  readonly resources: readonly string[];
};
const manifests = await Promise.all(
  resources.map((name) => Deno.readTextFile(`${FOLDER}/${name}`)),
);

testUnless(await whyMissing("kubeconform"), "kubeconform accepts deploy/monitoring", async () => {
  assert.equal(await complaints(manifests), "");
  const kinds = manifests.flatMap(objectsOf).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["ServiceMonitor", "PrometheusRule", "NetworkPolicy"]);
});

Deno.test("the ServiceMonitor selects the Service, and its named port", async () => {
  const [monitor] = manifests.flatMap(objectsOf);
  const [service] = objectsOf(await Deno.readTextFile("deploy/action/service.yaml"));
  const { matchLabels } = monitor!.spec.selector;
  for (const [label, value] of Object.entries(matchLabels)) {
    assert.equal(service!.metadata.labels?.[label], value);
  }
  const ports = service!.spec.ports.map(({ name }: { readonly name: string }) => name);
  assert.ok(ports.includes(monitor!.spec.endpoints[0].port));
});
