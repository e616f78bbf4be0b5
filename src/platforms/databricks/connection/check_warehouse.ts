/**
 * Whether the warehouse can be reached, for `/readyz`, which is called every few seconds.
 *
 * Opening a session would start a stopped warehouse, which costs money, so none is opened: the check
 * makes a verified TLS connection and, for a service principal, obtains an access token. Whether the
 * warehouse accepts the token is only known when the first run uses it.
 */
import { abortable } from "../../../async.ts";
import { withoutBrackets } from "../../../host_name.ts";
import { toNoResponse } from "./http_transport.ts";
import type { Warehouse } from "./session.ts";
import { faultOf } from "./warehouse_errors.ts";

/** Throws `database_unreachable` if the warehouse cannot be reached, or the signal's reason. */
export async function checkWarehouse(warehouse: Warehouse, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await abortable(connect(warehouse), signal);
}

async function connect({ settings, authorization }: Warehouse): Promise<void> {
  try {
    const connection = await Deno.connectTls({
      hostname: withoutBrackets(settings.host),
      port: settings.port,
    });
    try {
      await connection.handshake();
    } finally {
      connection.close();
    }
  } catch (thrown) {
    const fault = faultOf(toNoResponse(thrown), "reach the warehouse");
    throw "error" in fault ? fault.error : thrown;
  }
  await authorization.header();
}
