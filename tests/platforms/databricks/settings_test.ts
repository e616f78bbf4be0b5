/** DBX_JDBC_URL: every documented form, and each fault with a line that says what is missing. */
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/config_error.ts";
import { parseDatabricksSettings } from "../../../src/platforms/databricks/connection/settings.ts";

const SECRET = "dapi0123456789canary";
const BASE = "jdbc:databricks://dbc-1.cloud.databricks.com:443;httpPath=/sql/1.0/warehouses/abc";

function faultOf(url: string): string {
  try {
    parseDatabricksSettings(url);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.faults.length, 1);
    const [{ variable, reason }] = error.faults as [{ variable: string; reason: string }];
    assert.equal(variable, "DBX_JDBC_URL");
    assert.ok(!/canary/i.test(reason), `gives a secret away: ${reason}`);
    assert.ok(!reason.endsWith("."));
    return reason;
  }
  assert.fail(`taken: ${url}`);
}

Deno.test("the forms that Databricks documents are accepted", () => {
  const token = { kind: "token", token: SECRET };
  const principal = {
    kind: "service_principal",
    clientId: "id-1",
    clientSecret: SECRET,
    tokenEndpoint: "https://dbc-1.cloud.databricks.com:443/oidc/v1/token",
    scope: "all-apis",
  };
  for (
    const [url, authentication] of [
      [`${BASE};AuthMech=3;UID=token;PWD=${SECRET}`, token],
      [`${BASE};AuthMech=3;PWD=${SECRET};`, token],
      [`${BASE};PWD=${SECRET}`, token],
      [`${BASE};AuthMech=3;user=token;password=${SECRET}`, token],
      [`${BASE};AuthMech=11;Auth_Flow=0;Auth_AccessToken=${SECRET}`, token],
      [`${BASE};Auth_Flow=0;Auth_AccessToken=${SECRET}`, token],
      [`${BASE};Auth_AccessToken=${SECRET}`, token],
      [`${BASE};AuthMech=11;Auth_Flow=1;OAuth2ClientId=id-1;OAuth2Secret=${SECRET}`, principal],
      [`${BASE};auth_flow=1;oauth2clientid=id-1;OAUTH2SECRET=${SECRET}`, principal],
    ] as const
  ) {
    const settings = parseDatabricksSettings(url);
    assert.equal(settings.host, "dbc-1.cloud.databricks.com");
    assert.equal(settings.port, 443);
    assert.equal(settings.httpPath, "/sql/1.0/warehouses/abc");
    assert.deepEqual(settings.authentication, authentication);
  }
});

Deno.test("URLs as copied from a workspace or from older tools are accepted", () => {
  const legacy = parseDatabricksSettings(
    "jdbc:spark://ADB-1.2.azuredatabricks.net:443/default;transportMode=http;ssl=1;" +
      `httpPath=sql/protocolv1/o/12/0-1-a;AuthMech=3;UID=token;PWD=${SECRET};EnableArrow=0;LogLevel=6`,
  );
  assert.deepEqual(
    [legacy.host, legacy.port, legacy.httpPath, legacy.catalog, legacy.schema],
    ["adb-1.2.azuredatabricks.net", 443, "/sql/protocolv1/o/12/0-1-a", undefined, "default"],
  );
  const spaced = parseDatabricksSettings(
    ` JDBC:Databricks://h:8443/ignored ; HTTPPATH = /x?o=1 ; pwd = ${SECRET} ; ` +
      "ConnCatalog=ma in;ConnSchema=odd-schema; \n",
  );
  assert.deepEqual(
    [spaced.host, spaced.port, spaced.httpPath, spaced.catalog, spaced.schema],
    ["h", 8443, "/x?o=1", "ma in", "odd-schema"],
  );
});

Deno.test("the port comes from the authority or the property, and is 443 otherwise", () => {
  const port = (authority: string, more = "") =>
    parseDatabricksSettings(`jdbc:databricks://${authority};httpPath=/x;PWD=${SECRET}${more}`).port;
  assert.equal(port("h"), 443);
  assert.equal(port("h:1"), 1);
  assert.equal(port("h:1", ";port=2"), 2);
  assert.equal(port("[::1]:8443"), 8443);
  assert.equal(port("[::1]"), 443);
});

Deno.test("the token endpoint and its scope may be set", () => {
  const { authentication } = parseDatabricksSettings(
    `${BASE};Auth_Flow=1;OAuth2ClientId=i;OAuth2Secret=${SECRET};Auth_Scope=2ff8/.default;` +
      "OAuth2TokenEndpoint=https://login.example.com/t/oauth2/v2.0/token",
  );
  assert.ok(authentication.kind === "service_principal");
  assert.equal(authentication.scope, "2ff8/.default");
  assert.equal(authentication.tokenEndpoint, "https://login.example.com/t/oauth2/v2.0/token");
});

Deno.test("the waits are set by the properties of the JDBC driver", () => {
  const read = (more: string) => parseDatabricksSettings(`${BASE};PWD=${SECRET}${more}`);
  const { startTimeoutMs, rateLimitTimeoutMs, requestTimeoutMs } = read("");
  assert.deepEqual([startTimeoutMs, rateLimitTimeoutMs, requestTimeoutMs], [300e3, 120e3, 120e3]);
  assert.equal(read(";TemporarilyUnavailableRetryTimeout=900").startTimeoutMs, 900e3);
  assert.equal(read(";TemporarilyUnavailableRetry=0").startTimeoutMs, 0);
  assert.equal(read(";RateLimitRetryTimeout=7").rateLimitTimeoutMs, 7e3);
  assert.equal(read(";RateLimitRetry=0").rateLimitTimeoutMs, 0);
  assert.equal(read(";socketTimeout=9").requestTimeoutMs, 9e3);
  assert.equal(read(";socketTimeout=0").requestTimeoutMs, 3600e3);
});

