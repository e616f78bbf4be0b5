/** The Helm chart: what it makes of any combination of values is what Kubernetes accepts. */
import assert from "node:assert/strict";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { goTool } from "../support/go_tools.ts";
import { testUnless } from "../support/skipping.ts";
import { merge, SWITCHES, type Values } from "./chart_values.ts";
import {
  CHART,
  complaints,
  type KubernetesObject,
  objectsOf,
  run,
  runTool,
  whyMissing,
} from "./judges.ts";
import { coverPairs } from "./pairs.ts";
import { render, withValues } from "./render_chart.ts";
import { reachOf } from "./reach.ts";

const missing = await whyMissing("helm", "kubeconform");

const combinations = coverPairs(Object.values(SWITCHES).map((positions) => positions.length))
  .map((combination) =>
    Object.values(SWITCHES).map((positions, i) => positions[combination[i]!]!).reduce(merge, {})
  );
const rendered = missing === undefined ? await renderAll() : [];

/** Each position of each switch alone, too, as most people have it. */
async function renderAll() {
  const singly = Object.values(SWITCHES).flat();
  const made: { values: Values; manifest: string; objects: KubernetesObject[] }[] = [];
  for (const values of [...singly, ...combinations]) {
    const { success, stdout, stderr } = await render(values);
    assert.ok(success, `${stderr}\nof ${JSON.stringify(values)}`);
    made.push({ values, manifest: stdout, objects: objectsOf(stdout) });
  }
  return made;
}

/** The pods that an object makes. */
function podsOf({ kind, metadata, spec }: KubernetesObject) {
  if (kind === "Deployment") return [spec.template];
  if (kind === "Job") return [spec.template];
  if (kind === "CronJob") return [spec.jobTemplate.spec.template];
  return kind === "Pod" ? [{ metadata, spec }] : [];
}

function only(objects: readonly KubernetesObject[], kind: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0]!;
}

testUnless(missing, "helm lint has nothing to say, whatever the values", async () => {
  for (const values of [{}, ...combinations]) {
    const { success, stdout } = await withValues(
      values,
      (file) => runTool("helm", ["lint", "--strict", CHART, `--values=${file}`]),
    );
    assert.ok(success, `${stdout}\nof ${JSON.stringify(values)}`);
  }
});

testUnless(missing, "what the chart makes of any two switches is valid to Kubernetes", async () => {
  assert.ok(rendered.length > 40, String(rendered.length));
  assert.equal(await complaints(rendered.map(({ manifest }) => manifest)), "");
});

testUnless(missing, "a field that Kubernetes does not have would be found", async () => {
  const [{ manifest }] = rendered as [typeof rendered[number]];
  const wrong = manifest.replace("automountServiceAccountToken", "automountServiceAccountTokens");
  assert.match(await complaints([wrong]), /automountServiceAccountTokens/);
  assert.match(
    await complaints([manifest.replace("containerPort: 8080", "containerPort: x")]),
    /containerPort/,
  );
});

testUnless(missing, "no combination makes two objects of one name, or a Secret", () => {
  for (const { values, objects } of rendered) {
    const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    assert.equal(new Set(names).size, names.length, JSON.stringify(values));
    assert.equal(objects.filter(({ kind }) => kind === "Secret").length, 0);
  }
});

testUnless(missing, "by default Deployment and Service are called tokenize-action", () => {
  const [{ objects }] = rendered as [typeof rendered[number]];
  assert.deepEqual(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort(), [
    "Deployment/tokenize-action",
    "NetworkPolicy/tokenize-action",
    "Pod/tokenize-action-test",
    "PodDisruptionBudget/tokenize-action",
    "Service/tokenize-action",
    "ServiceAccount/tokenize-action",
  ]);
});

testUnless(
  missing,
  'every pod is confined as Pod Security\'s profile "restricted" asks, and has no API token',
  () => {
    for (const pod of rendered.flatMap(({ objects }) => objects.flatMap(podsOf))) {
      assert.equal(pod.spec.automountServiceAccountToken, false);
      assert.equal(pod.spec.enableServiceLinks, false);
      assert.equal(pod.spec.securityContext.runAsNonRoot, true);
      assert.equal(pod.spec.securityContext.seccompProfile.type, "RuntimeDefault");
      const [{ securityContext }] = pod.spec.containers;
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
    }
  },
);

