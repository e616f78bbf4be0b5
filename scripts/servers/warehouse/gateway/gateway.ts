/** The gateway: a TLS listener for each door, which handles the requests that come in. */
import { type CutManner, type Door, DOORS, type WarehouseAddress } from "../control.ts";
import { SparkSession } from "../spark/session.ts";
import type { ServerCertificate } from "./certificates.ts";
import { FaultBook } from "./fault_book.ts";
import { type HttpRequest, HttpWire, PART_LENGTH } from "./http_wire.ts";
import { DISCOVERY_PATHS, OauthEndpoints, TOKEN_PATH } from "./oauth.ts";
import type { KnownHandles } from "./operations.ts";
import { type OpenRecord, Records } from "./records.ts";
import { SparkBackend } from "./spark_backend.ts";
import { closeQuietly, TcpFront } from "./tcp_front.ts";
import { httpError, type Outcome, ThriftDoor } from "./thrift_door.ts";

const LOOPBACK = "127.0.0.1";

export interface GatewayOptions {
  readonly host: string;
  readonly httpPath: string;
  readonly token: string;
  readonly oauthClientId: string;
  readonly oauthClientSecret: string;
  readonly sparkUrl: string;
  readonly certificates: Readonly<Record<Door, ServerCertificate>>;
}

export class Gateway implements AsyncDisposable {
  readonly faults = new FaultBook();
  readonly records = new Records();
  readonly oauth: OauthEndpoints;
  readonly ports: WarehouseAddress["ports"];
  private readonly listeners: readonly Deno.TlsListener[];
  private readonly fronts: readonly TcpFront[];
  private readonly open = new Set<Deno.TlsConn>();
  private readonly thrift: ThriftDoor;

  constructor(private readonly options: GatewayOptions) {
    this.oauth = new OauthEndpoints(options.oauthClientId, options.oauthClientSecret);
    const known: KnownHandles = { operations: new Map(), lostSessions: new Map() };
    const backend = new SparkBackend(options.sparkUrl, known);
    const openSession = () => SparkSession.open(options.sparkUrl);
    this.thrift = new ThriftDoor(backend, known, this.faults, openSession);
    this.listeners = DOORS.map((door) =>
      Deno.listenTls({ hostname: LOOPBACK, port: 0, ...options.certificates[door] })
    );
    this.fronts = this.listeners.map(({ addr }) => new TcpFront(LOOPBACK, addr.port));
    this.ports = Object.fromEntries(
      this.fronts.map(({ port }, index) => [DOORS[index], port]),
    ) as Record<Door, number>;
    this.listeners.forEach((listener, index) => {
      const [door, front] = [DOORS[index], this.fronts[index]];
      if (door && front) void this.accept(door, front, listener);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear();
    for (const front of this.fronts) front.close();
    for (const listener of this.listeners) closeQuietly(listener);
    for (const connection of this.open) closeQuietly(connection);
    await Promise.resolve();
  }

  private async accept(door: Door, front: TcpFront, listener: Deno.TlsListener): Promise<void> {
    for (;;) {
      let connection: Deno.TlsConn;
      try {
        connection = await listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        throw error;
      }
      void this.serve(door, front, connection);
    }
  }

  /** Serves one connection until either side closes it. */
  private async serve(door: Door, front: TcpFront, connection: Deno.TlsConn): Promise<void> {
    const number = this.records.accepted(door);
    this.open.add(connection);
    try {
      await connection.handshake();
      this.records.secured(door);
      const wire = new HttpWire(connection);
      for (;;) {
        const request = await wire.readRequest();
        if (request === undefined) return;
        const record = this.records.open(door, number, request.target, request.headers);
        const outcome = await this.respond(door, request, record);
        if ("cut" in outcome) {
          record.response = "cut";
          return await cut(outcome.cut, front, connection, wire);
        }
        record.response = outcome.response.status;
        await wire.write(outcome.response);
        if (outcome.hangUp) return;
      }
    } catch {
      // some tests have the client distrust the certificate, or close the connection
    } finally {
      this.open.delete(connection);
      closeQuietly(connection);
    }
  }

  private async respond(door: Door, request: HttpRequest, record: OpenRecord): Promise<Outcome> {
    const path = request.target.split("?")[0] ?? "";
    const oauth = await this.respondToOauth(door, path, request, record);
    if (oauth) return oauth;
    if (door === "tokens" || request.method !== "POST" || path !== this.options.httpPath) {
      return refuse({ status: 404, reason: "RESOURCE_DOES_NOT_EXIST: no such warehouse" });
    }
    if (!this.isAuthorized(request.headers)) {
      return refuse({ status: 401, reason: "Invalid access token" });
    }
    try {
      return await this.thrift.respond(request.body, record);
    } catch (error) {
      // the client only sees a failure, the terminal the reason
      console.error("the gateway failed:", error);
      return refuse({ status: 500, reason: "the gateway failed" });
    }
  }

  private async respondToOauth(
    door: Door,
    path: string,
    request: HttpRequest,
    record: OpenRecord,
  ): Promise<Outcome | undefined> {
    const isDiscovery = DISCOVERY_PATHS.includes(path);
    if (!isDiscovery && path !== TOKEN_PATH) return undefined;
    record.method = isDiscovery ? "oauth_discovery" : "oauth_token";
    const hits = this.faults.take(record.method, undefined);
    record.faults = hits.map((hit) => hit.id);
    for (const { action } of hits) {
      if (action.kind === "respond") return refuse(action);
      if (action.kind === "cut") return { cut: action.manner };
      if (action.kind === "delay") {
        await new Promise((resolve) => setTimeout(resolve, action.delayMs));
      }
    }
    const origin = `https://${this.options.host}:${this.ports[door]}`;
    return { response: isDiscovery ? this.oauth.discovery(origin) : this.oauth.token(request) };
  }

  private isAuthorized(headers: Headers): boolean {
    const [scheme, token = ""] = (headers.get("authorization") ?? "").split(" ");
    if (scheme !== "Bearer") return false;
    return token === this.options.token || this.oauth.accepts(token);
  }
}

function refuse(error: Parameters<typeof httpError>[0]): Outcome {
  return { response: httpError(error) };
}

async function cut(
  manner: CutManner,
  front: TcpFront,
  connection: Deno.TlsConn,
  wire: HttpWire,
): Promise<void> {
  const { port } = connection.remoteAddr as Deno.NetAddr;
  if (manner === "abrupt") front.cut(port);
  if (manner !== "partial") return;
  front.cutAfter(port, PART_LENGTH);
  await wire.writePart();
  await wire.readRequest(); // until the cut is noticed here
}
