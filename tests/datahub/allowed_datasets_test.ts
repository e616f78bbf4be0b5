import assert from "node:assert/strict";
import { requireTableAllowed, requireUrnAllowed } from "../../src/datahub/allowed_datasets.ts";
import { parseDatasetUrn } from "../../src/datahub/dataset_urn.ts";
import { ServiceError } from "../../src/errors.ts";

const urn = (name: string, fabric = "PROD") =>
  `urn:li:dataset:(urn:li:dataPlatform:postgres,${name},${fabric})`;

/** Whether the URN as it is written, and then the table that it was resolved to, are allowed. */
function allows(
  patterns: readonly string[] | undefined,
  dataset: string,
  instance = "",
  path = partsOf(dataset, instance),
): boolean {
  try {
    const parsed = parseDatasetUrn(dataset);
    requireUrnAllowed(parsed, patterns);
    requireTableAllowed(parsed, patterns, { platformInstance: instance, path });
    return true;
  } catch (error) {
    assert.ok(error instanceof ServiceError && error.code === "dataset_not_allowed", String(error));
    return false;
  }
}

/** Schema and table without dots; what precedes them is the database, without the instance. */
function partsOf(dataset: string, instance: string): string[] {
  const parts = parseDatasetUrn(dataset).name.split(".");
  const database = parts.slice(instance === "" ? 0 : -3, -2).join(".");
  return [database, ...parts.slice(-2)];
}

Deno.test("without a list everything is allowed, and with an empty list nothing", () => {
  assert.equal(allows(undefined, urn("app.public.customers")), true);
  assert.equal(allows([], urn("app.public.customers")), false);
});

Deno.test("a pattern without a star allows that one dataset", () => {
  const patterns = [urn("app.public.customers"), urn("app.public.orders", "DEV")];
  assert.equal(allows(patterns, urn("app.public.customers")), true);
  assert.equal(allows(patterns, urn("app.public.orders", "DEV")), true);
  for (const name of ["app.public.customers2", "app.public.customer", "APP.public.customers"]) {
    assert.equal(allows(patterns, urn(name)), false, name);
  }
  assert.equal(allows(patterns, urn("app.public.orders")), false);
});

Deno.test("a star matches any number of characters, including none", () => {
  const cases: [pattern: string, name: string, allowed: boolean][] = [
    ["*", "app.public.customers", true],
    [urn("app.public.*"), "app.public.customers", true],
    [urn("app.public.*"), "app.private.customers", false],
    [urn("app.public.*"), "app.public.line\nbreak", true],
    [urn("app.*.customers"), "app.public.customers", true],
    [urn("app.*.customers"), "app.public.orders", false],
    [urn("*.customers"), "x.app.public.customers", true],
    [urn("app.public.customers*"), "app.public.customers", true],
    [urn("app.public.c**s"), "app.public.customers", true],
    [urn("*a*a*"), "bab.a.b", true],
    [urn("*a*a*a*"), "bab.a.b", false],
    [urn("app.public.ab*ba"), "app.public.aba", false],
    [urn("app.public.ab*ba"), "app.public.abba", true],
    ["urn:li:dataset:(*,PROD)", "app.public.customers", true],
    ["urn:li:dataset:(*,DEV)", "app.public.customers", false],
    ["urn:li:dataset:(urn:li:dataPlatform:databricks,*", "app.public.customers", false],
  ];
  for (const [pattern, name, allowed] of cases) {
    assert.equal(allows([pattern], urn(name)), allowed, `${pattern} and ${name}`);
  }
});

Deno.test("characters that are special in a regular expression are literal in a pattern", () => {
  assert.equal(allows([urn("app.public.a+b")], urn("app.public.aab")), false);
  assert.equal(allows([urn("app.public.a+b")], urn("app.public.a+b")), true);
  assert.equal(allows([urn("app.public.[a]")], urn("app.public.a")), false);
  assert.equal(allows([urn("app.public.customers")], urn("app_public_customers.b.c")), false);
});

Deno.test("a star does not match a platform instance that leads to another table", () => {
  const patterns = [urn("app.public.*")];
  // as it was resolved: instance "app.public.x", database "app", schema "secret", table "t"
  assert.equal(allows(patterns, urn("app.public.x.app.secret.t"), "app.public.x"), false);
  // instance "eu", the rest is allowed alone, but nothing allows the instance
  assert.equal(allows(patterns, urn("eu.app.public.customers"), "eu"), false);
});

