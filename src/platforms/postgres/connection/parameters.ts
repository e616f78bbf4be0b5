/**
 * Every connection parameter that somebody may set: libpq's, and those of drivers and hosts that stand in
 * connection strings too. Each is read, is ignored since nothing here depends on it, or is refused.
 *
 * Source: PostgreSQL documentation, "34.1.2 Parameter Key Words" and "34.15 Environment Variables"; for
 * the others, the documentation of the drivers and hosts.
 */

/** What becomes of a parameter. */
export interface Parameter {
  readonly use: "read" | "ignored" | "refused";
  /** libpq's variable, which counts if the connection string leaves the parameter open. */
  readonly variable?: string;
  /** The only values that can be honoured; all if it is left out. */
  readonly values?: readonly string[];
  /** The file that it names by default, if it is there, below the user's home folder. */
  readonly homeFile?: string;
  /** Why it is ignored or refused, or other values are; or what it means here beyond what libpq says. */
  readonly note?: string;
}

const NO_KEEPALIVES = "`RUN_TIMEOUT_MS` ends a run that hangs";
const GSSAPI = "there is no GSSAPI here";
const CLIENT_POOL = "it sizes another program's pool of connections";
const PREPARED = "a pooler that needs it is recognized";

/** libpq's parameters. */
export const LIBPQ_PARAMETERS: Readonly<Record<string, Parameter>> = {
  host: {
    use: "read",
    variable: "PGHOST",
    note: "one, or several with commas; default: `localhost`",
  },
  hostaddr: {
    use: "read",
    variable: "PGHOSTADDR",
    note: "the IP address; the certificate is for `host`",
  },
  port: { use: "read", variable: "PGPORT", note: "default: `5432`" },
  dbname: { use: "read", variable: "PGDATABASE", note: "default: the user's name" },
  user: { use: "read", variable: "PGUSER", note: "must be set" },
  password: {
    use: "read",
    variable: "PGPASSWORD",
    note: "better in `PG_CONN_STR_FILE`, or `passfile`",
  },
  passfile: {
    use: "read",
    variable: "PGPASSFILE",
    homeFile: ".pgpass",
    note: "read if there is no password; default: `~/.pgpass`",
  },
  service: {
    use: "read",
    variable: "PGSERVICE",
    note: "a section of the service file, which has more parameters",
  },
  servicefile: {
    use: "read",
    variable: "PGSERVICEFILE",
    note: "default: `~/.pg_service.conf`, then `PGSYSCONFDIR`'s",
  },
  require_auth: {
    use: "read",
    variable: "PGREQUIREAUTH",
    note: "default: what does not show the password to others",
  },
  channel_binding: {
    use: "read",
    variable: "PGCHANNELBINDING",
    note: "of SCRAM to TLS; default: `prefer`",
  },
  connect_timeout: {
    use: "read",
    variable: "PGCONNECT_TIMEOUT",
    note: "seconds for each host; default: `10`; at most an hour, as is `0`",
  },
  options: {
    use: "read",
    variable: "PGOPTIONS",
    note: "for the server; a run sets what it relies on itself",
  },
  application_name: { use: "read", variable: "PGAPPNAME", note: "default: `tokenize-action`" },
  fallback_application_name: { use: "read", note: "used without an `application_name`" },
  sslmode: { use: "read", variable: "PGSSLMODE", note: "default: `prefer`" },
  sslnegotiation: { use: "read", variable: "PGSSLNEGOTIATION", note: "default: `postgres`" },
  sslrootcert: {
    use: "read",
    variable: "PGSSLROOTCERT",
    homeFile: ".postgresql/root.crt",
    note: "a file, or `system`; default: `~/.postgresql/root.crt`",
  },
  sslcert: {
    use: "read",
    variable: "PGSSLCERT",
    homeFile: ".postgresql/postgresql.crt",
    note: "needs `sslkey`; default: `~/.postgresql/postgresql.crt`",
  },
  sslkey: {
    use: "read",
    variable: "PGSSLKEY",
    homeFile: ".postgresql/postgresql.key",
    note: "in PEM form; default: `~/.postgresql/postgresql.key`",
  },
  sslpassword: { use: "read", note: "opens an `sslkey` that is encrypted (PKCS #8)" },
  target_session_attrs: {
    use: "read",
    variable: "PGTARGETSESSIONATTRS",
    note: "default: `any` for one host, `read-write` for several",
  },
  load_balance_hosts: { use: "read", variable: "PGLOADBALANCEHOSTS", note: "default: `disable`" },
  client_encoding: {
    use: "ignored",
    variable: "PGCLIENTENCODING",
    note: "texts travel as UTF-8",
  },
  keepalives: { use: "ignored", note: NO_KEEPALIVES },
  keepalives_count: { use: "ignored", note: NO_KEEPALIVES },
  keepalives_idle: { use: "ignored", note: NO_KEEPALIVES },
  keepalives_interval: { use: "ignored", note: NO_KEEPALIVES },
  tcp_user_timeout: { use: "ignored", note: NO_KEEPALIVES },
  sslcompression: {
    use: "ignored",
    variable: "PGSSLCOMPRESSION",
    note: "TLS is never compressed here",
  },
  sslsni: {
    use: "ignored",
    variable: "PGSSLSNI",
    values: ["1"],
    note: "TLS always says which host is meant",
  },
  sslcertmode: {
    use: "read",
    variable: "PGSSLCERTMODE",
    values: ["allow", "disable"],
    note: "whether a client certificate is sent to a server that asks for it",
  },
  ssl_min_protocol_version: {
    use: "ignored",
    variable: "PGSSLMINPROTOCOLVERSION",
    values: ["TLSv1", "TLSv1.1", "TLSv1.2"],
    note: "TLS is of version 1.2 or 1.3",
  },
  ssl_max_protocol_version: {
    use: "ignored",
    variable: "PGSSLMAXPROTOCOLVERSION",
    values: ["TLSv1.3"],
    note: "TLS is of version 1.2 or 1.3",
  },
  min_protocol_version: {
    use: "ignored",
    variable: "PGMINPROTOCOLVERSION",
    values: ["3.0"],
    note: "the protocol is of version 3.0",
  },
  max_protocol_version: {
    use: "ignored",
    variable: "PGMAXPROTOCOLVERSION",
    note: "the protocol is of version 3.0",
  },
  gssencmode: {
    use: "ignored",
    variable: "PGGSSENCMODE",
    values: ["disable", "prefer"],
    note: GSSAPI,
  },
  requirepeer: { use: "ignored", variable: "PGREQUIREPEER", note: "it is about Unix sockets" },
  gssdelegation: { use: "ignored", variable: "PGGSSDELEGATION", note: GSSAPI },
  gsslib: { use: "ignored", variable: "PGGSSLIB", note: GSSAPI },
  krbsrvname: { use: "ignored", variable: "PGKRBSRVNAME", note: GSSAPI },
  oauth_client_id: { use: "refused" },
  oauth_client_secret: { use: "refused" },
  oauth_issuer: { use: "refused" },
  oauth_scope: { use: "refused" },
  replication: {
    use: "ignored",
    values: ["false", "off", "no", "0"],
    note: "a run is in an ordinary session",
  },
  scram_client_key: { use: "refused" },
  scram_server_key: { use: "refused" },
  sslcrl: { use: "refused", variable: "PGSSLCRL" },
  sslcrldir: { use: "refused", variable: "PGSSLCRLDIR" },
  sslkeylogfile: { use: "refused" },
};

