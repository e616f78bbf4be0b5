/**
 * What a test can ask of the stand-in warehouse, wherever the test runs: the same interface in the
 * warehouse's own process and, over HTTP, in another.
 *
 * Glossary
 * - Door: a port of the gateway. All but `warehouse` have something wrong or missing.
 * - Fault: a rule that makes the gateway misbehave on requests that fit, so many times.
 * - Hit: a request to which a fault was applied.
 */
import type { Row } from "./spark/session.ts";

/**
 * - `warehouse`: a good certificate, Thrift and the OAuth endpoints.
 * - `tokens`: a good certificate, the OAuth endpoints alone, as an identity provider of its own.
 * - `untrusted`: the certificate's CA is in nobody's trust store.
 * - `expired`: the trusted CA, but the certificate has run out.
 * - `wrong_host`: the trusted CA, but the certificate is another host's.
 */
export const DOORS = ["warehouse", "tokens", "untrusted", "expired", "wrong_host"] as const;
export type Door = (typeof DOORS)[number];

/** Where the warehouse stands, and what opens it. */
export interface WarehouseAddress {
  readonly host: string;
  readonly ports: Readonly<Record<Door, number>>;
  readonly httpPath: string;
  readonly token: string;
  readonly oauthClientId: string;
  readonly oauthClientSecret: string;
  /** PEM file with the CA to trust. */
  readonly caFile: string;
}

/** Before Spark is asked, or once the statement has run to its end and before the client hears. */
export type Moment = "before" | "after";

/**
 * - `abrupt`: as when a cable is pulled or a proxy dies; TLS does not say goodbye.
 * - `clean`: as when a server shuts down in good order; TLS says goodbye.
 * - `partial`: abrupt, after the head and some bytes of an answer.
 */
export type CutManner = "abrupt" | "clean" | "partial";

/** What goes wrong. */
export type FaultAction =
  /** An HTTP answer in place of Spark's. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly retryAfterSeconds?: number;
    /** Goes where Databricks puts its reason: the header `X-Thriftserver-Error-Message`. */
    readonly reason?: string;
  }
  /** The connection ends in place of the answer. */
  | { readonly kind: "cut"; readonly moment: Moment; readonly manner: CutManner }
  /** The answer is given, and then the connection ends, as one that nobody used for long. */
  | { readonly kind: "hang_up" }
  /**
   * The statement does not run: its operation ends in this error. Databricks sends a display message
   * besides the one that Spark has, and the driver makes it the message of what it throws.
   */
  | {
    readonly kind: "fail_operation";
    readonly errorClass: string;
    readonly sqlState: string;
    /** The Java class that was thrown. */
    readonly exception: string;
    readonly message: string;
    readonly wording: "spark" | "databricks";
  }
  /**
   * The session named by the request is gone from here on. Spark then answers in its own words,
   * Databricks with a Thrift error status (`databricks`) or with HTTP 404 (`not_found`).
   */
  | { readonly kind: "lose_session"; readonly wording: "spark" | "databricks" | "not_found" }
  /** The session named by the request is not ready yet, as on a warehouse that is starting. */
  | { readonly kind: "session_not_ready" }
  /** The operation is reported as pending, whatever Spark says. Fits `GetOperationStatus`. */
  | { readonly kind: "keep_pending" }
  /** The answer comes late. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The request waits until the fault is released or removed. */
  | { readonly kind: "hold"; readonly moment: Moment }
  /** Somebody else's statements run on Spark meanwhile. */
  | { readonly kind: "run_sql"; readonly moment: Moment; readonly statements: readonly string[] };

/** What goes wrong, on which requests and how often. */
export interface FaultRule {
  readonly action: FaultAction;
  /**
   * Thrift methods (`ExecuteStatement`, `GetOperationStatus`, …) or `oauth_token`,
   * `oauth_discovery`. When absent: `ExecuteStatement` with a `statement`, else any Thrift method.
   */
  readonly methods?: readonly string[];
  /**
   * A regular expression (flags `is`) that the statement has to fit, of the request itself or of the
   * operation that it names.
   */
  readonly statement?: string;
  /** So many fitting requests pass unharmed first. */
  readonly skip?: number;
  /** So many requests are hit, then no more. Once when absent. */
  readonly times?: number | "always";
  /** The fault ends so long after its first hit. */
  readonly forMs?: number;
}

/** How far a fault has got. */
export interface FaultState {
  readonly id: string;
  readonly hits: number;
  /** Requests that are held now. */
  readonly held: number;
}

/** A bound parameter, as it came. */
export interface RecordedParameter {
  readonly name: string | null;
  readonly type: string | null;
  readonly value: string | null;
}

/** One HTTP request that reached the gateway, and what it was given. */
export interface RequestRecord {
  readonly sequence: number;
  readonly door: Door;
  /** Numbers the connections, so that reuse can be seen. */
  readonly connection: number;
  readonly path: string;
  /** The Thrift method, or `oauth_token`, `oauth_discovery`, `unknown`. */
  readonly method: string;
  readonly authorization: string | null;
  readonly userAgent: string | null;
  /** The statement that the request carries, or that its operation was started with. */
  readonly statement?: string;
  readonly parameters?: readonly RecordedParameter[];
  readonly session?: string;
  readonly operation?: string;
  /** Ids of the faults that were applied. */
  readonly faults: readonly string[];
  /** HTTP status; `cut` when the connection ended instead, absent while no answer was given. */
  readonly answer?: number | "cut";
}

/**
 * A statement in the warehouse's query history, with the columns of Databricks' system table
 * `system.query.history` that hold what a client sent.
 */
export interface QueryHistoryRow {
  readonly session_id: string;
  readonly statement_text: string;
  /** Null for a statement without parameters. */
  readonly query_parameters: {
    readonly named_parameters: Readonly<Record<string, string | null>>;
    readonly pos_parameters: readonly (string | null)[];
  } | null;
}

/** TCP connections to a door. */
export interface ConnectionCounts {
  /** Connections that were accepted. */
  readonly accepted: number;
  /** Of these, how many finished their TLS handshake. */
  readonly secured: number;
}

/** What a test can ask. */
export interface WarehouseControl {
  readonly address: WarehouseAddress;
  /** Runs statements in one session straight on Spark; the rows of the last are given back. */
  sql(...statements: string[]): Promise<Row[]>;
  addFault(rule: FaultRule): Promise<string>;
  faultState(id: string): Promise<FaultState>;
  /** Resolves when the fault has been hit so often; throws when that takes too long. */
  waitForHits(id: string, hits?: number, timeoutMs?: number): Promise<void>;
  /** Lets the requests go on that the fault holds, and those that it would hold. */
  release(id: string): Promise<void>;
  removeFault(id: string): Promise<void>;
  requests(): Promise<RequestRecord[]>;
  /** Every statement that a client sent, in order, whatever became of it. */
  queryHistory(): Promise<QueryHistoryRow[]>;
  connections(): Promise<Record<Door, ConnectionCounts>>;
  /** OAuth tokens issued from now on last so long; 3600 to begin with. */
  setOauthTokenLifetime(seconds: number): Promise<void>;
  /** OAuth tokens issued so far stop working. */
  revokeOauthTokens(): Promise<void>;
  /** Removes every fault, forgets every record and count, and undoes what else was set. */
  reset(): Promise<void>;
}
