/** The driver's client, held to one connection that it opens once and never replaces. */
import type { Options, Sql } from "postgres";
import type { Socket } from "node:net";
import { closedEarly, openSocket } from "./open_socket.ts";
import type { PostgresSettings } from "./settings.ts";

/** A client of one connection, and what has become of that. */
export interface Link {
  readonly client: Sql;
  /** Aborted when it is closed. */
  readonly ended: AbortSignal;
  /** Whether the connection is gone. */
  lost: boolean;
  /** Called once it is. */
  onLost: () => void;
  /** Closes it. */
  end(): Promise<void>;
}

/** Makes a client. It connects with its first statement; `signal` ends that. */
export async function makeLink(settings: PostgresSettings, signal: AbortSignal): Promise<Link> {
  const { default: postgres } = await import("postgres");
  const ended = new AbortController();
  let opened = false;
  /** Called for the connection, and again when the driver would reconnect. */
  const socket = () => {
    if (opened) return Promise.reject(closedEarly());
    opened = true;
    return openSocket(settings, signal).then(neverFull).then(alwaysHeard);
  };
  const options: Options<Record<never, never>> & { readonly socket: typeof socket } = {
    socket,
    ssl: false, // the socket sees to it
    database: settings.database,
    username: settings.user,
    password: settings.password ?? "",
    max: 1,
    connect_timeout: 0, // the signal sees to it
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connection: { application_name: settings.applicationName },
    onnotice: () => {}, // a notice may hold values
    onclose: () => {
      link.lost = true;
      link.onLost();
    },
  };
  const link: Link = {
    client: postgres(options),
    ended: ended.signal,
    lost: false,
    onLost: () => {},
    async end() {
      link.lost = true;
      ended.abort();
      await link.client.end({ timeout: 0 }).catch(() => {});
    },
  };
  return link;
}

/**
 * The driver takes a socket that wants to be waited for as the end of pipelining: on a connection of
 * its own it sends nothing more until everything was answered. How much is on its way is bounded by
 * whoever sends it.
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
 * The driver takes every listener from a socket that was closed, ours too. A write that was under way
 * may fail after that, and an error that nobody listens for ends the whole program.
 */
export function alwaysHeard(socket: Socket): Socket {
  const removeAll = socket.removeAllListeners.bind(socket);
  socket.removeAllListeners = (...events) => removeAll(...events).on("error", () => {});
  return socket.on("error", () => {});
}
