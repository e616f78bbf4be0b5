import assert from "node:assert/strict";
import { readTypedUrn } from "../../src/command_line/typed_urn.ts";

const urnOf = (name: string) => `urn:li:dataset:(urn:li:dataPlatform:postgres,${name},PROD)`;
const URN = urnOf("app.public.customers");

Deno.test("a URN as DataHub writes it stays as it is", () => {
  for (const urn of [URN, urnOf("a.b.c%2Cd"), urnOf("a.b.100%25"), urnOf('a.b."C D"')]) {
    assert.equal(readTypedUrn(urn), urn);
  }
});

Deno.test("platform, environment and prefix may be in any case, and blanks may surround the URN", () => {
  assert.equal(readTypedUrn(URN.replace("postgres", "Postgres").replace("PROD", "prod")), URN);
  assert.equal(readTypedUrn(` ${URN.replace("urn:li", "URN:LI")}\n`), URN);
  const spaced = URN.replace("postgres,", "Postgres ,").replace(",PROD)", ", prod )");
  assert.equal(readTypedUrn(spaced), URN);
  const named = urnOf("App.Public.Customers");
  assert.equal(readTypedUrn(named), named, "the case of the name may matter");
});

Deno.test("a URN that was percent-encoded as a whole is decoded once", () => {
  for (const urn of [URN, urnOf("a.b.c%2Cd"), urnOf("a.b.静香")]) {
    assert.equal(readTypedUrn(encodeURIComponent(urn)), urn);
    assert.equal(readTypedUrn(encodeURIComponent(urn).replaceAll("%3A", "%3a")), urn);
  }
});

Deno.test("the URL of a dataset's page in DataHub stands for its URN", () => {
  const page = (urn: string) => `https://datahub.example.com/dataset/${urn}`;
  const asDatahubEncodes = urnOf("a.b.c%2Cd/e").replaceAll("%", "%25").replaceAll("/", "%2F");
  const cases: readonly (readonly [string, string])[] = [
    [page(URN), URN],
    [page(`${URN}/Columns?highlightedPath=email`), URN],
    [page(`${encodeURIComponent(URN)}/Schema#top`), URN],
    [`http://localhost:9002/datahub/dataset/${URN}?is_lineage_mode=false`, URN],
    [page(asDatahubEncodes), urnOf("a.b.c%2Cd/e")],
  ];
  for (const [typed, urn] of cases) assert.equal(readTypedUrn(typed), urn, typed);
});

Deno.test("what is no dataset URN is given back as it was typed", () => {
  const texts = [
    "",
    " customers ",
    `${URN}x`,
    URN.replace("PROD", "nowhere"),
    "https://example.com",
  ];
  for (const text of texts) assert.equal(readTypedUrn(text), text);
});
