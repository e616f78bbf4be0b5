/** The checks of `tokenize doctor`. Each gives lines, never throws, writes nothing and shows no secret. */
import { dryRunContext } from "../action/dry_run_context.ts";
import type { ActionDependencies } from "../action/tokenize_dataset.ts";
import type { DatasetArguments, DoctorCommand, MachineFacts } from "../command.ts";
import type { Config, Connection } from "../config.ts";
import { counted, grouped } from "../counted.ts";
import {
  maySuggestFor,
  requireTableAllowed,
  requireUrnAllowed,
} from "../datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../datahub/dataset_urn.ts";
import { parseColumns } from "../datahub/schema_field.ts";
import { isLoopback } from "../host_name.ts";
import { type ServiceError, toServiceError } from "../errors.ts";
import type { Platform } from "../platforms/platform.ts";
import { selectPlatform } from "../platforms/select_platform.ts";
import { DEFAULT_RUN_OPTIONS } from "../run_options.ts";
import { findAdapter } from "../tokens/adapters.ts";
import { tokenizing } from "../tokens/conversion.ts";
import { packTexts, unpackTexts } from "../tokens/packed_texts.ts";
import { toPredicate } from "../tokens/selection.ts";
import { advice, failed, type Finding, notChecked, ok, SETTINGS_CHECK } from "./findings.ts";
import { ENOUGH_OPEN_FILES } from "./machine_facts.ts";

/** Reserved for documentation (RFC 5737): nobody is there, and no setting names it. */
const ELSEWHERE = { hostname: "192.0.2.1", port: 9 };
const MAX_CLOCK_SECONDS = 30;
const MIN_OPEN_FILES = 256;

/** What the checks work with. */
export interface DoctorDependencies {
  readonly config: Config;
  readonly action: ActionDependencies;
  readonly signal: AbortSignal;
}

/** A check, by its number of lines in the order of the output. */
type Check = () => Promise<readonly Finding[]>;

/** Every check that the configuration has a use for. */
export function doctorChecks(command: DoctorCommand, deps: DoctorDependencies): Check[] {
  const { config, action } = deps;
  const { dataset, machine } = command;
  return [
    () => Promise.resolve(settingsFindings(config)),
    ...config.connections.map((connection) => () => checkConnection(connection, deps)),
    ...(dataset === undefined ? [] : [() => checkDataset(dataset, deps)]),
    () => checkTokenSdk(config, action),
    ...(config.datahub === undefined ? [] : [() => checkDatahub(config, deps)]),
    ...(config.history === undefined ? [] : [() => checkHistory(config, deps)]),
    () => checkSandbox(),
    ...(machine === undefined ? [] : [() => Promise.resolve(machineFindings(machine))]),
  ];
}

function settingsFindings({ connections, tokenSdk, triggerToken, listen }: Config): Finding[] {
  const check = SETTINGS_CHECK;
  const found = [ok(check, `they can be used; ${counted(connections.length, "connection")}`)];
  if (connections.length === 0) {
    found.push(failed(check, "no database is configured", "set PG_CONN_STR or DBX_JDBC_URL"));
  }
  if (findAdapter(tokenSdk.mode)?.isForTrying) {
    const todo = "set TOKEN_SDK_MODE=aes-siv, with a key file that tokenize keys new makes";
    found.push(advice(check, `anybody can read the tokens of ${tokenSdk.mode} back`, todo));
  }
  if (triggerToken === undefined && !isLoopback(listen.hostname)) {
    const todo = "set TRIGGER_TOKEN";
    found.push(advice(check, `anybody who reaches ${listen.hostname} may trigger runs`, todo));
  }
  return found;
}

async function checkConnection(
  { name }: Connection,
  { action: { platforms, observe }, signal }: DoctorDependencies,
): Promise<Finding[]> {
  const check = `connection ${name}`;
  const platform = platforms.get(name)!;
  try {
    const runId = crypto.randomUUID();
    const sentMs = Date.now();
    const facts = await platform.inspect({ runId, signal, observe });
    const { version, user, encryption, nowMs } = facts;
    const encrypted = encryption === null ? "not encrypted" : encryption ?? "by way of a pooler";
    const as = platform.address.includes(user) ? "" : ` as ${user},`;
    // the database's clock was read between the two
    const skewMs = Math.max(sentMs - nowMs, nowMs - Date.now(), 0);
    const clock = skewMs > 1000 * MAX_CLOCK_SECONDS
      ? [
        advice(
          "clock",
          `${name} and this machine differ by ${counted(Math.round(skewMs / 1000), "second")}`,
          "set the clocks by NTP: access tokens and TLS certificates have times in them",
        ),
      ]
      : [ok("clock", `this machine and ${name} agree`)];
    return [
      ok(check, `${platform.address}: ${version},${as} ${encrypted}`),
      ...facts.problems.map((each) => failed(check, each)),
      ...facts.advice.map((each) => advice(check, each)),
      ...clock,
    ];
  } catch (error) {
    return [failed(check, messageOf(error), `it is ${platform.address}`)];
  }
}