/** The variables that are read for libpq's parameters, and for the files where libpq finds more of them. */
export const LIBPQ_VARIABLES: readonly string[] = [
  ...Object.values(LIBPQ_PARAMETERS).flatMap(({ variable }) => variable ?? []),
  "PGSYSCONFDIR",
  "HOME",
];

/** What drivers and hosts add to their connection strings. */
export const FOREIGN_PARAMETERS: Readonly<Record<string, Parameter>> = {
  pgbouncer: { use: "ignored", note: PREPARED },
  supa: { use: "ignored", note: "it names the program that made the string" },
  workaround: { use: "ignored", note: "it names the program that made the string" },
  connection_limit: { use: "ignored", note: CLIENT_POOL },
  pool_timeout: { use: "ignored", note: CLIENT_POOL },
  pool_max_conns: { use: "ignored", note: CLIENT_POOL },
  pool_min_conns: { use: "ignored", note: CLIENT_POOL },
  pool: { use: "ignored", note: CLIENT_POOL },
  statement_cache_size: { use: "ignored", note: PREPARED },
  prepared_statements: { use: "ignored", note: PREPARED },
  prepareThreshold: { use: "ignored", note: PREPARED },
  binary_parameters: { use: "ignored", note: PREPARED },
  schema: { use: "ignored", note: "a dataset's name has its schema" },
  currentSchema: { use: "ignored", note: "a dataset's name has its schema" },
  encoding: { use: "ignored", note: "texts travel as UTF-8" },
  uselibpqcompat: {
    use: "ignored",
    values: ["true"],
    note: "`sslmode` always means what it means to libpq",
  },
  endpoint: { use: "refused", note: "a host takes it within options: options=endpoint%3D…" },
  project: { use: "refused", note: "a host takes it within options: options=project%3D…" },
  ssl: { use: "refused", note: "sslmode says it" },
  database: { use: "refused", note: "dbname says it" },
  statement_timeout: { use: "refused", note: "PG_STATEMENT_TIMEOUT_MS says it" },
  load_balance: { use: "refused", note: "load_balance_hosts says it" },
  requiressl: { use: "refused", note: "sslmode says it" },
  sslaccept: { use: "refused", note: "sslmode says it" },
  sslfactory: { use: "refused", note: "sslmode and sslrootcert say it" },
  targetServerType: { use: "refused", note: "target_session_attrs says it" },
};

/** What becomes of a parameter; undefined if it is neither libpq's nor known from elsewhere. */
export function findParameter(name: string): Parameter | undefined {
  if (Object.hasOwn(LIBPQ_PARAMETERS, name)) return LIBPQ_PARAMETERS[name];
  const lower = name.toLowerCase(); // keywords may be in any case here
  const known = Object.entries(FOREIGN_PARAMETERS).find(([each]) => each.toLowerCase() === lower);
  return known?.[1];
}
