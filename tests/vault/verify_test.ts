/** Verification asks Vault whether tokens are authentic, where its policies allow that; restoring reads them. */
import assert from "node:assert/strict";
import { openTransit, POLICY } from "../../scripts/servers/openbao/transit_fixture.ts";
import { settingsReader } from "../../scripts/servers/test_keys.ts";
import { readVaultSettings } from "../../src/tokens/vault/settings.ts";
import { openWitness } from "../../src/verify/ask_vault.ts";
import { assertReport } from "../support/assertions.ts";
import { useDatabase } from "../support/action_fixture.ts";
import { findingOf, openVerifier, type Verifier } from "../verify/verifier.ts";

const vault = await openTransit();
const database = await useDatabase();
const { sql, openAction } = database;
Deno.test.afterAll(() => vault.close());

/** A verifier that asks Vault, with these variables besides the fixture's. */
function openVaultVerifier(variables: Readonly<Record<string, string>>): Verifier {
  const settings = readVaultSettings(settingsReader(vault.variables(variables)));
  const { ask: askVault, close } = openWitness(settings);
  const known = { sdk: "vault-transit", scope: "global", keys: [], askVault } as const;
  const verifier = openVerifier(database.url, { known });
  return {
    ...verifier,
    async [Symbol.asyncDispose]() {
      close();
      await verifier[Symbol.asyncDispose]();
    },
  };
}

Deno.test("each token is opened by Vault; changed ones and those of another key are lookalikes", async () => {
  const key = await vault.makeKey();
  const tokenSdk = await vault.openSdk({ VAULT_TRANSIT_KEY: key });
  const others = await vault.openSdk({ VAULT_TRANSIT_KEY: await vault.makeKey() });
  await sql`create table people (id int primary key, email text)`;
  await sql`insert into people select i, 'canary' || i from generate_series(1, 600) i`;
  await using action = openAction({ tokenSdk });
  await action.tokenize("public.people", ["email"], { scrub: true });
  await using verifier = openVaultVerifier({ VAULT_TRANSIT_KEY: key });
  const clean = await verifier.verify("public.people", ["email"]);
  assert.equal(findingOf(clean, "values").state, "clean");
  const [tokens] = clean.columns[0]!.tokens;
  assert.deepEqual([tokens!.key_id, tokens!.checked, tokens!.count], ["v1", "opened", 600]);

  const place = { platform: "postgres", dataset: [database.name, "public", "people"] };
  const [foreign] = await others.tokenize(["canary"], { ...place, column: "email" });
  await sql`update people set email = ${foreign!} where id = 1`;
  await sql`update people set email = overlay(email placing
    case substr(email, 20, 1) when 'A' then 'B' else 'A' end from 20 for 1) where id = 2`;
  const planted = await verifier.verify("public.people", ["email"]);
  assert.equal(findingOf(planted, "values").detail, "2 lookalikes");

  await using restoring = openAction({ tokenSdk, restores: true });
  const report = await restoring.tokenize("public.people", ["email"]);
  assertReport(report, { updated: 598, skipped: 2, lookalikes: 2 });
  assert.equal((await database.valuesOf("people", "email"))[9], "canary10");
  await Promise.all([tokenSdk.close!(), others.close!()]);
});

Deno.test("where the policies do not allow decryption, tokens are known by their form alone", async () => {
  const tokenSdk = await vault.openSdk();
  const [token] = await tokenSdk.tokenize(["x"], { platform: "postgres", dataset: [], column: "" });
  await sql`create table closed (email text)`;
  await sql`insert into closed values (${token!})`;
  const withoutDecryption = POLICY.split("\n").filter((line) => !line.includes("/decrypt/"));
  const VAULT_TOKEN = await vault.makeToken(withoutDecryption.join("\n"));
  await using verifier = openVaultVerifier({ VAULT_TOKEN });
  const found = await verifier.verify("public.closed", ["email"]);
  assert.equal(findingOf(found, "values").state, "clean");
  assert.deepEqual(found.columns[0]!.tokens.map(({ checked }) => checked), ["form"]);
  await tokenSdk.close!();
});