/** Finds the table, and checks it and the role's rights, as a dry run does before it reads a row. */
async function checkDataset(
  { urn, columns }: DatasetArguments,
  { action, signal }: DoctorDependencies,
): Promise<Finding[]> {
  const check = "dataset";
  const obstacles: ServiceError[] = [];
  let table = urn;
  try {
    const dataset = parseDatasetUrn(urn);
    const refs = parseColumns(columns, dataset);
    requireUrnAllowed(dataset, action.allowedDatasets);
    const platform: Platform = selectPlatform(dataset, action.platforms, action.knownPlatforms);
    const onObstacle = (obstacle: ServiceError) => void obstacles.push(obstacle);
    const { observe, allowedDatasets } = action;
    const maySuggest = maySuggestFor(dataset, allowedDatasets);
    const control = { observe, signal, maySuggest, onObstacle };
    const context = dryRunContext(DEFAULT_RUN_OPTIONS, control);
    await platform.withTable(dataset, refs, context, (found) => {
      requireTableAllowed(dataset, allowedDatasets, found);
      table = found.table;
      return Promise.resolve();
    });
  } catch (error) {
    obstacles.push(toServiceError(error));
  }
  const said = new Set(obstacles.map(({ message, code }) => `${message} (${code})`));
  return said.size === 0
    ? [ok(check, `${table}: ${columns.join(", ")} can be read and written`)]
    : [...said].map((each) => failed(check, each));
}

/** Makes a token of a text that nobody knows, recognises it, and reads it back if that is possible. */
async function checkTokenSdk(
  { tokenSdk: { mode } }: Config,
  { tokenSdk }: ActionDependencies,
): Promise<Finding[]> {
  const check = `token SDK ${mode}`;
  const place = { platform: "postgres", dataset: ["doctor", "doctor", "doctor"], column: "doctor" };
  try {
    const sdk = await tokenSdk();
    const value = `é漢😀 ${crypto.randomUUID()}`;
    const { convert, result } = tokenizing(sdk);
    const [token = ""] = unpackTexts(await convert(packTexts([value]), place));
    const isToken = toPredicate({ include: [result], exclude: [] });
    if (!isToken(token)) return [failed(check, "it does not recognise its own token")];
    const readBack = await sdk.detokenize?.([token], place);
    if (readBack !== undefined && readBack[0] !== value) {
      return [failed(check, "it reads another value back than it made the token of")];
    }
    const key = sdk.keyId === undefined ? "" : ` with key "${sdk.keyId}"`;
    const way = readBack === undefined ? "tokens are one-way" : "and reads them back";
    return [ok(check, `it makes tokens${key}, recognises them, ${way}`)];
  } catch (error) {
    return [failed(check, messageOf(error))];
  }
}

async function checkDatahub(
  { datahub }: Config,
  { signal }: DoctorDependencies,
): Promise<Finding[]> {
  const check = "DataHub";
  const { openGms } = await import("../datahub/gms/gms.ts");
  const { GmsError } = await import("../datahub/gms/gms_error.ts");
  const { missingPrivileges } = await import("../datahub/report/check_privileges.ts");
  const settings = datahub!;
  try {
    const missing = await missingPrivileges(openGms(settings.gms), settings, undefined, signal);
    if (missing.length === 0) return [ok(check, "it can be asked, and no privilege is missing")];
    const todo = "grant it by a policy: docs/datahub.md";
    return missing.map((each) => failed(check, `a privilege is missing: ${each}`, todo));
  } catch (error) {
    if (!(error instanceof GmsError)) throw error;
    return [failed(check, error.message, "check DATAHUB_GMS_URL and DATAHUB_GMS_TOKEN")];
  }
}

async function checkHistory(
  { history }: Config,
  { signal }: DoctorDependencies,
): Promise<Finding[]> {
  const check = "history";
  const { findVersion } = await import("../history/migrate.ts");
  try {
    const { from, to } = await findVersion(history!.database, signal);
    if (from === to) return [ok(check, `its tables are at version ${to}`)];
    const detail = `its tables are at version ${from}, and this program's at ${to}`;
    return [advice(check, detail, "tokenize history migrate, or serve does it if it may")];
  } catch (error) {
    return [failed(check, messageOf(error), "check HISTORY_CONN_STR")];
  }
}

/** What the sandbox was given, and that it refuses the rest: a connection, which the runtime must not make. */
async function checkSandbox(): Promise<Finding[]> {
  const check = "sandbox";
  try {
    (await Deno.connect(ELSEWHERE)).close();
    return [failed(check, "a connection to a host that no setting names was not refused")];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) {
      return [failed(check, "a connection to a host that no setting names was tried, not refused")];
    }
  }
  const granted = (["env", "run", "ffi", "sys", "write", "import"] as const).filter((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
  if (granted.length > 0) return [failed(check, `it has more permissions: ${granted.join(", ")}`)];
  const refused = "a host that no setting names is refused; so are processes, variables and files";
  return [ok(check, `${refused} (tokenize permissions lists the hosts)`)];
}

function machineFindings({ openFiles }: MachineFacts): Finding[] {
  const check = "open files";
  const files = openFiles >= ENOUGH_OPEN_FILES
    ? ok(check, `${grouped(openFiles)} and more may be open`)
    : openFiles >= MIN_OPEN_FILES
    ? ok(check, `${grouped(openFiles)} may be open`)
    : advice(check, `only ${grouped(openFiles)} may be open`, `ulimit -n ${ENOUGH_OPEN_FILES}`);
  const memory = "the program has no right to read the container's limit";
  return [files, notChecked("memory", memory, "allow 256 MiB or more")];
}

function messageOf(error: unknown): string {
  const { message, code } = toServiceError(error);
  return `${message} (${code})`;
}
