/** The commands in docs/vault.md set up a key, a policy and a login that work. */
import assert from "node:assert/strict";
import { codeBlocksOf } from "../../scripts/docs/markdown.ts";
import { startBao } from "../../scripts/servers/openbao/bao_server.ts";
import { compiled } from "../support/program.ts";
import { createTestDatabase } from "../support/test_database.ts";

const program = Deno.env.get("TEST_BAO") ?? assert.fail("TEST_BAO is set by tests/vault/run.ts");
const page = await Deno.readTextFile(new URL("../../docs/vault.md", import.meta.url));
const [setup] = page.split("\n## Settings");

Deno.test("with the page's commands, only the address changed, values are tokenized", async () => {
  await using server = await startBao();
  await using database = await createTestDatabase({ customers: true });
  const folder = await Deno.makeTempDir();
  try {
    await Deno.symlink(program, `${folder}/bao`);
    const blocks = codeBlocksOf(setup!).filter(({ language }) => language === "bash");
    assert.equal(blocks.length, 2);
    const urn =
      `urn:li:dataset:(urn:li:dataPlatform:postgres,${database.name}.public.customers,PROD)`;
    const run = `"$TOKENIZE" run --urn '${urn}' --columns email,phone`;
    const commands = [...blocks.map(({ text }) => text), run, run].join("\n")
      .replaceAll("https://vault.example.com:8200", server.address);
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", commands],
      clearEnv: true,
      env: {
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        HOME: folder,
        BAO_ADDR: server.address,
        BAO_TOKEN: server.rootToken,
        TOKENIZE: compiled.file,
        PG_CONN_STR: database.url,
      },
    }).output();
    const [output, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(code, 0, log);
    const reports = output!.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    assert.deepEqual(reports.map(({ updated }) => updated), [100, 0]);
    const rows = await database.sql`select email from customers where email !~ '^vault:v1:'`;
    assert.equal(rows.length, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