Deno.test("settings are frozen plain data that can be sent to the sandbox", () => {
  const settings = parseDatabricksSettings(`${BASE};PWD=${SECRET}`);
  assert.deepEqual(structuredClone(settings), settings);
  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.authentication));
});

Deno.test("an unusable URL is refused with the part that is missing or wrong", () => {
  const oauth = `${BASE};AuthMech=11`;
  for (
    const [url, part] of [
      ["", /jdbc:databricks:\/\//],
      ["postgres://canary", /jdbc:databricks:\/\//],
      [`jdbc:databricks:h;PWD=${SECRET}`, /jdbc:databricks:\/\//],
      [`jdbc:databricks://;httpPath=/x;PWD=${SECRET}`, /no host/],
      [`jdbc:databricks://token:${SECRET}@h;httpPath=/x`, /UID and PWD/],
      [`jdbc:databricks://h:0;httpPath=/x;PWD=${SECRET}`, /port/],
      [`jdbc:databricks://h:99999;httpPath=/x;PWD=${SECRET}`, /port/],
      [`jdbc:databricks://h h;httpPath=/x;PWD=${SECRET}`, /host/],
      [`jdbc:databricks://h;port=x;httpPath=/x;PWD=${SECRET}`, /port/],
      [`jdbc:databricks://h;PWD=${SECRET}`, /httpPath is missing/],
      [`jdbc:databricks://h;httpPath=;PWD=${SECRET}`, /httpPath is missing/],
      [`jdbc:databricks://h;httpPath=/a b;PWD=${SECRET}`, /httpPath/],
      [BASE, /PWD is missing/],
      [`${BASE};AuthMech=3;PWD=`, /PWD is missing/],
      [`${BASE};AuthMech=3;UID=canary@example.com;PWD=${SECRET}`, /UID is not "token"/],
      [`${BASE};AuthMech=3;PWD=${SECRET} x`, /PWD/],
      [`${BASE};AuthMech=1;PWD=${SECRET}`, /AuthMech/],
      [oauth, /Auth_AccessToken is missing/],
      [`${oauth};Auth_Flow=1;OAuth2Secret=${SECRET}`, /OAuth2ClientId is missing/],
      [`${oauth};Auth_Flow=1;OAuth2ClientId=i`, /OAuth2Secret is missing/],
      [`${oauth};Auth_Flow=2`, /Auth_Flow/],
      [`${oauth};Auth_Flow=3`, /Auth_Flow/],
      [
        `${oauth};Auth_Flow=1;OAuth2ClientId=i;OAuth2Secret=${SECRET};OAuth2TokenEndpoint=http://x/t`,
        /OAuth2TokenEndpoint/,
      ],
      [
        `${oauth};Auth_Flow=1;OAuth2ClientId=i;OAuth2Secret=${SECRET};OIDCDiscoveryEndpoint=https://x`,
        /OAuth2TokenEndpoint/,
      ],
      [`${BASE};PWD=${SECRET};ssl=0`, /ssl can only be 1/],
      [`${BASE};PWD=${SECRET};transportMode=binary`, /transportMode/],
      [`${BASE};PWD=${SECRET};AllowSelfSignedCerts=1`, /DENO_CERT/],
      [`${BASE};PWD=${SECRET};SSLTrustStore=/canary.jks`, /DENO_CERT/],
      [`${BASE};PWD=${SECRET};UseProxy=1`, /through a proxy are not supported/],
      [`${BASE};PWD=${SECRET};ProxyHost=canary`, /through a proxy are not supported/],
      [`${BASE};PWD=${SECRET};http.header.x=canary`, /headers/],
      [`${BASE};PWD=${SECRET};AzureTenantId=canary`, /OAuth2TokenEndpoint/],
      [`${BASE};PWD=${SECRET};ConnCatlog=canary`, /the property after PWD is not known/],
      [`jdbc:databricks://x;ConnCatlog=canary`, /its first property is not known/],
      [`${BASE};PWD=${SECRET};spark.sql.ansi.enabled=canary`, /is not known/],
      // a ";" in a secret makes a property of its rest, of any name
      [`${BASE};PWD=x;${SECRET}=x`, /the property after PWD is not known/],
      [
        `${BASE};PWD=x;proxy${SECRET}=x`,
        /the property after PWD is not supported: connections through a proxy/,
      ],
      [`${BASE};PWD=x;${SECRET}=x;${SECRET}=y`, /one of its properties is repeated/],
      [`${BASE};PWD=${SECRET};pwd=${SECRET}`, /one of its properties is repeated/],
      [`${BASE};PWD=${SECRET};canary`, /key=value/],
      [`${BASE};PWD=${SECRET};=canary`, /key=value/],
      [`${BASE};PWD=${SECRET};SocketTimeout=canary`, /SocketTimeout/],
      [`${BASE};PWD=${SECRET};TemporarilyUnavailableRetryTimeout=99999999`, /a day's/],
    ] as const
  ) {
    assert.match(faultOf(url), part, url);
  }
});
