/** Faults that a test orders from the stand-in, by the path of the request, with its query. */

/** What happens instead of the response. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: "redirect"; readonly location: string }
  /** The response comes after this time. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** A page of another program. */
  | { readonly kind: "html" }
  /** The connection ends in the middle of the response. */
  | { readonly kind: "cut" };

interface Order {
  readonly path: RegExp;
  readonly fault: Fault;
  left: number;
}

/** The faults that are ordered. */
export class FaultBook {
  readonly #orders: Order[] = [];

  /** Orders a fault for the next `times` requests whose path matches. */
  order(path: RegExp, fault: Fault, times = Infinity): void {
    this.#orders.push({ path, fault, left: times });
  }

  /** Forgets all orders. */
  clear(): void {
    this.#orders.length = 0;
  }

  /** The response of an ordered fault; undefined if the request is to be dealt with as usual. */
  async responseTo(path: string): Promise<Response | undefined> {
    const order = this.#orders.find((each) => each.left > 0 && each.path.test(path));
    if (order === undefined) return undefined;
    order.left--;
    const { fault } = order;
    switch (fault.kind) {
      case "status":
        return statusResponse(fault.status, fault.retryAfterSeconds);
      case "redirect":
        return new Response(null, { status: 302, headers: { location: fault.location } });
      case "html":
        return new Response("<html>canary</html>", { headers: { "content-type": "text/html" } });
      case "cut":
        return new Response(new ReadableStream({ start: (body) => body.error(new Error("cut")) }));
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
        return undefined;
    }
  }
}

/** Its message holds a word that must not be passed on; 403 has no body, as in DataHub. */
function statusResponse(status: number, retryAfterSeconds?: number): Response {
  const headers = new Headers();
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
  if (status === 403) return new Response(null, { status, headers });
  return Response.json({ errorMessage: "An unexpected error occurred: canary" }, {
    status,
    headers,
  });
}
