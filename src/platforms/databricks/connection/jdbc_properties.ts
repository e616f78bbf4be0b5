/**
 * Which properties of a JDBC URL are honoured, which do no harm, and which cannot be honoured.
 *
 * URLs are copied from other tools, with the properties those needed. Whatever only tunes the JDBC
 * driver, its log or its downloads is passed over. Whatever changes whom the program talks to or
 * trusts is refused where it cannot be done, and so is what nobody documents: a misspelt property
 * must not silently stand for its default.
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

/** They tune the JDBC driver, or what it shows of results. */
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
  // the session's parameters on which no statement of ours depends
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
  ssl: { values: ["1"], reason: "connections without TLS would show the token to anybody" },
  transportMode: { values: ["http"], reason: "warehouses take no other" },
  AllowSelfSignedCerts: {
    values: ["0"],
    reason: "certificates are always verified; DENO_CERT names a file with a CA to trust",
  },
  CAIssuedCertsMismatch: { values: ["0"], reason: "certificates are always verified" },
  AllowHostNameCNMismatch: { values: ["0"], reason: "certificates are always verified" },
  UseProxy: { values: ["0"], reason: "connections through a proxy are not built" },
  UseCFProxy: { values: ["0"], reason: "connections through a proxy are not built" },
  UseSystemProxy: { values: ["0"], reason: "connections through a proxy are not built" },
  UseJWTAssertion: { values: ["0"], reason: "signed assertions are not built: use OAuth2Secret" },
};

const REFUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(ssl(trust|key)store(?!provider)|sslkey)/, "DENO_CERT names a PEM file with a CA to trust"],
  [/^(cf)?proxy/, "connections through a proxy are not built"],
  [/^http\.header\./, "no headers of one's own can be sent"],
  [/^(auth_jwt_|auth_kid$)/, "signed assertions are not built: use OAuth2Secret"],
  [/^(auth_refreshtoken|oauthrefreshtoken)$/, "refresh tokens are not built: use Auth_Flow=1"],
  [/^identity_federation_/, "token federation is not built: pass a Databricks token"],
  [
    /^(azuretenantid|azure_tenant_id|azure_workspace_resource_id)$/,
    "name the tenant's token endpoint in OAuth2TokenEndpoint and the scope in Auth_Scope",
  ],
  [/^google/, "Google credentials are not built: use a service principal's OAuth2Secret"],
  [/^statement_timeout$/, "set the timeout on the warehouse"],
];

const PASSED = new Map([...HONOURED, ...WITHOUT_EFFECT].map((key) => [key.toLowerCase(), key]));
const LIMITS = new Map(
  Object.entries(LIMITED).map(([key, rule]) => [key.toLowerCase(), { key, ...rule }]),
);

/**
 * Throws `ConfigError` for a property that cannot be honoured. Keys come in lower case, in the URL's
 * order. A key that is none of those above is not named, but by the one before it: it may be the rest
 * of a secret that holds a ";".
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
