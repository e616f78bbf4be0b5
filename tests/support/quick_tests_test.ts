import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { quickTests } from "./quick_tests.ts";

Deno.test("a quick test imports neither a server nor the binary, not even indirectly", async () => {
  const before = Deno.cwd();
  Deno.chdir(fileURLToPath(new URL("../../", import.meta.url)));
  try {
    const quick = await quickTests(["tests/vault"]);
    for (const path of ["tests/architecture_test.ts", "tests/tokens/rfc5297_test.ts"]) {
      assert.ok(quick.includes(path), path);
    }
    const slow = [
      "tests/binary/build_test.ts",
      "tests/commands/serve_test.ts",
      "tests/platforms/postgres/values_test.ts",
      "tests/platforms/postgres/rewrite_test.ts",
      "tests/vault/conformance_test.ts",
    ];
    assert.deepEqual(slow.filter((path) => quick.includes(path)), []);
  } finally {
    Deno.chdir(before);
  }
});
