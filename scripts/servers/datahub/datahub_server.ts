/**
 * A stand-in for DataHub's metadata service (GMS): what the program asks of it, stateful, in memory. What
 * it leaves out is in README.md.
 *
 *     await using datahub = startDatahub();
 *     datahub.metadata.addDataset(urn, ["id", "email"]);
 *     datahub.metadata.label({ dataset: urn, column: "email", label: "urn:li:tag:PII" });
 */
import { respondForEntities } from "./entities_api.ts";
import { EventsApi } from "./events_api.ts";
import { respondToClient } from "./restli_api.ts";
import { deleteTimeseries } from "./timeseries_api.ts";
import { FaultBook } from "./faults.ts";
import { GraphqlApi, type GraphqlOptions } from "./graphql_api.ts";
import { Metadata } from "./metadata.ts";

/** A request that was received. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
}

/** The stand-in, listening. */
export interface DatahubServer extends AsyncDisposable {
  readonly url: string;
  /** The bearer token that it asks for. */
  readonly token: string;
  readonly metadata: Metadata;
  readonly faults: FaultBook;
  /** All that was received, oldest first. */
  readonly requests: readonly ReceivedRequest[];
}

/** Starts it on a free port of this machine. */
export function startDatahub(options: GraphqlOptions = {}): DatahubServer {
  const metadata = new Metadata();
  const faults = new FaultBook();
  const events = new EventsApi(metadata);
  const graphql = new GraphqlApi(metadata, options);
  const token = `canary-${crypto.randomUUID()}`;
  const requests: ReceivedRequest[] = [];
  const stopping = new AbortController();

  const respond = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const body = await request.text();
    requests.push({ method: request.method, path: url.pathname + url.search, body });
    const fault = await faults.responseTo(url.pathname + url.search);
    if (fault !== undefined) return fault;
    if (request.headers.get("authorization") !== `Bearer ${token}`) {
      return new Response(null, { status: 401 });
    }
    if (url.pathname === "/openapi/v1/events/poll") {
      return await events.poll(url.searchParams, stopping.signal);
    }
    if (url.pathname === "/api/graphql") return await graphql.respond(body);
    if (url.pathname === "/entities" && url.searchParams.get("action") === "delete") {
      return deleteTimeseries(metadata, body);
    }
    return respondToClient(metadata, request.method, url, body) ??
      respondForEntities(metadata, request.method, url, body);
  };
  const responding = new Set<Promise<Response>>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stopping.signal, onListen: () => {} },
    (request) => {
      const response = respond(request).finally(() => responding.delete(response));
      responding.add(response);
      return response;
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    token,
    metadata,
    faults,
    requests,
    async [Symbol.asyncDispose]() {
      stopping.abort(); // shutdown() would wait for clients that hold connections open
      await Promise.allSettled([server.finished, graphql.ready(), ...responding]);
    },
  };
}
