/**
 * Says what NetworkPolicies allow, as Kubernetes defines it, for clusters that have the objects but
 * no plugin that enforces them.
 *
 * Source: Kubernetes' API reference, "NetworkPolicy v1 networking.k8s.io".
 */

/** Labels by key. */
export type Labels = Readonly<Record<string, string>>;

/** The part of a label selector that policies use. */
export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

interface PolicyPeer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number;
  readonly endPort?: number;
}

/** A NetworkPolicy object. */
export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly {
      readonly from?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
    readonly egress?: readonly {
      readonly to?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
  };
}

/** One end of a connection: a pod, or an IPv4 address outside the cluster. */
export type End =
  | { readonly namespace: string; readonly namespaceLabels: Labels; readonly labels: Labels }
  | { readonly address: string };

/** A connection that somebody tries. */
export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/** Whether a connection may be made: the sender's policies and the receiver's both allow it. */
export function isAllowed(policies: readonly NetworkPolicy[], connection: Connection): boolean {
  const { from, to } = connection;
  return sideAllows(policies, "Egress", from, to, connection) &&
    sideAllows(policies, "Ingress", to, from, connection);
}

/** An end that no policy selects for this direction is open; else one rule has to let it through. */
function sideAllows(
  policies: readonly NetworkPolicy[],
  direction: "Ingress" | "Egress",
  self: End,
  other: End,
  { port, protocol = "TCP" }: Connection,
): boolean {
  if ("address" in self) return true;
  const selecting = policies.filter(({ metadata, spec }) =>
    metadata.namespace === self.namespace && spec.policyTypes.includes(direction) &&
    matches(spec.podSelector, self.labels)
  );
  if (selecting.length === 0) return true;
  return selecting.some(({ metadata, spec }) => {
    const rules = direction === "Ingress"
      ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.some(({ peers, ports }) =>
      (peers === undefined || peers.some((peer) => isPeer(peer, other, metadata.namespace))) &&
      (ports === undefined || ports.some((each) => isPort(each, port, protocol)))
    );
  });
}

function isPeer(peer: PolicyPeer, end: End, ownNamespace: string): boolean {
  if ("address" in end) {
    const { ipBlock } = peer;
    return ipBlock !== undefined && isInside(end.address, ipBlock.cidr) &&
      !(ipBlock.except ?? []).some((cidr) => isInside(end.address, cidr));
  }
  if (peer.podSelector === undefined && peer.namespaceSelector === undefined) return false;
  const namespaceFits = peer.namespaceSelector === undefined
    ? end.namespace === ownNamespace
    : matches(peer.namespaceSelector, end.namespaceLabels);
  return namespaceFits && matches(peer.podSelector ?? {}, end.labels);
}

function isPort(rule: PolicyPort, port: number, protocol: string): boolean {
  if ((rule.protocol ?? "TCP") !== protocol) return false;
  return rule.port === undefined || (port >= rule.port && port <= (rule.endPort ?? rule.port));
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
      }
    });
}

function isInside(address: string, cidr: string): boolean {
  const [network, bits] = cidr.split("/");
  if (network === undefined || network.includes(":")) return false; // an IPv4 address never is
  const mask = Number(bits) === 0 ? 0 : ~0 << (32 - Number(bits));
  return (toNumber(address) & mask) === (toNumber(network) & mask);
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => (sum << 8) + Number(part), 0);
}
