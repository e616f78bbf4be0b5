/**
 * What the sandbox may reach, derived from the configuration by a pure function, so that it can be
 * printed (`tokenize permissions`), tested and trusted.
 */
import type { Config, Connection, HistorySettings, SdkSettings } from "../config.ts";
import { isHost, toAuthority, withoutBrackets } from "../host_name.ts";
import type { Command } from "../command.ts";
import { findAdapter } from "../tokens/adapters.ts";

/** One host and port the sandbox may use, and what for. */
export interface HostGrant {
  /** As Deno writes it: `host:port`, IPv6 addresses in brackets. */
  readonly host: string;
  readonly why: string;
}

/** One file that the sandbox may read, as an absolute path, and what for. */
export interface FileGrant {
  readonly file: string;
  readonly why: string;
}

/** All that the sandbox is given: hosts, each once, and files. */
export interface Grants {
  readonly hosts: readonly HostGrant[];
  readonly files: readonly FileGrant[];
}

/** What `command` needs under `config`. */
export function grantsFor(command: Command, config: Config): Grants {
  return { hosts: hostGrants(command, config), files: fileGrants(command, config) };
}

function hostGrants(command: Command, config: Config): HostGrant[] {
  switch (command.name) {
    case "serve":
      return unique([
        grant(config.listen.hostname, config.listen.port, "listen for requests (HOST, PORT)"),
        ...workGrants(config),
        ...historyGrants(config),
        ...datahubGrants(config),
        ...traceGrants(config),
      ]);
    case "run":
    case "plan":
    case "rotate":
    case "restore":
      return unique([...workGrants(config), ...historyGrants(config), ...traceGrants(config)]);
    case "complete-columns":
      return unique(workGrants(config));
    case "history migrate":
      return unique(historyGrants(config));
    case "verify":
      return unique([
        ...workGrants(config),
        ...(command.tagged ? datahubGrants(config) : []),
      ]);
    case "doctor":
    case "datahub plan":
    case "datahub sweep":
      return unique([
        ...workGrants(config),
        ...historyGrants(config),
        ...datahubGrants(config),
        ...traceGrants(config),
      ]);
    case "datahub status":
      return unique([actionGrant(command.url), ...datahubGrants(config)]);
    case "detokenize":
    case "token":
      return unique(sdkGrants(config));
    case "trigger":
    case "smoke":
    case "healthcheck":
      return [actionGrant(command.url)];
  }
}

function actionGrant(url: string): HostGrant {
  const { hostname, port, protocol } = new URL(url);
  return grant(hostname, portOf(port, protocol), "ask the running action (--url)");
}

/** The files that are read while the command runs, since others renew them. */
function fileGrants(command: Command, config: Config): FileGrant[] {
  if ("url" in command) return []; // another action does the work
  return sdksIn(config).flatMap(({ adapter, settings, why }) =>
    (adapter?.files?.(settings) ?? []).map((file) => ({ file, why }))
  );
}

/** Whether it names exactly one host. A setting could contain a pattern, which would open more. */
export function isGrantable({ host }: HostGrant): boolean {
  return isHost(withoutBrackets(host.replace(/:\d+$/, "")));
}

/** Deno's permissions for the sandbox: these hosts and files, and nothing else of the machine. */
export function workerPermissions({ hosts, files }: Grants): Deno.PermissionOptionsObject {
  return {
    net: hosts.map(({ host }) => host),
    env: false,
    read: files.length > 0 && files.map(({ file }) => file),
    write: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  };
}

function workGrants(config: Config): HostGrant[] {
  return config.connections.flatMap(connectionGrants).concat(sdkGrants(config));
}

function connectionGrants({ platform, settings, origin }: Connection): HostGrant[] {
  if (platform === "postgres") return serverGrants(settings, `Postgres (${origin})`);
  const { host, port } = settings;
  const grants = [grant(host, port, `Databricks warehouse (${origin})`)];
  if (settings.authentication.kind === "service_principal") {
    const { hostname, port } = new URL(settings.authentication.tokenEndpoint);
    grants.push(grant(hostname, Number(port || 443), `Databricks access tokens (${origin})`));
  }
  return grants;
}

function serverGrants({ servers }: HistorySettings["database"], why: string): HostGrant[] {
  return servers.map(({ address, port }) => grant(address, port, why));
}

function historyGrants({ history }: Config): HostGrant[] {
  return history === undefined ? [] : serverGrants(history.database, "history (HISTORY_CONN_STR)");
}

function datahubGrants({ datahub }: Config): HostGrant[] {
  if (datahub === undefined) return [];
  const { hostname, port, protocol } = new URL(datahub.gms.url);
  return [grant(hostname, portOf(port, protocol), "DataHub (DATAHUB_GMS_URL)")];
}

function traceGrants({ traces }: Config): HostGrant[] {
  if (traces === undefined) return [];
  const { hostname, port, protocol } = new URL(traces.url);
  return [grant(hostname, portOf(port, protocol), "traces (OTEL_EXPORTER_OTLP_ENDPOINT)")];
}

function sdkGrants(config: Config): HostGrant[] {
  return sdksIn(config).flatMap(({ adapter, settings, why }) =>
    (adapter?.endpoints(settings) ?? []).map(({ hostname, port }) => grant(hostname, port, why))
  );
}

/** The token SDKs in use. */
function sdksIn({ tokenSdk, rotateFrom }: Config) {
  const use = ({ mode, settings }: SdkSettings, why: string) => {
    return { adapter: findAdapter(mode), settings, why };
  };
  const sdks = [use(tokenSdk, `token SDK (TOKEN_SDK_MODE=${tokenSdk.mode})`)];
  if (rotateFrom !== undefined) {
    sdks.push(use(rotateFrom, `token SDK to rotate from (--from ${rotateFrom.mode})`));
  }
  return sdks;
}

/** The port of a URL, which leaves out the one that its protocol implies. */
function portOf(port: string, protocol: string): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function grant(hostname: string, port: number, why: string): HostGrant {
  return { host: toAuthority(hostname, port), why };
}

function unique(grants: readonly HostGrant[]): HostGrant[] {
  const byHost = new Map<string, Set<string>>();
  for (const { host, why } of grants) {
    byHost.set(host, (byHost.get(host) ?? new Set()).add(why));
  }
  return [...byHost].map(([host, why]) => ({ host, why: [...why].join("; ") }));
}
