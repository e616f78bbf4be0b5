/**
 * The servers that the connection parameters name: lists of hosts, addresses and ports, side by side.
 *
 * Source: PostgreSQL documentation, "34.1.1.3 Specifying Multiple Hosts" and "34.1.2 Parameter Key Words";
 * for what they leave open, libpq's `pqConnectOptions2`.
 */
import { isHost } from "../../../host_name.ts";
import type { Parameters } from "./gather_parameters.ts";

/** A server that may be connected to. */
export interface ServerAddress {
  /** What its certificate is compared with: a name or an IP address. */
  readonly host: string;
  /** Where to connect: `host`, or the IP address that stands beside it. */
  readonly address: string;
  readonly port: number;
}

const DEFAULT_HOST = "localhost";
const DEFAULT_PORT = 5432;

/** The servers in the order in which they are named: at least one. Throws a `ConfigError`. */
export function readServers(parameters: Parameters): readonly ServerAddress[] {
  const list = (name: string) => parameters.take(name)?.split(",").map((each) => each.trim());
  const hosts = list("host");
  const addresses = list("hostaddr");
  const ports = list("port") ?? [];
  const count = (addresses ?? hosts ?? [""]).length;
  if (hosts !== undefined && hosts.length !== count) {
    throw parameters.fault("hostaddr", "needs as many entries as host has");
  }
  if (ports.length > 1 && ports.length !== count) {
    throw parameters.fault("port", "needs one entry, or as many as there are hosts");
  }
  return Array.from({ length: count }, (_, i) => {
    const address = addresses?.[i] || undefined;
    const host = hosts?.[i] || address || DEFAULT_HOST;
    const port = (ports.length === 1 ? ports[0] : ports[i]) || String(DEFAULT_PORT);
    checkHost(parameters, host);
    if (address !== undefined && !isIpAddress(address)) {
      throw parameters.fault("hostaddr", "is not made of IP addresses");
    }
    return {
      host,
      address: address ?? host,
      port: parameters.integer("port", port, 1, 65535),
    };
  });
}

function checkHost(parameters: Parameters, host: string): void {
  if (host.startsWith("/") || host.startsWith("@")) {
    throw parameters.fault(
      "host",
      "is a Unix socket, which the sandbox cannot be given: name a host and a port",
    );
  }
  if (!isHost(host)) {
    throw parameters.fault("host", "is not made of host names and IP addresses");
  }
}

function isIpAddress(text: string): boolean {
  return isHost(text) && (text.includes(":") || /^\d+(\.\d+){3}$/.test(text));
}
