/** The program `tokenize`: which command, with which configuration; then hand over. */
import "./sandbox/no_environment.ts";
import { readCommandLine, USAGE_EXIT_CODE } from "./command_line.ts";
import { printPermissions } from "./commands/permissions.ts";
import { type Config, loadConfig } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { stackFrames } from "./stack_frames.ts";
import { toAuthority } from "./host_name.ts";
import { fileGrants, hostGrants, isGrantable } from "./sandbox/grants.ts";
import { supervise } from "./sandbox/supervisor.ts";

async function main(): Promise<number> {
  useNoProxy();
  const request = readCommandLine(Deno.args, Deno.stdout.isTerminal());
  if (request.kind === "answered") return request.exitCode;
  const config = readConfig(request.kind === "job" ? request.rotateFrom : undefined);
  if (config === undefined) return USAGE_EXIT_CODE;
  const job = request.kind === "job" ? request.job(ownUrl(config)) : { command: "serve" } as const;
  if (job.command === "detokenize" && !config.allowDetokenize) {
    console.error("tokenize: ALLOW_DETOKENIZE: tokens are read back only where it is true");
    return USAGE_EXIT_CODE;
  }
  const hosts = hostGrants(job, config);
  const malformed = hosts.find((grant) => !isGrantable(grant));
  if (malformed !== undefined) {
    console.error(`tokenize: Cannot use the host for "${malformed.why}": it is not a host's name`);
    return USAGE_EXIT_CODE;
  }
  if (request.kind === "permissions") {
    printPermissions(hosts, fileGrants(job, config), request.json);
    return 0;
  }
  return await supervise(job, config);
}

/**
 * The runtime's `fetch` would go by the proxy that HTTPS_PROXY and the like name, past the sandbox's
 * list of hosts. This names every host and address as one to be reached without.
 */
function useNoProxy(): void {
  Deno.env.set("NO_PROXY", "*,0.0.0.0/0,::/0");
}

/** The configuration, or nothing after saying what is wrong with it. */
function readConfig(rotateFrom: string | undefined): Config | undefined {
  try {
    return loadConfig({
      variable: (name) => Deno.env.get(name) || undefined,
      file: (path) => Deno.readTextFileSync(path),
      isTerminal: Deno.stderr.isTerminal(),
    }, rotateFrom);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { variable, reason } of error.faults) {
      console.error(`tokenize: ${variable}: ${reason}`);
    }
    return undefined;
  }
}

/** Where an action with this configuration answers on this machine. */
function ownUrl({ listen: { hostname, port } }: Config): string {
  const host = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${toAuthority(host, port)}`;
}

/** A defect outside of the sandbox. Its message may hold anything, so it isn't shown. */
function reportDefect(error: unknown): number {
  const kind = error instanceof Error ? error.name : typeof error;
  console.error([`tokenize: unexpected ${kind}, a defect`, ...stackFrames(error)].join("\n  "));
  return 1;
}

Deno.exit(await main().catch(reportDefect));
