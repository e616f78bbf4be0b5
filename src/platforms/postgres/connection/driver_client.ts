/** The driver's client, held to one connection that it opens once and never replaces. */
import type { Options, Sql } from "postgres";
import type { Socket } from "node:net";
import { guardAuthentication } from "./authentication.ts";
import { closedEarly, openSocket } from "./open_socket.ts";
import type { ServerSettings } from "./settings.ts";

/** A client of one connection, with the state of that connection. */
export interface DriverClient {
  readonly sql: Sql;
  /** Aborted when `end` is called. */
  readonly ended: AbortSignal;
  /** Whether the connection is lost or closed. */
  lost: boolean;
  /** Called when the connection is lost or closed. */
  onLost: () => void;
  /** Called with each message of the server that is no error, by its fields, which may hold values. */
  onNotice: (fields: Readonly<Record<string, string | undefined>>) => void;
  /** Closes the connection. Never throws. */
  end(): Promise<void>;
}

/**
 * Makes a client. It connects when its first statement is sent, until `signal` is aborted; that statement
 * then throws what `openSocket` throws.
 */
export async function makeDriverClient(
  settings: ServerSettings,
  signal: AbortSignal,
): Promise<DriverClient> {
  const { default: postgres } = await import("postgres");
  const ended = new AbortController();
  let opened = false;
  // called for the connection, and again when the driver wants to reconnect
  const socket = () => {
    if (opened) return Promise.reject(closedEarly());
    opened = true;
    return openGuardedSocket(settings, signal);
  };
  const options: Options<Record<never, never>> & { readonly socket: typeof socket } = {
    socket,
    ssl: false, // openSocket() encrypts
    database: settings.database,
    username: settings.user,
    password: settings.password ?? "",
    max: 1,
    connect_timeout: 0, // the signal limits it
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connection: {
      application_name: settings.applicationName,
      ...(settings.options !== undefined && { options: settings.options }),
    },
    onnotice: (notice) => client.onNotice(notice),
    onclose: () => {
      client.lost = true;
      client.onLost();
    },
  };
  const client: DriverClient = {
    sql: postgres(options),
    ended: ended.signal,
    lost: false,
    onLost: () => {},
    onNotice: () => {},
    async end() {
      client.lost = true;
      ended.abort();
      await client.sql.end({ timeout: 0 }).catch(() => {});
    },
  };
  return client;
}

async function openGuardedSocket(settings: ServerSettings, signal: AbortSignal): Promise<Socket> {
  const socket = await openSocket(settings, signal);
  guardAuthentication(socket, settings);
  return alwaysHeard(neverFull(socket));
}

/**
 * When a socket's buffer is full, the driver stops pipelining on a reserved connection: it sends nothing
 * more until the server has responded to everything. So the socket never reports that; the caller bounds
 * how much is under way.
 */
function neverFull(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]) => {
    write(...args);
    return true;
  };
  return socket;
}

/**
 * The driver removes every listener from a closed socket, including ours. A write under way may fail after
 * that, and an error without a listener ends the process. So one listener always remains.
 */
export function alwaysHeard(socket: Socket): Socket {
  const removeAll = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...events) => removeAll(...events).on("error", () => {});
  return socket.on("error", () => {});
}
