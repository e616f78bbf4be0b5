/** DataHub's metadata service (GMS), as the rest of the program asks it. */
import type { GmsSettings } from "../settings.ts";
import { gmsConnection, type GmsReply, type GmsRequest } from "./connection.ts";
import { GmsError } from "./gms_error.ts";

/** The service. Everything throws `GmsError`, or the signal's reason. */
export interface Gms {
  /** The response with any status. */
  exchange(request: GmsRequest): Promise<GmsReply>;
  /** The JSON of a response with a status of 2xx. */
  send(request: GmsRequest): Promise<unknown>;
  /** The data of a GraphQL response without errors. */
  graphql(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<unknown>;
}

/** Makes the client; nothing is sent yet. */
export function openGms(settings: GmsSettings): Gms {
  const exchange = gmsConnection(settings);
  const send: Gms["send"] = async (request) => {
    const reply = await exchange(request);
    requireSuccess(reply);
    if (reply.json === undefined) throw notGms();
    return reply.json;
  };
  return {
    exchange,
    send,
    async graphql(query, variables = {}, signal) {
      const request = { method: "POST", path: "/api/graphql", body: { query, variables } } as const;
      return dataOf(await send({ ...request, signal }));
    },
  };
}

/** Throws `GmsError` unless the status is 2xx. */
export function requireSuccess({ status, retryAfterSeconds }: GmsReply): void {
  if (status >= 200 && status < 300) return;
  throw statusError(status, retryAfterSeconds);
}

/** The failure that a status stands for. */
function statusError(status: number, retryAfterSeconds?: number): GmsError {
  if (status === 401) {
    return new GmsError("unauthorized", "it does not accept the token (DATAHUB_GMS_TOKEN)");
  }
  if (status === 403) return new GmsError("forbidden", "a privilege is missing");
  if (status === 404) return new GmsError("not_found", "there is nothing at the address");
  if (status === 429) {
    return new GmsError("busy", "there are too many requests", retryAfterSeconds);
  }
  if (status >= 500) {
    const reason = `it responds with HTTP status ${status}`;
    return new GmsError("server_error", reason, retryAfterSeconds);
  }
  return new GmsError("unexpected", `it responds with HTTP status ${status}`);
}

interface GraphqlResponse {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

/** Throws if there is any error: half of a result would look like a whole one. */
function dataOf(json: unknown): unknown {
  const { data, errors = [] } = (json ?? {}) as GraphqlResponse;
  const [error] = Array.isArray(errors) ? errors : [];
  if (error === undefined) {
    if (data === undefined || data === null) throw notGms();
    return data;
  }
  const code = Number(error?.extensions?.code);
  if (code >= 400 && code <= 599) throw statusError(code);
  throw new GmsError("unexpected", "it does not accept a GraphQL document: is it too old?");
}

function notGms(): GmsError {
  return new GmsError(
    "unexpected",
    "its response is not JSON as expected: does DATAHUB_GMS_URL lead to GMS?",
  );
}
