/** Commands that pages of docs have a reader paste do what the pages say. */
import assert from "node:assert/strict";
import { codeBlocksOf } from "../../scripts/docs/markdown.ts";
import { machineSource } from "../../scripts/servers/test_keys.ts";
import { settingsReader } from "../../src/settings_reader.ts";
import { readKeys } from "../../src/tokens/keyed/key_set.ts";
import { compiled, fromSource, startService } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";

const isMissing = !new Deno.Command("bash", { args: ["-c", "command -v curl"], stdout: "null" })
  .outputSync().success;
if (isMissing) console.log("skipped: the request of docs/http-api.md: curl is not installed");

Deno.test({
  name: "the request that docs/http-api.md shows triggers a run",
  ignore: isMissing,
  async fn() {
    await using database = await createTestDatabase({ customers: true });
    await using service = await startService(compiled, {
      PG_CONN_STR: database.url,
      TRIGGER_TOKEN: "canary-trigger-token",
    });
    const command = (await blockWith("docs/http-api.md", "curl "))
      .replace("http://127.0.0.1:8080", service.url)
      .replace("app.public.customers", `${database.name}.public.customers`);
    const report = JSON.parse(await bash(command, { TRIGGER_TOKEN: "canary-trigger-token" }));
    assert.deepEqual([report.updated, report.skipped], [100, 0]);
  },
});

Deno.test("the commands in docs/token-sdks.md make a key file with two keys", async () => {
  const commands = await blockWith("docs/token-sdks.md", "tokenize keys new");
  const folder = await Deno.makeTempDir();
  try {
    const words = [fromSource.file, ...fromSource.args].map((word) => `'${word}'`).join(" ");
    await bash(`cd '${folder}'; tokenize() { ${words} "$@"; }\n${commands}`);
    const reader = settingsReader(machineSource({ TOKEN_KEYS_FILE: `${folder}/keys.json` }));
    assert.equal(readKeys(reader, "AEAD_AES_SIV_CMAC_512").length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function blockWith(path: string, text: string): Promise<string> {
  const page = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  return codeBlocksOf(page).find((block) => block.text.includes(text))?.text ??
    assert.fail(`${path} has no block with "${text}"`);
}

async function bash(command: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const args = ["-euo", "pipefail", "-c", command];
  const { code, stdout, stderr } = await new Deno.Command("bash", { args, env }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
