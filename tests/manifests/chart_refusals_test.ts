/** Values of the Helm chart that cannot work are refused, and the message says which. */
import assert from "node:assert/strict";
import { testUnless } from "../support/skipping.ts";
import type { Values } from "./chart_values.ts";
import { whyMissing } from "./judges.ts";
import { render } from "./render_chart.ts";

const missing = await whyMissing("helm");

const REFUSED: readonly [title: string, values: Values, complaint: RegExp][] = [
  ["two replicas without a history", { replicaCount: 2 }, /several replicas: .*history\.enabled/],
  ["no token", { triggerToken: { enabled: false } }, /without a token/],
  [
    "an SDK with keys but no key file",
    { tokens: { sdk: "aes-siv" } },
    /tokens\.keys\.existingSecret/,
  ],
  ["Vault without an address", { tokens: { sdk: "vault-transit" } }, /vault\.address/],
  ["DataHub without an address", { datahub: { enabled: true } }, /datahub\.url/],
  [
    "DataHub without tags",
    { datahub: { enabled: true, url: "http://gms:8080" } },
    /datahub\.tags/,
  ],
  [
    "DataHub in mode run, with all datasets",
    { datahub: { enabled: true, url: "http://gms:8080", tags: ["a"], mode: "run" } },
    /allowedDatasets/,
  ],
  [
    "DataHub in mode approve, without a tag for that",
    { datahub: { enabled: true, url: "http://gms:8080", tags: ["a"], mode: "approve" } },
    /approvalTag/,
  ],
  ["sweeps without DataHub", { sweep: { enabled: true } }, /datahub\.enabled/],
  ["an Ingress for no host", { ingress: { enabled: true } }, /ingress\.hosts/],
  ["a route of no Gateway", { httpRoute: { enabled: true } }, /httpRoute\.parentRefs/],
  ["a CA in two places", { postgres: { ca: { configMap: "a", secret: "b" } } }, /not both/],
  ["a key that does not exist", { postgres: { enable: true } }, /'enable' not allowed/],
  ["a tag that is latest", { image: { tag: "latest" } }, /image\/tag/],
  ["an unknown mode", { datahub: { mode: "always" } }, /datahub\/mode/],
  ["an unknown token SDK", { tokens: { sdk: "rot13" } }, /tokens\/sdk/],
  ["a port that is none", { service: { port: 0 } }, /service\/port/],
  ["a schedule that is none", { sweep: { schedule: "daily" } }, /sweep\/schedule/],
];

for (const [title, values, complaint] of REFUSED) {
  testUnless(missing, `the chart refuses ${title}`, async () => {
    const { success, stderr } = await render(values);
    assert.equal(success, false);
    assert.match(stderr, complaint);
  });
}