Deno.test("a platform instance is allowed by a pattern that spells it out, or by two", () => {
  const name = urn("eu.app.public.customers");
  assert.equal(allows([urn("eu.app.public.*")], name, "eu"), true);
  assert.equal(allows([urn("eu.*")], name, "eu"), true);
  assert.equal(allows([urn("*.public.*")], name, "eu"), true);
  assert.equal(allows(["*"], name, "eu"), true);
  assert.equal(allows([urn("eu.app.secret.*")], name, "eu"), false);
});

Deno.test("an instance spelled with %2C is the instance it is decoded to", () => {
  const name = urn("a%2Cb.app.public.customers");
  assert.equal(allows([urn("*app.public.customers")], name, "a,b"), true);
  assert.equal(allows([urn("a%2Cb.app.public.*")], name, "a%2Cb"), true);
  assert.equal(allows([urn("a%2Cb.app.public.*")], name, "a,b"), true);
});

Deno.test("a URN of a megabyte is compared in linear time", () => {
  const long = urn(`app.${"public.a".repeat(130_000)}`, "DEV");
  for (const pattern of ["*.public.*.public.*", "*a*a*a*a*a*b", "*,*,*,*,*"]) {
    assert.equal(allows([urn(pattern)], long), false);
  }
});

// The part of a name that a dot is in decides: a pattern's dots are those between parts.
const DOTTED: [pattern: string, written: string, path: string[], allowed: boolean][] = [
  ["app.public.*", "app.public.x.t", ["app", "public.x", "t"], false],
  ["app.public.*", "app.public.x.t", ["app.public", "x", "t"], false],
  ["app.public.*", "app.public.x.t", ["app", "public", "x.t"], true],
  ["app.public*", "app.public.x.t", ["app", "public.x", "t"], true],
  ["app.public?x.*", "app.public.x.t", ["app", "public.x", "t"], false],
  ["app.public*x.*", "app.public.x.t", ["app", "public.x", "t"], true],
  ["*.x.t", "app.public.x.t", ["app", "public.x", "t"], false],
  ["*.public.x.*", "app.public.x.t", ["app", "public.x", "t"], false],
  ["*.t", "app.public.x.t", ["app", "public", "x.t"], false],
  ["*.t", "app.public.x.t", ["app", "public.x", "t"], true],
];
for (const [pattern, written, path, allowed] of DOTTED) {
  const name = path.map((part) => `"${part}"`).join(".");
  Deno.test(`${pattern} ${allowed ? "allows" : "does not allow"} ${name}`, () => {
    assert.equal(allows([urn(pattern)], urn(written), "", path), allowed);
  });
}

Deno.test("a pattern without a star allows its URN, however the name is divided", () => {
  for (const path of [["app", "public", "x.t"], ["app", "public.x", "t"]]) {
    assert.equal(allows([urn("app.public.x.t")], urn("app.public.x.t"), "", path), true);
  }
});

Deno.test("the table that was found counts, not the spelling of the URN", () => {
  const path = ["app", "Sales", "Orders"];
  assert.equal(allows([urn("app.sales.*")], urn("app.sales.orders"), "", path), true);
  assert.equal(allows([urn("app.SALES.*")], urn("app.sales.orders"), "", path), false);
  // a catalog and a schema that the connection adds
  const found = ["main", "default", "orders"];
  assert.equal(allows([urn("*"), urn("main.default.*")], urn("orders"), "", found), true);
  assert.equal(allows([urn("main.default.*")], urn("orders"), "", found), false);
  assert.equal(allows([urn("o*")], urn("orders"), "", found), true);
  assert.equal(allows([urn("default.*")], urn("default.orders"), "", found), true);
  assert.equal(
    allows([urn("default.*")], urn("default.orders"), "", ["main", "x", "orders"]),
    false,
  );
});

Deno.test("names with commas and parentheses are compared as DataHub encodes them", () => {
  const path = ["app", "a,b", "t (old)"];
  const written = urn("app.a%2Cb.t %28old%29");
  assert.equal(allows([urn("app.a%2Cb.*")], written, "", path), true);
  assert.equal(allows([urn("app.a%2Cb.t %28o*")], written, "", path), true);
  assert.equal(allows([urn("app.a.*")], written, "", path), false);
});

Deno.test("a star does not match an instance together with the database after it", () => {
  const patterns = [urn("a*.public.*")];
  assert.equal(allows(patterns, urn("x.app.public.t"), "x"), false);
  assert.equal(allows(patterns, urn("a.app.public.t"), "a"), true);
  assert.equal(allows(patterns, urn("a.secret.public.t"), "a"), false);
});
