/** DataHub's queue in the console: what waits is approved with a click, and is tokenized then. */
import assert from "node:assert/strict";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { urnOf } from "../support/action_fixture.ts";
import { APPROVED, isToken, PII } from "../datahub/loop/labels.ts";
import { loopEnvironment } from "../datahub/loop/loop_environment.ts";
import { compiled, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { until } from "../../scripts/servers/until.ts";
import { openBrowser } from "./browser.ts";
import { openPlace } from "./place.ts";

Deno.test("a column that waits is shown with who tagged it, and an approval tokenizes it", async () => {
  await using datahub = startDatahub();
  await using database = await createTestDatabase({ customers: true });
  const urn = urnOf(`${database.name}.public.customers`);
  datahub.metadata.addDataset(urn, ["id", "name", "email", "phone", "created_at"]);
  const attribution = { actor: "urn:li:corpuser:jo", time: Date.now(), source: "urn:li:source:x" };
  datahub.metadata.label({ dataset: urn, column: "email", label: PII, attribution });
  const derived = { ...attribution, sourceDetail: { propagated: "true" } };
  datahub.metadata.label({ dataset: urn, column: "phone", label: PII, attribution: derived });
  const missing = urnOf(`${database.name}.public.missing`);
  datahub.metadata.addDataset(missing, ["email"]);
  datahub.metadata.label({ dataset: missing, column: "email", label: PII });
  await using service = await startService(
    compiled,
    loopEnvironment({ datahub, database }, "approve"),
  );
  await using browser = await openBrowser();
  const page = await browser.open(`${service.url}/#/datahub`);

  const row = page.getByRole("row", { name: /email/ });
  await row.waitFor();
  assert.match(await row.innerText(), /PII[\s\S]*by jo/);
  assert.match(await page.getByRole("row", { name: /phone/ }).innerText(), /derived by a program/);
  assert.equal(await page.getByLabel("phone").isChecked(), false, "nobody tagged that one");
  await page.getByText("table_not_found").waitFor();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  const values = (column: string) => database.valuesOf("customers", column);
  await until(async () => (await values("email")).every(isToken), "email is not tokenized");
  assert.ok(!(await values("phone")).every(isToken));
  assert.ok(datahub.metadata.hasLabel({ dataset: urn, column: "email", label: APPROVED }));
  await row.waitFor({ state: "detached" });
  await page.getByRole("row", { name: /phone/ }).waitFor();
});

Deno.test("where DataHub is not followed, the view says how it would be", async () => {
  await using place = await openPlace();
  place.browser.expected.push(/status of 503/);
  const page = await place.open("#/datahub");
  await page.getByRole("heading", { name: "DataHub is not followed" }).waitFor();
  assert.match(await page.locator(".empty").innerText(), /DATAHUB_GMS_URL/);
});
