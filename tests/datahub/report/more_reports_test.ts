/** Reports and effects that have to be asked for: assertion, property, deletion of profiles. */
import assert from "node:assert/strict";
import { startDatahub } from "../../../scripts/servers/datahub/datahub_server.ts";
import { schemaFieldUrn } from "../../../scripts/servers/datahub/metadata.ts";
import { SCHEMAS } from "../../../scripts/servers/datahub/graphql_api.ts";
import { until } from "../../../scripts/servers/until.ts";
import { hmacJwk, jwkSet } from "../../../scripts/servers/test_keys.ts";
import { openGms } from "../../../src/datahub/gms/gms.ts";
import { assertionUrn } from "../../../src/datahub/report/assertion.ts";
import { addDoneTag } from "../../../src/datahub/report/done_tag.ts";
import { readOffer } from "../../../src/datahub/report/offer.ts";
import { type OpenedLoop, openLoop } from "../loop/open_loop.ts";

const AT = "urn:li:structuredProperty:io.tokenize.tokenized_at";
const KEY = "urn:li:structuredProperty:io.tokenize.token_key";

function results({ datahub, urn }: OpenedLoop): string[] {
  return datahub.metadata.valuesOf(assertionUrn(urn), "assertionRunEvent")
    .map(({ type }) => String(type));
}

for (const age of SCHEMAS) {
  Deno.test(`an assertion fails while plain values are found, and then succeeds (${age} server)`, async () => {
    await using opened = await openLoop({
      graphql: { age },
      mode: "approve",
      env: { DATAHUB_REPORT: "assertion" },
      before: ({ tag }) => tag({ column: "email" }),
    });
    await opened.untilReconciled();
    assert.deepEqual(results(opened), ["FAILURE"]);
    opened.tag({ column: "email", label: "urn:li:tag:tokenize-approved" });
    await until(() => results(opened).length === 2, "there is no second result");
    assert.deepEqual(results(opened), ["FAILURE", "SUCCESS"]);
    const { entityUrn, type } = opened.datahub.metadata.entities
      .get(assertionUrn(opened.urn))!.assertionInfo!;
    assert.deepEqual([entityUrn, type], [opened.urn, "No plain values"]);
  });

  Deno.test(`properties of a column say since when and with which key (${age} server)`, async () => {
    const keys = await Deno.makeTempFile();
    await Deno.writeTextFile(keys, jwkSet(await hmacJwk("key-7")));
    try {
      await using opened = await openLoop({
        graphql: { age },
        env: {
          DATAHUB_REPORT: "property",
          TOKEN_SDK_MODE: "hmac-sha256",
          TOKEN_KEYS_FILE: keys,
        },
        before: ({ tag }) => tag({ column: "email" }),
      });
      await opened.untilReconciled();
      const { entities } = opened.datahub.metadata;
      const properties = entities.get(schemaFieldUrn(opened.urn, "email"))?.structuredProperties;
      assert.deepEqual(properties?.[KEY], ["hmac-sha256 key-7"]);
      assert.match(String(properties?.[AT]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(entities.has(AT) && entities.has(KEY), "the definitions are created first");
    } finally {
      await Deno.remove(keys);
    }
  });
}

Deno.test("a tag that several datasets need at once is created by one of them", async () => {
  await using datahub = startDatahub();
  const { url, token, metadata } = datahub;
  const gms = openGms({ url, token });
  const target = { gms, offer: await readOffer(gms) };
  const urns = ["a", "b", "c"].map((name) =>
    `urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.${name},PROD)`
  );
  for (const urn of urns) metadata.addDataset(urn, ["email"]);
  const tag = "urn:li:tag:Tokenized";
  const fields = [{ path: "email", tags: new Set<string>() }];
  await Promise.all(
    urns.map((datasetUrn) => addDoneTag(target, { datasetUrn, columns: ["email"], fields }, tag)),
  );
  assert.ok(urns.every((dataset) => metadata.hasLabel({ dataset, column: "email", label: tag })));
});

/** Puts profiles with values of the column into DataHub. */
function addProfiles({ datahub, urn }: Pick<OpenedLoop, "datahub" | "urn">): void {
  for (const timestampMillis of [1764000000000, Date.now()]) {
    datahub.metadata.timeseries.set(`${urn} datasetProfile ${timestampMillis}`, {
      urn,
      aspect: "datasetProfile",
      value: { timestampMillis, fieldProfiles: [{ fieldPath: "email", min: "a@example.com" }] },
    });
  }
}

/** What is known of places in DataHub after the first run. */
async function placesAfterRun(
  env: Readonly<Record<string, string>>,
  before: (place: Pick<OpenedLoop, "datahub" | "urn">) => void,
) {
  let residue: readonly { readonly place: string; readonly state: string }[] = [];
  const { SILENT_REPORTER } = await import("../../../src/datahub/report/reporter.ts");
  await using opened = await openLoop({
    env,
    reporter: {
      ...SILENT_REPORTER,
      done: (_subject, report) => Promise.resolve(void (residue = report.residue ?? [])),
    },
    before(place) {
      before(place);
      place.tag({ column: "email" });
    },
  });
  await opened.untilReconciled();
  const left = opened.datahub.metadata.valuesOf(opened.urn, "datasetProfile").length;
  const places = residue.filter(({ place }) => place.startsWith("datahub_"))
    .map(({ place, state }) => [place, state]);
  return { left, places: Object.fromEntries(places) };
}

Deno.test("profiles are deleted after a run, and the residue names what DataHub keeps of them", async () => {
  assert.deepEqual(await placesAfterRun({ DATAHUB_PURGE_PROFILES: "true" }, addProfiles), {
    left: 0,
    places: { datahub_profiles: "cleared", datahub_change_log: "remains" },
  });
});

Deno.test("profiles that do not exist leave nothing", async () => {
  assert.deepEqual(await placesAfterRun({ DATAHUB_PURGE_PROFILES: "true" }, () => {}), {
    left: 0,
    places: { datahub_profiles: "none" },
  });
});

Deno.test("profiles stay unless their deletion is asked for, and the residue says so", async () => {
  assert.deepEqual(await placesAfterRun({}, addProfiles), {
    left: 2,
    places: { datahub_profiles: "not_checked" },
  });
});

Deno.test("a missing privilege leaves profiles, and the dataset due for another attempt", async () => {
  await using opened = await openLoop({
    env: { DATAHUB_PURGE_PROFILES: "true" },
    before(place) {
      addProfiles(place);
      place.datahub.metadata.privileges.delete("DELETE_ENTITY");
      place.tag({ column: "email" });
    },
  });
  const { kind, fault } = await opened.untilObserved("datahub_report_failed");
  assert.deepEqual({ kind, fault }, { kind: "profiles", fault: "forbidden" });
  assert.equal((await opened.untilReconciled()).outcome, "done");
  await until(() => opened.loop.status().later === 1, "nothing is due later");
});
