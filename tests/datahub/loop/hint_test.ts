/** Reading DataHub's EntityChangeEvents, in the forms that its own generators write. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readChangeEvent } from "../../../src/datahub/loop/hint.ts";
import { isDerived, type Provenance } from "../../../src/datahub/loop/provenance.ts";

const DATASET = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const stamp = { actor: "urn:li:corpuser:jdoe", time: 1764000000000 };

/** An event as DataHub writes it, without what is not read. */
const event = (more: object) => ({
  entityUrn: `urn:li:schemaField:(${DATASET},email)`,
  entityType: "schemaField",
  category: "TAG",
  operation: "ADD",
  modifier: "urn:li:tag:PII",
  auditStamp: stamp,
  version: 0,
  ...more,
});

const expected = {
  datasetUrn: DATASET,
  label: "urn:li:tag:PII",
  isAddition: true,
  actor: stamp.actor,
  timeMs: stamp.time,
};

Deno.test("a label on a column leads to the column's dataset, whatever its parent is said to be", () => {
  const parents = [`urn:li:schemaField:(${DATASET},email)`, DATASET];
  for (const parentUrn of parents) {
    const parameters = { fieldPath: "email", parentUrn, tagUrn: "urn:li:tag:PII", context: "{}" };
    assert.deepEqual(readChangeEvent(event({ parameters })), expected);
  }
  for (const path of ["[version=2.0].[type=string].email", "net%2C gross %28EUR%29"]) {
    const entityUrn = `urn:li:schemaField:(${DATASET},${path})`;
    assert.deepEqual(readChangeEvent(event({ entityUrn })), expected);
  }
});

Deno.test("terms, removals and labels of whole datasets are read, too", () => {
  const term = "urn:li:glossaryTerm:Classification.Sensitive";
  assert.deepEqual(
    readChangeEvent(event({ category: "GLOSSARY_TERM", modifier: term })),
    { ...expected, label: term },
  );
  assert.deepEqual(
    readChangeEvent(event({ operation: "REMOVE" })),
    { ...expected, isAddition: false },
  );
  assert.deepEqual(readChangeEvent(event({ entityUrn: DATASET })), expected);
});

Deno.test("events about something else are nothing, and other values are malformed", () => {
  for (const more of [{ category: "OWNER" }, { modifier: null }, { entityUrn: "urn:li:tag:x" }]) {
    assert.equal(readChangeEvent(event(more)), undefined);
  }
  const noText = event({ entityUrn: `urn:li:schemaField:(${DATASET},email\ud800)` });
  const values = [null, 1, "x", [], {}, event({ entityUrn: 1 }), event({ auditStamp: 1 }), noText];
  for (const value of values) {
    assert.equal(readChangeEvent(value), "malformed");
  }
});

Deno.test("no value makes the reader throw", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void readChangeEvent(value)));
  fc.assert(fc.property(fc.string(), (text) => {
    const read = readChangeEvent(event({ entityUrn: `urn:li:schemaField:(${text}` }));
    assert.ok(read === undefined || typeof read === "object");
  }));
});

Deno.test("a label that a program derived is told from one that somebody put there", () => {
  const derived: Provenance[] = [
    { attribution: { sourceDetail: { propagated: "true", origin: "urn:li:x" } } },
    { attribution: { sourceDetail: { suggested: "true" } } },
    { attribution: { sourceDetail: { state: "Suggested" } } },
    { context: '{"propagated": "true"}' },
    { context: '{"propagated": true, "actor": "urn:li:corpuser:datahub"}' },
  ];
  const put: Provenance[] = [
    {},
    { context: null, attribution: null },
    { context: "{}" },
    { context: "no JSON" },
    { context: "null" },
    { context: '{"propagated": "false"}' },
    { attribution: { actor: "urn:li:corpuser:jdoe", time: 1, sourceDetail: {} } },
  ];
  for (const each of derived) assert.ok(isDerived(each), JSON.stringify(each));
  for (const each of put) assert.ok(!isDerived(each), JSON.stringify(each));
});
