import assert from "node:assert/strict";
import { ConfigError } from "../../src/config_error.ts";
import { bindingOf, encodeParts, readScope, TOKEN_SCOPES } from "../../src/tokens/token_scope.ts";
import { readKeyedSettings } from "../../src/tokens/keyed/keyed_settings.ts";
import { settingsReader } from "../../scripts/servers/test_keys.ts";

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];
const number = (n: number) => [n, 0, 0, 0, 0, 0, 0, 0];

Deno.test("the scope is global unless TOKEN_CONTEXT says otherwise", () => {
  assert.equal(readScope(settingsReader({})), "global");
  for (const scope of ["global", "dataset", "column"] as const) {
    assert.equal(readScope(settingsReader({ TOKEN_CONTEXT: scope })), scope);
  }
  for (const wrong of ["Global", "table", "toString"]) {
    assert.throws(() => readScope(settingsReader({ TOKEN_CONTEXT: wrong })), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.message, "TOKEN_CONTEXT: it is not one of global, dataset, column");
      return true;
    });
  }
});

Deno.test("faults of keys and of the scope are reported together", () => {
  const read = settingsReader({ TOKEN_CONTEXT: "everywhere", TOKEN_KEYS_FILE: "/none" });
  assert.throws(() => readKeyedSettings(read, "HS256"), {
    message: 'TOKEN_KEYS_FILE: the file "/none" does not exist\n' +
      "TOKEN_CONTEXT: it is not one of global, dataset, column",
  });
});

Deno.test("parts are encoded as in PASETO's examples of PAE", () => {
  assert.deepEqual([...encodeParts([])], number(0));
  assert.deepEqual([...encodeParts([""])], [...number(1), ...number(0)]);
  assert.deepEqual([...encodeParts(["test"])], [...number(1), ...number(4), ...bytesOf("test")]);
});

Deno.test("lengths are counted in bytes of UTF-8", () => {
  assert.deepEqual(
    [...encodeParts(["é", "静"])],
    [...number(2), ...number(2), ...bytesOf("é"), ...number(3), ...bytesOf("静")],
  );
});

Deno.test("the binding has as much of the place as the scope says", () => {
  const place = { platform: "postgres", dataset: ["app", "public", "customers"], column: "email" };
  const parts = TOKEN_SCOPES.map((scope) => bindingOf("domain", scope, place));
  assert.deepEqual(parts, [
    encodeParts(["domain", "global"]),
    encodeParts(["domain", "dataset", "postgres", "app", "public", "customers"]),
    encodeParts(["domain", "column", "postgres", "app", "public", "customers", "email"]),
  ]);
});

Deno.test("no two places have the same binding", () => {
  const places = [
    ["postgres", "a", "b", "c", "d"],
    ["databricks", "a", "b", "c", "d"],
    ["postgres", "a.b", "c", "d", "e"],
    ["postgres", "a", "b.c", "d", "e"],
    ["postgres", "a", "b", "c.d", "e"],
    ["postgres", "a", "b", "c", "d.e"],
    ["postgres", "ab", "", "c", "d"],
    ["postgres", "a", "b", "", "cd"],
    ["postgres", "a", "b", "cd", ""],
  ];
  const bindings = places.map(([platform, ...parts]) => {
    const [dataset, column] = [parts.slice(0, -1), parts.at(-1)!];
    return bindingOf("domain", "column", { platform: platform!, dataset, column }).toHex();
  });
  assert.equal(new Set(bindings).size, places.length);
});
