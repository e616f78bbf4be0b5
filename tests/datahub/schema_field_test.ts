import assert from "node:assert/strict";
import { parseDatasetUrn } from "../../src/datahub/dataset_urn.ts";
import { parseColumns } from "../../src/datahub/schema_field.ts";
import { type ErrorCode, ServiceError } from "../../src/errors.ts";
import writtenByDataHub from "./written_by_datahub.json" with { type: "json" };

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const dataset = parseDatasetUrn(URN);
const namesOf = (column: string) => parseColumns([column], dataset)[0]!.names;

for (const { name, urn, fields } of writtenByDataHub) {
  Deno.test(`the schemaField URNs that DataHub's own library writes are parsed, for ${JSON.stringify(name)}`, () => {
    for (const { path, urn: field } of fields) {
      const [column] = parseColumns([field], parseDatasetUrn(urn));
      const v1 = path.replace(/^\[version=2\.0\](\.\[[^\]]*\])*\./, "");
      assert.ok(column!.names.includes(v1), `${field}: ${column!.names}`);
      assert.equal(column!.written, field);
    }
  });
}

// what DataHub's own get_simple_field_path_from_v2_field_path() gives
const PATHS: Readonly<Record<string, string>> = {
  "email": "email",
  "a.b": "a.b",
  "[version=2.0].[type=string].email": "email",
  "[version=2.0].[type=struct].[type=string].email": "email",
  "[version=2.0].[key=True].[type=long].id": "id",
  "[version=2.0].[type=struct].[type=struct].address.[type=string].city": "address.city",
  "[version=2.0].[type=map].[type=string].a.b": "a.b",
  "[version=2.0].[type=struct].[type=Customer].[type=string].email": "email",
  "[version=2.0].email": "email",
};

for (const [path, name] of Object.entries(PATHS)) {
  Deno.test(`the path ${path} means the column ${name}`, () =>
    assert.deepEqual(namesOf(path), [name]));
}

Deno.test("a plain name is the name itself, with any characters", () => {
  for (const name of ["with blank", "a,b", "a%2Cb", "[type=string]", "[x].y", "größe", "a(b)"]) {
    assert.deepEqual(namesOf(name), [name]);
  }
});

Deno.test("blanks around a name may be slips, or belong to it", () => {
  assert.deepEqual(namesOf(" email "), [" email ", "email"]);
  assert.deepEqual(namesOf("first name"), ["first name"]);
});

Deno.test("a schemaField's path may mean itself or its decoded form", () => {
  assert.deepEqual(namesOf(`urn:li:schemaField:(${URN},a%2Cb)`), ["a%2Cb", "a,b"]);
  const v2 = `urn:li:schemaField:(${URN},[version=2.0].[type=string].a%28b%29)`;
  assert.deepEqual(namesOf(v2), ["a%28b%29", "a(b)"]);
});

Deno.test("columns keep their order and their spelling", () => {
  const field = `urn:li:schemaField:(${URN},phone)`;
  const columns = parseColumns(["name", field, "[version=2.0].[type=string].email"], dataset);
  assert.deepEqual(columns.map(({ names }) => names), [["name"], ["phone"], ["email"]]);
  assert.equal(columns[1]!.written, field);
});

const REFUSED: Readonly<Record<string, [columns: string[], code: ErrorCode]>> = {
  "no column": [[], "invalid_request"],
  "an empty name": [["email", ""], "invalid_request"],
  "a name of spaces": [["  "], "invalid_request"],
  "an empty path": [["[version=2.0]"], "invalid_request"],
  "a path of types only": [["[version=2.0].[type=string]"], "invalid_request"],
  "a column twice": [["email", "name", "email"], "invalid_request"],
  "a field without a path": [[`urn:li:schemaField:(${URN},)`], "invalid_request"],
  "a field of another dataset": [
    ["urn:li:schemaField:(urn:li:dataset:(urn:li:dataPlatform:postgres,x.y.z,PROD),email)"],
    "invalid_request",
  ],
  "a field of one part": [[`urn:li:schemaField:(${URN})`], "invalid_urn"],
  "a field of three parts": [[`urn:li:schemaField:(${URN},a,b)`], "invalid_urn"],
  "a field without an end": [[`urn:li:schemaField:(${URN},email`], "invalid_urn"],
};

for (const [title, [columns, code]] of Object.entries(REFUSED)) {
  Deno.test(`columns with ${title} are refused`, () => {
    assert.throws(() => parseColumns(columns, dataset), (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.code, code);
      assert.match(error.message, /^Cannot read /);
      return true;
    });
  });
}
