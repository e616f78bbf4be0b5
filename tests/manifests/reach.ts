/** Which ports outside the cluster the action reaches, as the NetworkPolicies of a manifest say. */
import { type End, isAllowed, type NetworkPolicy } from "../cluster/network_policies.ts";
import type { KubernetesObject } from "./judges.ts";

const NAMESPACE = "data";
const OUTSIDE: End = { address: "203.0.113.9" };
/** Where clouds keep the credentials of their machines. */
const METADATA: End = { address: "169.254.169.254" };
const PORTS = [22, 80, 443, 5432, 8080, 8200];

/** Who reaches whom. */
export interface Reach {
  /** The ports outside that the action reaches. */
  readonly out: readonly number[];
  /** Whether it reaches a cloud's metadata, on any of these ports. */
  readonly metadata: boolean;
  /** Whether a pod with the label may trigger, and one without it. */
  readonly caller: boolean;
  readonly stranger: boolean;
}

/** Works it out by Kubernetes's rules, for the pods of the Deployment. */
export function reachOf(objects: readonly KubernetesObject[]): Reach {
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy")
    .map((object) => ({
      ...object,
      metadata: { ...object.metadata, namespace: NAMESPACE },
    })) as unknown as NetworkPolicy[];
  const { labels } = objects.find(({ kind }) => kind === "Deployment")!.spec.template.metadata;
  const pod = (own: Readonly<Record<string, string>>): End => (
    { namespace: NAMESPACE, namespaceLabels: {}, labels: own }
  );
  const action = pod(labels);
  const reaches = (from: End, to: End, port: number) => isAllowed(policies, { from, to, port });
  return {
    out: PORTS.filter((port) => reaches(action, OUTSIDE, port)),
    metadata: PORTS.some((port) => reaches(action, METADATA, port)),
    caller: reaches(pod({ "tokenize-action/may-trigger": "true" }), action, 8080),
    stranger: reaches(pod({ app: "stranger" }), action, 8080),
  };
}
