/**
 * Opens sessions: on which of the servers, in which order, and whether with TLS, as libpq chooses.
 *
 * Source: PostgreSQL documentation, "34.1.1.3 Specifying Multiple Hosts" and "34.1.2 Parameter Key Words"
 * (`sslmode`, `load_balance_hosts`, `target_session_attrs`).
 */
import { ServiceError, toServiceError } from "../../../errors.ts";
import { goesThroughPgpool } from "./pgpool.ts";
import { Session } from "./session.ts";
import { mismatch, type SessionAttrs } from "./session_attrs.ts";
import type { PostgresSettings, Server, ServerSettings } from "./settings.ts";
import type { SslMode } from "./tls_settings.ts";

type Encryption = ServerSettings["encryption"];
type OnLost = (session: Session) => void;

/** `facts.cause` of what this program itself does not accept, so that no other server is tried. */
const OWN_REFUSALS: readonly (string | undefined)[] = ["TLS", "AUTHENTICATION"];
/** The server is starting up or shutting down. */
const CANNOT_CONNECT_NOW = "57P03";
/** What begins the message of each failure. */
const CANNOT_CONNECT = "Cannot connect to Postgres: ";

/** Opens sessions on one of the servers. */
export class Connector {
  readonly #settings: PostgresSettings;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
  }

  /**
   * Opens a session; on the same server as `beside`, if that is given. `onLost` is called when it is lost.
   * Throws `database_unreachable`, `database_error` if the server is too old, or the signal's reason.
   */
  async open(signal: AbortSignal, onLost: OnLost, beside?: Session): Promise<Session> {
    if (beside === undefined) return await choose(this.#settings, signal, onLost);
    const session = await Session.open(beside.settings, signal, onLost);
    if (session.server === beside.server) return session;
    await session.close();
    throw new ServiceError(
      "database_unreachable",
      `${CANNOT_CONNECT}the host in PG_CONN_STR leads to several servers, and a run needs one: name it`,
    );
  }
}

/** Connects to the first server that will do. */
async function choose(
  settings: PostgresSettings,
  signal: AbortSignal,
  onLost: OnLost,
): Promise<Session> {
  const { targetSessionAttrs } = settings;
  const wishes: readonly SessionAttrs[] = targetSessionAttrs === "prefer-standby"
    ? ["standby", "any"]
    : [targetSessionAttrs];
  const servers = settings.loadBalanceHosts ? shuffled(settings.servers) : settings.servers;
  const failures = new Map<Server, ServiceError>();
  for (const wish of wishes) {
    for (const server of servers) {
      try {
        const session = await connectTo(server, settings, signal, onLost);
        const reason = await mismatchOrClose(session, wish);
        if (reason === undefined) return session;
        failures.set(server, notOfKind(reason, wish));
      } catch (thrown) {
        const error = toServiceError(thrown);
        if (signal.aborted || !isUnavailable(error)) throw error;
        failures.set(server, error);
      }
    }
  }
  throw noServer(settings, failures);
}

/** What keeps the session from being of that kind. It is closed then, or if it cannot tell. */
async function mismatchOrClose(session: Session, wish: SessionAttrs): Promise<string | undefined> {
  let fits = false;
  try {
    const reason = await mismatch(session, wish);
    fits = reason === undefined;
    return reason;
  } finally {
    if (!fits) await session.close();
  }
}

/** In which ways `sslmode` has a server tried; by default with TLS alone. */
const ENCRYPTIONS: Readonly<Partial<Record<SslMode, readonly [Encryption, Encryption?]>>> = {
  disable: ["none"],
  allow: ["none", "required"],
  prefer: ["optional", "none"],
};

