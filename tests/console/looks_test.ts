/** Every view, in light and dark, for everybody: axe finds nothing, and a narrow screen needs no sideways scrolling. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../scripts/servers/until.ts";
import { PII } from "../datahub/loop/labels.ts";
import { loopEnvironment } from "../datahub/loop/loop_environment.ts";
import { urnOf } from "../support/action_fixture.ts";
import { compiled, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { openBrowser } from "./browser.ts";
import { openPlace } from "./place.ts";

const axe = await Deno.readTextFile(new URL(import.meta.resolve("axe-core")));

/** What axe found. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** A view, and what is there once it is drawn. */
type View = readonly [name: string, hash: string, drawn: string];

Deno.test("axe finds nothing, and 360 pixels are enough, in any view, in light and dark", async () => {
  await using datahub = startDatahub();
  await using database = await createTestDatabase({ customers: true });
  const urn = urnOf(`${database.name}.public.customers`);
  datahub.metadata.addDataset(urn, ["id", "name", "email", "phone", "created_at"]);
  for (const column of ["name", "phone"]) {
    datahub.metadata.label({ dataset: urn, column, label: PII });
  }
  const env = loopEnvironment({ datahub, database }, "approve");
  await using service = await startService(compiled, env);
  const done = await service.trigger({ dataset_urn: urn, columns: ["email"] });
  const failed = await service.trigger({ dataset_urn: urn, columns: ["missing"] });
  await until(async () => {
    const { json } = await service.send("GET", "/datahub/approvals");
    return json.waiting.length === 1;
  }, "nothing waits for an approval");

  const views: View[] = [
    ["runs", "#/runs", ".rows .badge"],
    ["run", `#/runs/${done.json.run_id}`, ".places"],
    ["failed", `#/runs/${failed.json.run_id}`, ".note.bad"],
    ["new", "#/new", "form.plan"],
    ["datahub", "#/datahub", ".reasons"],
    ["connections", "#/connections", ".row.connection"],
    ["nothing", "#/runs?state=queued", ".empty"],
  ];
  await using browser = await openBrowser();
  browser.expected.push(/status of 404/);
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browser.open(service.url, { colorScheme });
    for (const view of views) {
      await show(page, view);
      await assertAccessible(page, `${view[0]}, ${colorScheme}`);
    }
    await show(page, ["datahub", "#/datahub", ".reasons"]);
    await page.getByRole("button", { name: "Approve" }).click();
    await assertAccessible(page, `a dialogue, ${colorScheme}`);
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 360, height: 740 });
    for (const view of views) {
      await show(page, view);
      await assertFits(page, `${view[0]}, ${colorScheme}`);
    }
    await page.context().close();
  }
});

Deno.test("axe finds nothing in signing in, in light and dark", async () => {
  await using place = await openPlace({ token: true });
  place.browser.expected.push(/status of 401/);
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await place.open("", { colorScheme, viewport: { width: 360, height: 740 } });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await assertAccessible(page, `sign in, ${colorScheme}`);
    await assertFits(page, `sign in, ${colorScheme}`);
  }
});

async function show(page: Page, [, hash, drawn]: View): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.locator(drawn).first().waitFor();
}

async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe);
  const violations = await page.evaluate<Violation[]>(
    "axe.run().then((found) => found.violations)",
  );
  const shown = violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 600)}`
  );
  assert.deepEqual(shown, [], where);
}

async function assertFits(page: Page, where: string): Promise<void> {
  const root = "document.documentElement";
  const [content, window] = await page.evaluate<[number, number]>(
    `[${root}.scrollWidth, ${root}.clientWidth]`,
  );
  assert.ok(content <= window, `${where}: ${content} of ${window} pixels`);
}
