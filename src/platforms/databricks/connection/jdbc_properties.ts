/**
 * Which properties of a JDBC URL are honoured, which are ignored, and which are refused.
 *
 * URLs are copied from other tools, with the properties that those needed. Properties that only tune
 * the JDBC driver, its log or its downloads are ignored. Those that change whom the program talks to or
 * trusts are refused unless they can be honoured. So are unknown ones: a misspelt property must not
 * silently mean its default.
 */
import { fault } from "./jdbc_url.ts";

const HONOURED = [
  "httpPath",
  "port",
  "AuthMech",
  "UID",
  "user",
  "PWD",
  "password",
  "Auth_Flow",
  "Auth_AccessToken",
  "OAuth2ClientId",
  "OAuth2Secret",
  "Auth_Scope",
  "OAuth2TokenEndpoint",
  "OAuth2ConnAuthTokenEndpoint",
  "OIDCDiscoveryEndpoint",
  "OAuthDiscoveryURL",
  "ConnCatalog",
  "ConnSchema",
  "SocketTimeout",
  "TemporarilyUnavailableRetry",
  "TemporarilyUnavailableRetryTimeout",
  "RateLimitRetry",
  "RateLimitRetryTimeout",
];

/** They tune the JDBC driver, or how it shows results. */
const WITHOUT_EFFECT = [
  "AcceptUndeterminedRevocation",
  "ADUserAccount",
  "ApplicationName",
  "AsyncExecPollInterval",
  "CatalogSchemaSwitch",
  "CheckCertRevocation",
  "CloudFetchThreadPoolSize",
  "DecimalColumnScale",
  "DefaultStringColumnLength",
  "DelegationToken",
  "DelegationUID",
  "EnableArrow",
  "EnableComplexDatatypeSupport",
  "EnableDirectResults",
  "EnableFetchHeartbeat",
  "EnableOIDCDiscovery",
  "EnableQueryResultDownload",
  "EnableQueryResultLZ4Compression",
  "EnableRequestTracing",
  "EnableSQLExecHybridResults",
  "EnableTelemetry",
  "EnableTokenCache",
  "FastConnection",
  "HttpConnectionPoolSize",
  "IdleHttpConnectionExpiry",
  "IgnoreTransactions",
  "LogFileCount",
  "LogFileSize",
  "LogLevel",
  "LogPath",
  "LowerCaseResultSetColumnName",
  "MaxBatchSize",
  "MaxConcurrentPresignedRequests",
  "MetadataSourceUsed",
  "OAuthDiscoveryMode",
  "PreparedMetadataLimitZero",
  "ProxyIgnoreList",
  "QueryResultCompressionType",
  "RowsFetchedPerBlock",
  "SSLTrustStoreProvider",
  "StagingAllowedLocalPaths",
  "StripCatalogName",
  "SupportManyParameters",
  "TelemetryBatchSize",
  "TokenCachePassPhrase",
  "UCIngestionRetriableHttpCode",
  "UCIngestionRetryTimeout",
  "UseEmptyMetadata",
  "UseNativeQuery",
  "UserAgentEntry",
  "UseSystemTrustStore",
  "UseThriftClient",
  "VolumeOperationAllowedLocalPaths",
  "VolumeOperationRetryableHttpCode",
  "VolumeOperationRetryTimeout",
  // session parameters that do not affect our statements, or that the program sets itself
  "ANSI_MODE",
  "ENABLE_PHOTON",
  "LEGACY_TIME_PARSER_POLICY",
  "MAX_FILE_PARTITION_BYTES",
  "READ_ONLY_EXTERNAL_METASTORE",
  "TIMEZONE",
  "USE_CACHED_RESULT",
];

/** Properties of which only some values can be honoured. */
const LIMITED: Readonly<Record<string, { values: readonly string[]; reason: string }>> = {
  ssl: { values: ["1"], reason: "without TLS anybody could read the token" },
  transportMode: { values: ["http"], reason: "warehouses accept no other" },
  AllowSelfSignedCerts: {
    values: ["0"],
    reason: "certificates are always verified; DENO_CERT names a file with a CA to trust",
  },
  CAIssuedCertsMismatch: { values: ["0"], reason: "certificates are always verified" },
  AllowHostNameCNMismatch: { values: ["0"], reason: "certificates are always verified" },
  UseProxy: { values: ["0"], reason: "connections through a proxy are not supported" },
  UseCFProxy: { values: ["0"], reason: "connections through a proxy are not supported" },
  UseSystemProxy: { values: ["0"], reason: "connections through a proxy are not supported" },
  UseJWTAssertion: {
    values: ["0"],
    reason: "signed assertions are not supported: use OAuth2Secret",
  },
};

const REFUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(ssl(trust|key)store(?!provider)|sslkey)/, "DENO_CERT names a PEM file with a CA to trust"],
  [/^(cf)?proxy/, "connections through a proxy are not supported"],
  [/^http\.header\./, "extra headers cannot be sent"],
  [/^(auth_jwt_|auth_kid$)/, "signed assertions are not supported: use OAuth2Secret"],
  [/^(auth_refreshtoken|oauthrefreshtoken)$/, "refresh tokens are not supported: use Auth_Flow=1"],
  [/^identity_federation_/, "token federation is not supported: pass a Databricks token"],
  [
    /^(azuretenantid|azure_tenant_id|azure_workspace_resource_id)$/,
    "name the tenant's token endpoint in OAuth2TokenEndpoint and the scope in Auth_Scope",
  ],
  [/^google/, "Google credentials are not supported: use a service principal's OAuth2Secret"],
  [/^statement_timeout$/, "set the timeout on the warehouse"],
];

const PASSED = new Map([...HONOURED, ...WITHOUT_EFFECT].map((key) => [key.toLowerCase(), key]));
const LIMITS = new Map(
  Object.entries(LIMITED).map(([key, rule]) => [key.toLowerCase(), { key, ...rule }]),
);

/**
 * Throws `ConfigError` for a property that cannot be honoured. Keys are in lower case, in the URL's
 * order. An unknown key is not named, only its place: it may be the rest of a secret that holds a ";".
 */
export function checkProperties(properties: ReadonlyMap<string, string>): void {
  let place = "its first property";
  for (const [key, value] of properties) {
    const limit = LIMITS.get(key);
    const known = PASSED.get(key) ?? limit?.key;
    if (known === undefined) {
      const refused = REFUSED.find(([pattern]) => pattern.test(key));
      throw fault(
        refused === undefined
          ? `${place} is not known: leave it out if it only tunes another driver, ` +
            `and mind that no value can hold a ";"`
          : `${place} is not supported: ${refused[1]}`,
      );
    }
    if (limit !== undefined && !limit.values.includes(value)) {
      throw fault(`${known} can only be ${limit.values.join(" or ")}: ${limit.reason}`);
    }
    place = `the property after ${known}`;
  }
}
