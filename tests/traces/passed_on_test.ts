/** The trace of what is worked on goes on to DataHub and to Vault, and to nobody without one. */
import assert from "node:assert/strict";
import { gmsConnection } from "../../src/datahub/gms/connection.ts";
import { openConnection } from "../../src/tokens/vault/connection.ts";
import type { VaultSettings } from "../../src/tokens/vault/settings.ts";
import { inTrace, readTraceContext } from "../../src/trace_context.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** Asks DataHub and Vault once, and gives the headers about traces that each of them received. */
async function headersOf(context: ReturnType<typeof readTraceContext>) {
  const received: (string | null)[][] = [];
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  await using server = Deno.serve(options, ({ headers }) => {
    received.push([headers.get("traceparent"), headers.get("tracestate")]);
    return Response.json({});
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const gms = gmsConnection({ url, token: undefined });
  const vault = openConnection(
    { address: url, namespace: undefined, caCertificates: undefined } as Partial<
      VaultSettings
    > as VaultSettings,
  );
  await inTrace(context, () => gms({ method: "GET", path: "/config" }));
  await inTrace(
    context,
    () => vault.exchange({ method: "GET", path: "sys/health" }, undefined, 60_000),
  );
  vault.close();
  return received;
}

Deno.test("DataHub and Vault are asked as a part of the trace", async () => {
  const context = readTraceContext(TRACEPARENT, "a=1");
  assert.deepEqual(await headersOf(context), [[TRACEPARENT, "a=1"], [TRACEPARENT, "a=1"]]);
});

Deno.test("without a trace no header is sent", async () => {
  assert.deepEqual(await headersOf(undefined), [[null, null], [null, null]]);
});