/** Connects to a server with or without TLS and, if `sslmode` has it, then the other way. */
async function connectTo(
  server: Server,
  settings: PostgresSettings,
  signal: AbortSignal,
  onLost: OnLost,
): Promise<Session> {
  const { channelBinding, sslMode } = settings;
  const [first, second] = channelBinding === "require" ? [] : ENCRYPTIONS[sslMode] ?? [];
  let isEncrypted = false;
  const connect = async (encryption: Encryption) => {
    const way = {
      ...settings,
      ...server,
      encryption,
      onEncrypted: () => void (isEncrypted = true),
    };
    const session = await Session.open(way, signal, onLost).catch((error) => {
      throw refusedOptions(error, settings) ?? error;
    });
    await checkRelay(session, server);
    return session;
  };
  try {
    return await connect(first ?? "required");
  } catch (thrown) {
    const error = toServiceError(thrown);
    const mayHelp = first === "none" || isEncrypted || error.facts.cause === "TLS";
    if (signal.aborted || second === undefined || !mayHelp || !isRefusal(error)) throw error;
    return await connect(second).catch((thrown) => {
      throw moreTelling(error, toServiceError(thrown));
    });
  }
}

/** Servers that are behind something else than pgpool-II: asking them would fill their log with errors. */
const WITHOUT_PGPOOL = new WeakSet<Server>();

/** Throws `database_error`, and closes the session, if it goes through a pgpool-II that is no good. */
async function checkRelay(session: Session, server: Server): Promise<void> {
  if (!session.isRelayed || session.isPooled || WITHOUT_PGPOOL.has(server)) return;
  try {
    if (!await goesThroughPgpool(session)) WITHOUT_PGPOOL.add(server);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Whether the server, or this program, did not accept the other as they were connected. */
function isRefusal({ facts: { cause, sqlState } }: ServiceError): boolean {
  return OWN_REFUSALS.includes(cause) || sqlState?.startsWith("28") === true;
}

/** The error that says more: least says one about TLS, then one about pg_hba.conf. */
function moreTelling(first: ServiceError, second: ServiceError): ServiceError {
  const weight = ({ facts: { cause, sqlState } }: ServiceError) =>
    cause === "TLS" ? 0 : sqlState === "28000" ? 1 : 2;
  return weight(second) > weight(first) ? second : first;
}

/** The error for `options` that the server does not accept; undefined if that is not what was thrown. */
function refusedOptions(
  thrown: unknown,
  { options }: PostgresSettings,
): ServiceError | undefined {
  const { facts } = toServiceError(thrown);
  if (options === undefined || !/^(22|42|55)/.test(facts.sqlState ?? "")) return undefined;
  const reason = `the server does not accept the connection's options (SQLSTATE ${facts.sqlState})`;
  return new ServiceError("database_unreachable", `${CANNOT_CONNECT}${reason}`, facts);
}

/** Whether nothing was refused, so that another server may be tried, as libpq has it. */
function isUnavailable({ code, facts: { cause, sqlState } }: ServiceError): boolean {
  if (code !== "database_unreachable") return false;
  return sqlState === undefined ? !OWN_REFUSALS.includes(cause) : sqlState === CANNOT_CONNECT_NOW;
}

function notOfKind(reason: string, wish: SessionAttrs): ServiceError {
  return new ServiceError(
    "database_unreachable",
    `${CANNOT_CONNECT}the server ${reason}, and target_session_attrs is ${wish}`,
  );
}

/** The failure of the only server, or what each of them failed by, by its place in the list. */
function noServer(
  { servers, targetSessionAttrs }: PostgresSettings,
  failures: ReadonlyMap<Server, ServiceError>,
): ServiceError {
  if (servers.length === 1) return failures.get(servers[0]!)!;
  const reasons = servers.map((server, i) => {
    const reason = failures.get(server)?.message.replace(CANNOT_CONNECT, "") ?? "not tried";
    return `host ${i + 1}: ${reason}`;
  });
  const causes = [...failures.values()].map(({ facts }) => facts.cause);
  const cause = causes.find((each) => each !== undefined);
  return new ServiceError(
    "database_unreachable",
    `${CANNOT_CONNECT}no host will do for target_session_attrs=${targetSessionAttrs} (${
      reasons.join("; ")
    })`,
    cause === undefined ? {} : { cause },
  );
}

/** In random order, each equally likely (Fisher and Yates). */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
