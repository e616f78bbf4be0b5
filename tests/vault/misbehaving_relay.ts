/**
 * A proxy to a server that misbehaves on command: it responds instead of the server, late, or not at all.
 *
 *     using relay = startRelay(server.address);
 *     relay.misbehave(() => ({ answer: 429, headers: { "retry-after": "1" } }));
 *     relay.requests;                  // all requests so far, with bodies
 */

/** What happens to a request instead of being passed on. */
export type Misbehaviour =
  | {
    readonly answer: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
  }
  /** Passed on after that time. */
  | { readonly delayMs: number }
  /** The connection ends in the middle of the response. */
  | "cut"
  /** There is never a response. */
  | "silence";

/** A request that arrived. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  readonly atMs: number;
}

/** What happens to a request; it may do something to the server first. */
export type Decide = (
  request: SeenRequest,
) => Misbehaviour | undefined | void | Promise<Misbehaviour | undefined | void>;

/** A relay that runs. */
export interface MisbehavingRelay extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** The statuses of the server's own responses. */
  readonly statuses: readonly number[];
  /** The most requests that were in progress at the same time. */
  readonly mostAtOnce: number;
  /** Decides on each further request; undefined passes it on. */
  misbehave(decide: Decide): void;
  behave(): void;
}

/** Starts a relay to the server at `target`, on 127.0.0.1. */
export function startRelay(target: string): MisbehavingRelay {
  const requests: SeenRequest[] = [];
  const statuses: number[] = [];
  const never = Promise.withResolvers<void>();
  let decide: Decide = () => undefined;
  let atOnce = 0;
  let mostAtOnce = 0;

  const pass = async (method: string, { path, headers, body }: SeenRequest) => {
    const sent = method === "GET" ? undefined : body;
    const response = await fetch(target + path, { method, headers, body: sent });
    const { status } = response;
    statuses.push(status);
    const text = await response.text();
    return new Response(text === "" ? null : text, { status, headers: response.headers });
  };
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const { method, headers } = request;
    const seen = { path: pathname, headers, body: await request.text(), atMs: performance.now() };
    requests.push(seen);
    const how = await decide(seen);
    if (how === undefined) return await pass(method, seen);
    if (how === "cut") return new Response(brokenBody());
    if (how === "silence") {
      await never.promise;
      return new Response();
    }
    if ("delayMs" in how) {
      await new Promise((resolve) => setTimeout(resolve, how.delayMs));
      return await pass(method, seen);
    }
    return Response.json(how.json ?? { errors: [] }, { status: how.answer, headers: how.headers });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response(brokenBody()) },
    async (request) => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      try {
        return await handle(request);
      } finally {
        atOnce--;
      }
    },
  );
  const { port } = server.addr;
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    requests,
    statuses,
    get mostAtOnce() {
      return mostAtOnce;
    },
    misbehave: (how) => void (decide = how),
    behave: () => void (decide = () => undefined),
    async [Symbol.asyncDispose]() {
      never.resolve();
      await server.shutdown();
    },
  };
}

function brokenBody(): ReadableStream<Uint8Array> {
  let isBegun = false;
  return new ReadableStream({
    pull(controller) {
      if (isBegun) return controller.error(new Error("cut"));
      isBegun = true;
      controller.enqueue(new TextEncoder().encode('{"data": {'));
    },
  });
}
