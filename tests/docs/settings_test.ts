/** The tables of settings have each that there is, and no other. */
import assert from "node:assert/strict";
import { settingsSource } from "../../scripts/servers/test_keys.ts";
import { loadConfig } from "../../src/config.ts";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { codeSpansOf } from "../../scripts/docs/markdown.ts";
import { filesOf, textOf } from "./pages.ts";
import { assertNamesAll, namesIn, rowsOf } from "./tables.ts";

/** Variables that are documented in prose: no user sets them for this program. */
const NOT_SETTINGS = ["NO_PROXY", "HOME", "PGSYSCONFDIR", "TOKENIZE_*"];
const SETTINGS_PAGES = ["docs/configuration.md", "docs/vault.md"];
/** What the scripts of the cluster read, but not to be configured by. */
const NOT_OF_THE_CLUSTER = ["TMPDIR", "TRIGGER_TOKEN"];

Deno.test("docs/configuration.md, docs/connection-string.md and docs/vault.md have every setting", () => {
  const ofLibpq = rowsOf("docs/connection-string.md", "parameter")
    .flatMap(([, variable]) => codeSpansOf(variable!));
  const documented = [...SETTINGS_PAGES.flatMap((path) => namesIn(path, "variable")), ...ofLibpq];
  const real = ENVIRONMENT_NAMES.filter((name) => !NOT_SETTINGS.includes(name));
  assertNamesAll("docs/configuration.md (docs/vault.md for VAULT_…)", documented, real);
});

Deno.test("a setting's documented default is what its absence means", () => {
  const vault = {
    TOKEN_SDK_MODE: "vault-transit",
    VAULT_ADDR: "http://127.0.0.1:8200",
    VAULT_TRANSIT_KEY: "pii",
  };
  const bases: readonly Record<string, string>[] = [
    {},
    { ...vault, VAULT_TOKEN: "t" },
    { ...vault, VAULT_ROLE_ID: "r", VAULT_SECRET_ID: "s" },
  ];
  const load = (variables: Readonly<Record<string, string>>) =>
    loadConfig({ ...settingsSource(variables), isTerminal: false });
  let checked = 0;
  for (const [name, , standard] of SETTINGS_PAGES.flatMap((path) => rowsOf(path, "variable"))) {
    const variable = codeSpansOf(name!)[0]!;
    const value = /^`([^`]+)`$/.exec(standard!)?.[1];
    if (value === undefined) continue;
    for (const base of bases.filter((each) => !(variable in each))) {
      if (variable.startsWith("VAULT_APPROLE") && !("VAULT_ROLE_ID" in base)) continue;
      if (variable.startsWith("VAULT_KUBERNETES")) continue; // reads a file
      assert.deepEqual(load({ ...base, [variable]: value }), load(base), `${variable}=${value}`);
      checked++;
    }
  }
  assert.ok(checked > 15);
});

Deno.test("README's settings exist", () => {
  const unknown = namesIn("README.md", "setting")
    .filter((name) => !ENVIRONMENT_NAMES.includes(name));
  assert.deepEqual(unknown, []);
});

Deno.test("docs/deployment.md has every variable that the cluster's scripts read", async () => {
  const scripts = (await filesOf(".sh")).filter((path) =>
    /^scripts\/(cluster\/\w+|up|run|down|logs|secrets|trigger-pg|trigger-dbx)\.sh$/.test(path)
  );
  const texts = await Promise.all(scripts.map(textOf));
  const read = texts.flatMap((text) => [...text.matchAll(/\$\{([A-Z_]+):?-/g)])
    .map(([, name]) => name!)
    .filter((name) => !NOT_OF_THE_CLUSTER.includes(name));
  const documented = namesIn("docs/deployment.md", "cluster variable");
  assertNamesAll("docs/deployment.md", documented, [...new Set(read)]);
});

Deno.test("docs/postgres.md has every setting of deploy/grants.sql", async () => {
  const script = await textOf("deploy/grants.sql");
  const read = [...script.matchAll(/current_setting\('(tokenize\.\w+)'/g)].map(([, name]) => name!);
  assertNamesAll("docs/postgres.md", namesIn("docs/postgres.md", "setting"), read);
});
