/** The API responds to any request as its OpenAPI document says. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startDatahub } from "../../scripts/servers/datahub/datahub_server.ts";
import { createTestDatabase } from "../support/test_database.ts";
import { assertLeaksNothing } from "../support/assertions.ts";
import { compiled, type Service, startService } from "../support/program.ts";

const TOKEN = "canary-secret-of-the-fuzzing-test";
const SEED = "20260101";
const config = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

for (const [who, token] of [["with the token", TOKEN], ["without a token", undefined]] as const) {
  Deno.test(`a caller ${who} gets only documented responses`, async () => {
    await using database = await createTestDatabase({ customers: true });
    await using datahub = startDatahub(); // without it, two operations are off
    await using service = await startService(compiled, {
      PG_CONN_STR: database.url,
      TRIGGER_TOKEN: TOKEN,
      DATAHUB_GMS_URL: datahub.url,
      DATAHUB_GMS_TOKEN: datahub.token,
      DATAHUB_TAGS: "urn:li:tag:PII",
    });
    await fuzz(service, database.name, token);
    assert.equal((await service.send("GET", "/healthz")).status, 200);
    const { stderr, code } = await service.stop("SIGTERM");
    assert.equal(code, 0);
    assertLeaksNothing(stderr, "the log");
    for (const line of stderr.trimEnd().split("\n")) JSON.parse(line);
    const kinds = await database.sql`
      SELECT DISTINCT email LIKE 'tok\\_%\\_poc' AS done FROM public.customers`;
    assert.equal(kinds.length, 1, "some rows of a run were written, and others not");
  });
}

/** Runs Schemathesis to its end; throws with what it says where a check failed. */
async function fuzz(service: Service, database: string, token: string | undefined) {
  // its own example then names a table that is there
  const document = JSON.stringify((await service.send("GET", "/openapi.json")).json)
    .replaceAll("app.public.customers", `${database}.public.customers`);
  const directory = await Deno.makeTempDir(); // it keeps notes in the folder it runs in
  try {
    const path = `${directory}/openapi.json`;
    await Deno.writeTextFile(path, document);
    const child = new Deno.Command(Deno.env.get("TEST_SCHEMATHESIS")!, {
      args: [
        "--config-file",
        config,
        "run",
        path,
        "--url",
        service.url,
        "--phases",
        "examples,coverage,fuzzing",
        "--seed",
        SEED,
        // nearly every trigger that fits the schema names a table that is not there
        "--checks",
        "all",
        "--exclude-checks",
        "positive_data_acceptance",
        "--max-examples",
        // without a token, each waits longer, and none is looked at beyond its header
        token === undefined ? "5" : Deno.env.get("TEST_EXAMPLES")!,
        "--output-truncate",
        "true",
        ...(token === undefined ? [] : ["--header", `Authorization: Bearer ${token}`]),
      ],
      cwd: directory,
      env: { NO_COLOR: "1", PYTHONDONTWRITEBYTECODE: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { success, stdout, stderr } = await child.output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const shown = said.split("\n").map((line) => line.slice(0, 400)).join("\n");
    console.log(/^\s*\d+ generated.*$/m.exec(said)?.[0].trim() ?? "no case was generated");
    assert.ok(success, shown);
    assert.match(said, /[1-9]\d* generated/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
