/** What the sandbox refuses is counted, also where it becomes a failure of another kind. */
import assert from "node:assert/strict";
import { toServiceError } from "../../src/errors.ts";
import { fromClient } from "../../src/platforms/postgres/connection/sql_states.ts";
import { refusalCount } from "../../src/sandbox_refusals.ts";
import { alterProject } from "../support/altered_program.ts";
import { startService } from "../support/program.ts";
import { scrape } from "../support/scrape.ts";

const dataset_urn = "urn:li:dataset:(urn:li:dataPlatform:postgres,a.b.c,PROD)";

Deno.test("a refusal is counted once, whatever it becomes", () => {
  const before = refusalCount();
  const refusal = new Deno.errors.NotCapable("canary");
  assert.equal(fromClient(refusal, "connect to Postgres").code, "database_unreachable");
  assert.equal(toServiceError(refusal).code, "internal");
  assert.equal(refusalCount(), before + 1);
  toServiceError(new TypeError("canary"));
  assert.equal(refusalCount(), before + 1);
});

Deno.test("code that reaches for a host that was not granted shows in the metrics", async () => {
  const reach = `await Deno.connect({ hostname: "127.0.0.1", port: 1 });`;
  await using altered = await alterProject({
    "src/action/tokenize_dataset.ts": (text) =>
      text.replace("  const dataset = parseDatasetUrn(", `  ${reach}\n$&`),
  });
  await using service = await startService(altered.source);
  const name = "tokenize_sandbox_refusals_total";
  assert.equal((await scrape(service.url)).series.get(name), 0);
  const { json } = await service.trigger({ dataset_urn, columns: ["email"] });
  assert.equal(json.code, "internal");
  const { series } = await scrape(service.url);
  assert.equal(series.get(name), 1);
  assert.equal(series.get("tokenize_unexpected_failures_total"), 1);
});
