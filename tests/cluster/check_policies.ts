/**
 * Holds the cluster's own NetworkPolicy objects against who is meant to reach whom, and prints a line
 * for each: `ok` or `not ok`. The pods' labels are the running pods' own.
 *
 *     check_policies.ts NAMESPACE WAREHOUSE_PORT|none OBJECTS.json…
 *
 * OBJECTS.json is a list of objects as `kubectl get --output json` prints it; the first file with any
 * NetworkPolicy counts for those, all of them for the pods.
 */
import { type End, isAllowed, type Labels, type NetworkPolicy } from "./network_policies.ts";

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly labels?: Labels };
}

const [namespace, warehouse, ...files] = Deno.args;
if (namespace === undefined || warehouse === undefined || files.length === 0) {
  console.error("usage: check_policies.ts NAMESPACE WAREHOUSE_PORT|none OBJECTS.json…");
  Deno.exit(2);
}
const lists = files.map((file) =>
  (JSON.parse(Deno.readTextFileSync(file)) as { items: readonly KubernetesObject[] }).items
);
const policies = lists
  .map((items) =>
    items.filter(({ kind }) => kind === "NetworkPolicy") as unknown as NetworkPolicy[]
  )
  .find((found) => found.length > 0) ?? [];
const pods = lists.flat().filter(({ kind }) => kind === "Pod");

const MAY_TRIGGER = { "tokenize-action/may-trigger": "true" };
const own = (labels: Labels): End => ({ namespace, namespaceLabels: {}, labels });
const foreign = (namespaceLabels: Labels, labels: Labels): End => (
  { namespace: "somewhere-else", namespaceLabels, labels }
);

const action = running("tokenize-action");
const postgres = running("postgres");
const smoke = running("tokenize-smoke");
const caller = own(MAY_TRIGGER);
const stranger = own({ app: "stranger" });
const dns: End = {
  namespace: "kube-system",
  namespaceLabels: { "kubernetes.io/metadata.name": "kube-system" },
  labels: { "k8s-app": "kube-dns" },
};
const outside: End = { address: "203.0.113.9" };
const metadata: End = { address: "169.254.169.254" };

const EXPECTATIONS: readonly [title: string, from: End, to: End, port: number, allowed: boolean][] =
  [
    ["the smoke Job may trigger", smoke, action, 8080, true],
    ["a pod with the label may trigger", caller, action, 8080, true],
    [
      "a pod with the label, in a namespace with the label, may trigger",
      foreign(MAY_TRIGGER, MAY_TRIGGER),
      action,
      8080,
      true,
    ],
    ["a pod without the label may not trigger", stranger, action, 8080, false],
    [
      "a pod without the label, in a namespace with it, may not trigger",
      foreign(MAY_TRIGGER, {}),
      action,
      8080,
      false,
    ],
    [
      "a pod with the label, in a namespace without it, may not trigger",
      foreign({}, MAY_TRIGGER),
      action,
      8080,
      false,
    ],
    ["Postgres may not trigger", postgres, action, 8080, false],
    ["nobody reaches another port of the action", caller, action, 9090, false],
    ["nobody outside the cluster may trigger", outside, action, 8080, false],
    ["the action reaches Postgres", action, postgres, 5432, true],
    ["the smoke Job does not reach Postgres", smoke, postgres, 5432, false],
    ["a pod without the label does not reach Postgres", stranger, postgres, 5432, false],
    ["another namespace does not reach Postgres", foreign(MAY_TRIGGER, {}), postgres, 5432, false],
    ["the action reaches no other port of Postgres", action, postgres, 22, false],
    ["the action reaches DNS", action, dns, 53, true],
    ["the smoke Job reaches DNS", smoke, dns, 53, true],
    ["Postgres does not reach DNS", postgres, dns, 53, false],
    ["Postgres reaches nothing outside", postgres, outside, 443, false],
    ["the smoke Job reaches nothing outside", smoke, outside, 443, false],
    ["the action does not reach port 80 outside", action, outside, 80, false],
    [
      "the action does not reach a cloud's metadata",
      action,
      metadata,
      Number(warehouse) || 443,
      false,
    ],
    warehouse === "none"
      ? ["the action reaches nothing outside, with no warehouse", action, outside, 443, false]
      : [
        "the action reaches the warehouse's port outside",
        action,
        outside,
        Number(warehouse),
        true,
      ],
  ];

let failed = false;
for (const [title, from, to, port, allowed] of EXPECTATIONS) {
  const protocols = port === 53 ? ["TCP", "UDP"] as const : ["TCP"] as const;
  const right = protocols.every((protocol) =>
    isAllowed(policies, { from, to, port, protocol }) === allowed
  );
  console.log(`${right ? "ok" : "not ok"} - ${title}`);
  failed ||= !right;
}
Deno.exit(failed ? 1 : 0);

/** A pod that runs, or ran, under this name. */
function running(name: string): End {
  const pod = pods.find(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === name);
  if (pod === undefined) throw new Error(`Cannot check policies: there is no pod of ${name}`);
  return own(pod.metadata.labels ?? {});
}