testUnless(missing, "a Service leads to the pods of the Deployment, and to no others", () => {
  for (const { objects } of rendered) {
    const { selector } = only(objects, "Service").spec;
    for (const object of objects) {
      for (const pod of podsOf(object)) {
        const selected = Object.entries(selector).every(([key, value]) =>
          pod.metadata.labels[key] === value
        );
        assert.equal(selected, object.kind === "Deployment", object.metadata.name);
      }
    }
  }
});

testUnless(missing, "every variable is a setting of the program, or one of the user's", () => {
  const known = new Set(ENVIRONMENT_NAMES);
  const pods = rendered.flatMap(({ objects }) => objects.flatMap(podsOf));
  const names = pods.flatMap(({ spec }) => (spec.containers[0].env ?? []) as { name: string }[]);
  assert.ok(names.length > 500);
  for (const { name } of names) assert.ok(known.has(name) || /^TOKENIZE_/.test(name), name);
});

testUnless(missing, "files with secrets are mounted so that nobody else can read them", () => {
  for (const { spec } of rendered.flatMap(({ objects }) => objects.flatMap(podsOf))) {
    for (const { name, secret, projected } of spec.volumes ?? []) {
      if (!["keys", "receipts", "vault-login"].includes(name)) continue;
      assert.equal((secret ?? projected).defaultMode, 0o440, name);
      assert.equal(spec.securityContext.fsGroup, 65532);
    }
  }
});

testUnless(
  missing,
  "with the NetworkPolicy, only labelled pods may trigger, and a cloud's metadata stays closed",
  async () => {
    const reach = async (values: Values) => reachOf(objectsOf((await render(values)).stdout));
    const closed = { metadata: false, caller: true, stranger: false };
    assert.deepEqual(await reach({}), { out: [5432], ...closed });
    assert.deepEqual(await reach({ databricks: { enabled: true } }), {
      out: [443, 5432],
      ...closed,
    });
    const elsewhere = { egress: { postgres: { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] } } };
    assert.deepEqual(await reach({ networkPolicy: elsewhere }), { out: [], ...closed });
    const tracing = { tracing: { endpoint: "https://collector.example.com" } };
    assert.deepEqual(await reach(tracing), { out: [443, 5432], ...closed });
    const open = await reach({ networkPolicy: { enabled: false } });
    assert.ok(open.stranger && open.metadata);
  },
);

testUnless(
  missing,
  "a changed configuration file rolls the pods, and numbers in it stay whole",
  async () => {
    const made = await Promise.all(
      [86400000, 86400001].map((limit) => render({ config: { run_timeout_ms: limit } })),
    );
    const sums = made.map(({ stdout }) =>
      only(objectsOf(stdout), "Deployment").spec.template.metadata.annotations["checksum/config"]
    );
    assert.notEqual(sums[0], sums[1]);
    const file = only(objectsOf(made[0]!.stdout), "ConfigMap").data["config.yaml"];
    assert.equal(file, "run_timeout_ms: 86400000\n");
  },
);

testUnless(missing, "the chart of a release has its version, and names its image", async () => {
  const helm = await goTool("helm");
  const dir = await Deno.makeTempDir({ prefix: "tokenize-chart-" });
  try {
    const image = "registry.example.com/owner/tokenize-action";
    const args = [`HELM=${helm}`, "scripts/release_chart.sh", "v1.2.3", image, dir];
    const { success, stderr } = await run("env", args);
    assert.ok(success, stderr);
    const packed = `${dir}/tokenize-action-v1.2.3-chart.tgz`;
    const { stdout } = await runTool("helm", ["template", "tokenize-action", packed]);
    const [container] = only(objectsOf(stdout), "Deployment").spec.template.spec.containers;
    assert.equal(container.image, `${image}:1.2.3`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
