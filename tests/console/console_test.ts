/** What people do in the console, in a real browser, on the built program and a real Postgres. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { until } from "../../scripts/servers/until.ts";
import { compiled, runProgram, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { fillTable, openPlace, TOKEN } from "./place.ts";

Deno.test("a wrong token is refused with a word, and the right one opens the runs", async () => {
  await using place = await openPlace({ token: true });
  place.browser.expected.push(/status of 401/);
  const page = await place.open();
  await page.getByLabel("Token", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "not the token" }).waitFor();
  await page.getByLabel("Token", { exact: true }).fill(TOKEN);
  await page.getByLabel("Your name").fill("jo@team.test");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No runs yet" }).waitFor();

  const kept = await page.evaluate(
    "JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])",
  );
  assert.equal(kept, '["",{},{}]', "the token is in no place that outlives the page");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

Deno.test("a run is planned, started and shown with its counts, by the keyboard alone", async () => {
  await using place = await openPlace({ token: true });
  place.browser.expected.push(/status of 401/);
  const page = await place.open("#/new");
  await page.getByLabel("Token", { exact: true }).fill(TOKEN);
  await page.getByLabel("Your name").fill("jo@team.test");
  await page.keyboard.press("Enter");
  await page.getByLabel("Dataset").fill(place.urn("customers"));
  await page.getByLabel("Columns").fill("email, phone");
  await page.keyboard.press("Enter");
  const go = page.getByRole("button", { name: /^Tokenize 100 rows/ });
  await go.waitFor();
  assert.ok(
    (await place.database.valuesOf("customers", "email")).every((each) =>
      !each?.startsWith("tok_")
    ),
  );
  await go.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Tokenize" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("succeeded").waitFor();
  assert.match(page.url(), /#\/runs\/[0-9a-f-]{36}$/);
  assert.match(
    await page.getByRole("region", { name: "Counts" }).innerText(),
    /Rows updated\s+100/,
  );
  await page.getByText("jo@team.test").waitFor();
  await page.getByText("What is left of the old values").waitFor();
  const values = await place.database.valuesOf("customers", "phone");
  assert.ok(values.every((each) => each === null || each.startsWith("tok_")));

  await page.getByRole("link", { name: "All runs", exact: true }).click();
  const rows = page.getByRole("list", { name: /Runs/ }).getByRole("listitem");
  await rows.first().waitFor();
  assert.match(await rows.nth(0).innerText(), /100 updated/);
  assert.equal(await rows.count(), 1, "a plan is no run");
});

Deno.test("what stands in the way of a run is named, with what to do, before anything is changed", async () => {
  await using place = await openPlace();
  const page = await place.open("#/new");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Name the dataset.").waitFor();
  await page.getByText("Name at least one column.").waitFor();
  await page.getByLabel("Dataset").fill(place.urn("customers"));
  await page.getByLabel("Columns").fill("missing");
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("heading", { name: "A run is not possible" }).waitFor();
  await page.getByText("column_not_found").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Tokenize/ }).count(), 0);
});

Deno.test("progress moves while a run goes on, and cancelling it leaves the table as it was", async () => {
  await using place = await openPlace({ env: { PUSHDOWN: "false" } });
  await fillTable(place.database, "large", 800_000);
  const runId = await place.start({ dataset_urn: place.urn("large"), columns: ["email"] });
  const page = await place.open(`#/runs/${runId}`);
  const bar = page.getByRole("progressbar");
  const percent = async () => Number(await bar.getAttribute("aria-valuenow") ?? 0);
  await until(async () => await percent() > 0, "the bar does not move");
  const before = await percent();
  await until(async () => await percent() > before, "the bar does not move on");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await page.getByRole("status").getByText("cancelled").waitFor();
  const [{ left }] = await place.database.sql`
    select count(*)::int as left from large where email like 'canary%'` as [{ left: number }];
  assert.equal(left, 800_000);
  assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);
});

Deno.test("the receipt of a run is saved from its page, and checked with the public key", async () => {
  const folder = await Deno.makeTempDir();
  const [key, pub, receipt] = ["receipt.key", "receipt.pub", "receipt.json"]
    .map((name) => `${folder}/${name}`) as [string, string, string];
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await Deno.writeTextFile(key, privateKey.export({ type: "pkcs8", format: "pem" }) as string, {
    mode: 0o600,
  });
  await Deno.writeTextFile(pub, publicKey.export({ type: "spki", format: "pem" }) as string);
  await using place = await openPlace({ env: { RECEIPT_KEY_FILE: key } });
  const runId = await place.start({ dataset_urn: place.urn("customers"), columns: ["email"] });
  const page = await place.open(`#/runs/${runId}`);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  await (await download).saveAs(receipt);
  const args = ["receipt", "verify", receipt, "--key", pub];
  const { code, stdout } = await runProgram(compiled, args);
  assert.equal(code, 0, stdout);
  assert.ok(stdout.includes(`run ${runId}`), stdout);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("runs are narrowed by state, and older ones come when they are asked for", async () => {
  await using place = await openPlace();
  const dry = { dataset_urn: place.urn("customers"), columns: ["email"], dry_run: true };
  for (let i = 0; i < 30; i++) await place.service.trigger(dry);
  await place.service.trigger({ ...dry, columns: ["missing"] });
  const page = await place.open();
  const rows = page.getByRole("list", { name: /Runs/ }).getByRole("listitem");
  await until(async () => await rows.count() === 25, "the first page has not 25 runs");
  await page.getByRole("button", { name: "Load more" }).click();
  await until(async () => await rows.count() === 31, "not all runs are there");
  await page.getByLabel("State").selectOption("failed");
  await until(async () => await rows.count() === 1, "more than the failed run is shown");
  await page.goBack();
  await until(async () => await rows.count() === 25, "the back button does not lead back");
  await page.getByLabel("Dataset").fill("urn:li:dataset:other");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "No run fits the filters" }).waitFor();
});

Deno.test("a server that goes away is said, and what was shown stays; when it is back, all goes on", async () => {
  await using place = await openPlace();
  place.browser.expected.push(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
  await place.service.trigger({ dataset_urn: place.urn("customers"), columns: ["email"] });
  const page = await place.open();
  const rows = page.getByRole("list", { name: /Runs/ }).getByRole("listitem");
  await rows.first().waitFor();
  await place.service.stop("SIGKILL");
  const outage = page.getByText("The server does not respond");
  await outage.waitFor();
  assert.equal(await rows.count(), 1);
  await using again = await startService(compiled, {
    PG_CONN_STR: place.database.url,
    PORT: String(place.service.port),
  });
  await outage.waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "No runs yet" }).waitFor();
  assert.equal(again.port, place.service.port);
});

Deno.test("a connection that is down is shown with the reason", async () => {
  await using place = await openPlace({
    env: { PG_CONN_STR: "postgres://nobody:canary@127.0.0.1:1/app?connect_timeout=2" },
  });
  place.browser.expected.push(/status of 503/);
  const page = await place.open("#/connections");
  await page.getByText("not reachable").waitFor();
  assert.match(await page.locator(".row.connection").innerText(), /postgres[\s\S]+Cannot/);
});

Deno.test("a run that is not there is said to be unknown, with a way back", async () => {
  await using place = await openPlace();
  place.browser.expected.push(/status of 404/);
  const page = await place.open("#/runs/00000000-0000-4000-8000-000000000000");
  await page.getByRole("heading", { name: "There is no such run" }).waitFor();
  await page.getByRole("link", { name: "Show all runs" }).click();
  await page.getByRole("heading", { name: "No runs yet" }).waitFor();
});

Deno.test("a run is paused and goes on, and its rate is limited", async () => {
  await using place = await openPlace({ env: { PUSHDOWN: "false" } });
  await fillTable(place.database, "large", 400_000);
  const body = { dataset_urn: place.urn("large"), columns: ["email"], commit: "batches" };
  const runId = await place.start(body);
  const page = await place.open(`#/runs/${runId}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("status").getByText("paused").waitFor();
  await page.getByRole("button", { name: "Limit rate" }).click();
  await page.getByLabel("Rows a second").fill("50000");
  await page.getByRole("button", { name: "Set the limit" }).click();
  await page.getByText("50,000 rows/s").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("status").getByText("running").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await page.getByRole("status").getByText(/cancelled/).waitFor();
});

Deno.test("the page of a run outlives its server: it says so, and shows the next one's answer", async () => {
  await using place = await openPlace({ env: { PUSHDOWN: "false" } });
  place.browser.expected.push(/ERR_|status of 404/);
  await fillTable(place.database, "large", 400_000);
  const runId = await place.start({ dataset_urn: place.urn("large"), columns: ["email"] });
  const page = await place.open(`#/runs/${runId}`);
  await page.getByRole("status").getByText("running").waitFor();
  await place.service.stop("SIGKILL");
  const outage = page.getByText("The server does not respond");
  await outage.waitFor();
  assert.ok(await page.getByRole("progressbar").isVisible(), "what was known is shown no more");
  await using _again = await startService(compiled, {
    PG_CONN_STR: place.database.url,
    PORT: String(place.service.port),
  });
  await page.getByRole("heading", { name: "There is no such run" }).waitFor();
  await outage.waitFor({ state: "detached" });
});

Deno.test("a run that rotates is told apart from one that tokenizes, in the list and on its page", async () => {
  const keyFile = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(keyFile, jwkSet(await sivJwk("s1")));
  await using history = await createTestDatabase();
  const env = { HISTORY_CONN_STR: history.url };
  await using place = await openPlace({ env });
  const args = ["--urn", place.urn("customers"), "--columns", "email"];
  const { url } = place.database;
  const keyed = { PG_CONN_STR: url, TOKEN_SDK_MODE: "aes-siv", TOKEN_KEYS_FILE: keyFile };
  await place.service.trigger({ dataset_urn: place.urn("customers"), columns: ["email"] });
  const rotate = ["rotate", ...args, "--from", "dummy"];
  const { code, stderr } = await runProgram(compiled, rotate, { ...env, ...keyed });
  await Deno.remove(keyFile);
  assert.equal(code, 0, stderr);
  const page = await place.open();
  const rows = page.getByRole("list", { name: /Runs/ }).getByRole("listitem");
  await rows.nth(1).waitFor();
  assert.match(await rows.nth(0).innerText(), /rotate · command line/);
  assert.doesNotMatch(await rows.nth(1).innerText(), /rotate/);
  await rows.first().click();
  await page.getByText("Tokens to those of the current key").waitFor();
  assert.match(await page.locator(".under").innerText(), /rotate/);
});
