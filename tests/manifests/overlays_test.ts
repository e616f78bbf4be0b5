/** The Kustomize overlays and the demonstration: valid, on one base, and as closed as they say. */
import assert from "node:assert/strict";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { testUnless } from "../support/skipping.ts";
import { complaints, type KubernetesObject, objectsOf, run, whyMissing } from "./judges.ts";
import { reachOf } from "./reach.ts";

/** The ports that each opens to the outside, and the keys of the Secret that it needs. */
const OVERLAYS: Readonly<Record<string, { ports: number[]; secrets: string[] }>> = {
  "external-postgres": { ports: [5432], secrets: ["PG_CONN_STR"] },
  databricks: { ports: [443], secrets: ["DBX_JDBC_URL"] },
  datahub: { ports: [5432, 8080], secrets: ["DATAHUB_GMS_TOKEN", "PG_CONN_STR"] },
  history: { ports: [5432], secrets: ["HISTORY_CONN_STR", "PG_CONN_STR"] },
  vault: { ports: [5432, 8200], secrets: ["PG_CONN_STR"] },
};

const missing = await run("kubectl", ["version", "--client"]).then(
  ({ success }) => success ? undefined : "kubectl does not run",
  () => "kubectl is not installed",
) ?? await whyMissing("kubeconform");

const rendered: Record<string, { manifest: string; objects: KubernetesObject[] }> = {};
if (missing === undefined) {
  for (const name of Object.keys(OVERLAYS)) {
    const { success, stdout, stderr } = await run("kubectl", [
      "kustomize",
      `deploy/overlays/${name}`,
    ]);
    assert.ok(success, stderr);
    rendered[name] = { manifest: stdout, objects: objectsOf(stdout) };
  }
}

function deploymentOf(name: string) {
  return rendered[name]!.objects.find(({ kind }) => kind === "Deployment")!;
}

Deno.test("every overlay is known here", async () => {
  const folders = (await Array.fromAsync(Deno.readDir("deploy/overlays"))).map(({ name }) => name);
  assert.deepEqual(folders.sort(), Object.keys(OVERLAYS).sort());
});

Deno.test("every component is part of the demonstration or of an overlay", async () => {
  const overlays = Object.keys(OVERLAYS).map((name) =>
    `deploy/overlays/${name}/kustomization.yaml`
  );
  const texts = await Promise.all(
    [...overlays, "deploy/demo/kustomization.yaml"].map((path) => Deno.readTextFile(path)),
  );
  for await (const { name } of Deno.readDir("deploy/components")) {
    assert.ok(texts.some((text) => new RegExp(`components/${name}\\b(?!-)`).test(text)), name);
  }
});

testUnless(missing, "what the overlays make is valid to Kubernetes", async () => {
  assert.equal(await complaints(Object.values(rendered).map(({ manifest }) => manifest)), "");
});

testUnless(
  missing,
  "an overlay makes no Secret, and refers to the keys that its comment names",
  async () => {
    for (const [name, { secrets }] of Object.entries(OVERLAYS)) {
      assert.ok(!rendered[name]!.objects.some(({ kind }) => kind === "Secret"));
      const environment = deploymentOf(name).spec.template.spec.containers[0].env as {
        name: string;
        valueFrom?: { secretKeyRef?: { name: string; key: string } };
      }[];
      const keys = environment.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []);
      assert.deepEqual(keys.sort(), [...secrets, "TRIGGER_TOKEN"].sort(), name);
      const comment = await Deno.readTextFile(`deploy/overlays/${name}/kustomization.yaml`);
      for (const key of keys) {
        assert.ok(
          comment.includes(`--from-literal=${key}=`),
          `${name}: ${key}`,
        );
      }
      for (const each of environment) assert.ok(ENVIRONMENT_NAMES.includes(each.name), each.name);
    }
  },
);

testUnless(
  missing,
  "an overlay opens the ports that it needs, and only labelled pods may trigger",
  () => {
    for (const [name, { ports }] of Object.entries(OVERLAYS)) {
      const expected = { out: ports, metadata: false, caller: true, stranger: false };
      assert.deepEqual(reachOf(rendered[name]!.objects), expected, name);
    }
  },
);

testUnless(missing, "only the overlay with a history has two replicas", () => {
  for (const name of Object.keys(OVERLAYS)) {
    assert.equal(deploymentOf(name).spec.replicas, name === "history" ? 2 : 1, name);
  }
});

testUnless(
  missing,
  "a pod has no token of its service account, but Vault's gets one for Vault",
  () => {
    for (const name of Object.keys(OVERLAYS)) {
      const { automountServiceAccountToken, volumes = [] } = deploymentOf(name).spec.template.spec;
      assert.equal(automountServiceAccountToken, false);
      const tokens = volumes.flatMap(({ projected }: { projected?: { sources: unknown[] } }) =>
        projected?.sources ?? []
      );
      const expected = {
        serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 },
      };
      assert.deepEqual(tokens, name === "vault" ? [expected] : [], name);
    }
  },
);
