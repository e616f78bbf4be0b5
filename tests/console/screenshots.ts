/**
 * Takes the pictures of docs/images again. Not a test: somebody has to look at them.
 *
 *     make build && scripts/deno.sh run -A tests/console/screenshots.ts
 */
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { PII } from "../datahub/loop/labels.ts";
import { loopEnvironment } from "../datahub/loop/loop_environment.ts";
import { urnOf } from "../support/action_fixture.ts";
import { compiled, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { openBrowser } from "./browser.ts";
import { fillTable } from "./place.ts";

const images = new URL("../../docs/images/", import.meta.url);
const viewport = { width: 1120, height: 680 };

await using datahub = startDatahub();
await using database = await createTestDatabase({ customers: true, name: "app" });
await fillTable(database, "orders", 1_500_000);
await fillTable(database, "invoices", 12_000);
const urn = urnOf("app.public.customers");
datahub.metadata.addDataset(urn, ["id", "name", "email", "phone", "created_at"]);
for (const [column, details] of [["email", {}], ["phone", { propagated: "true" }]] as const) {
  const attribution = {
    actor: "urn:li:corpuser:jo",
    time: Date.now() - 4 * 3_600_000,
    source: "urn:li:dataHubAction:tagging",
    sourceDetail: details,
  };
  datahub.metadata.label({ dataset: urn, column, label: PII, attribution });
}
const env = loopEnvironment({ datahub, database }, "approve");
await using service = await startService(compiled, { ...env, PUSHDOWN: "false" });
await using browser = await openBrowser();

const start = async (table: string, column: string) => {
  const headers = { "content-type": "application/json", prefer: "respond-async", from: "jo" };
  const body = JSON.stringify({ dataset_urn: urnOf(`app.public.${table}`), columns: [column] });
  return (await service.send("POST", "/trigger", { headers, body })).json.run_id;
};
await start("invoices", "email");
const runId = await start("orders", "email");
const run = await browser.open(`${service.url}/#/runs/${runId}`, { viewport });
const bar = run.getByRole("progressbar");
await until(async () => Number(await bar.getAttribute("aria-valuenow")) > 55, "no progress");
await run.screenshot({ path: new URL("console-run.png", images).pathname });

const queue = await browser.open(`${service.url}/#/datahub`, { viewport, colorScheme: "dark" });
await queue.locator(".reasons").waitFor();
await queue.screenshot({ path: new URL("console-datahub.png", images).pathname });
