/** The controls of a warehouse that runs in another process. */
import type { WarehouseAddress, WarehouseControl } from "./control.ts";
import type { ControlMethod } from "./control_server.ts";

/** Connects to the control port at `url`, such as `http://127.0.0.1:40001`. */
export async function connectControl(url: string): Promise<WarehouseControl> {
  const response = await fetch(new URL("/address", url));
  const address = await response.json() as WarehouseAddress;
  return new RemoteControl(url, address);
}

class RemoteControl implements WarehouseControl {
  constructor(private readonly url: string, readonly address: WarehouseAddress) {}

  readonly sql = this.remote("sql");
  readonly addFault = this.remote("addFault");
  readonly faultState = this.remote("faultState");
  readonly waitForHits = this.remote("waitForHits");
  readonly release = this.remote("release");
  readonly removeFault = this.remote("removeFault");
  readonly requests = this.remote("requests");
  readonly queryHistory = this.remote("queryHistory");
  readonly connections = this.remote("connections");
  readonly putSecret = this.remote("putSecret");
  readonly setOauthTokenLifetime = this.remote("setOauthTokenLifetime");
  readonly revokeOauthTokens = this.remote("revokeOauthTokens");
  readonly reset = this.remote("reset");

  private remote<M extends ControlMethod>(method: M): WarehouseControl[M] {
    const call = async (...args: unknown[]) => {
      const body = JSON.stringify(args);
      const response = await fetch(new URL(`/${method}`, this.url), { method: "POST", body });
      const { value, error } = await response.json() as { value?: unknown; error?: string };
      if (error !== undefined) throw new Error(error);
      return value;
    };
    return call as WarehouseControl[M];
  }
}
