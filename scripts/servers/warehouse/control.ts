/**
 * What a test can ask of the stand-in warehouse: the same interface in the warehouse's own process and,
 * over HTTP, in another.
 *
 * Glossary
 * - Door: a port of the gateway. All but `warehouse` have something wrong or missing.
 * - Fault: a rule that makes the gateway misbehave on matching requests, a number of times.
 * - Hit: a request to which a fault was applied.
 */
import type { Row } from "./spark/session.ts";

/**
 * - `warehouse`: a good certificate, Thrift and the OAuth endpoints.
 * - `tokens`: a good certificate and the OAuth endpoints only, like an identity provider elsewhere.
 * - `untrusted`: a certificate from a CA that nobody trusts.
 * - `expired`: an expired certificate from the trusted CA.
 * - `wrong_host`: a certificate for another host from the trusted CA.
 */
export const DOORS = ["warehouse", "tokens", "untrusted", "expired", "wrong_host"] as const;
export type Door = (typeof DOORS)[number];

/** Where the warehouse is, and how to log in. */
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

/** Before Spark receives the statement, or after it has ended and before the client is told. */
export type Moment = "before" | "after";

/**
 * - `abrupt`: without TLS's closing message, as when a cable is pulled or a proxy dies.
 * - `clean`: with it, as when a server shuts down properly.
 * - `partial`: abrupt, after the head and some bytes of a response.
 */
export type CutManner = "abrupt" | "clean" | "partial";

/** What goes wrong. */
export type FaultAction =
  /** An HTTP response instead of Spark's. */
  | {
    readonly kind: "respond";
    readonly status: number;
    readonly retryAfterSeconds?: number;
    /** Sent in the header where Databricks puts its reason, `X-Thriftserver-Error-Message`. */
    readonly reason?: string;
  }
  /** The connection ends instead of a response. */
  | { readonly kind: "cut"; readonly moment: Moment; readonly manner: CutManner }
  /** The connection ends after the response, as an idle one does. */
  | { readonly kind: "hang_up" }
  /**
   * The statement does not run: its operation ends in this error. Databricks sends a display message
   * beside Spark's own, and the driver uses it as the message of its error.
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
   * The request's session is lost from now on. Spark reports that in its own words, Databricks with a
   * Thrift error status (`databricks`) or with HTTP 404 (`not_found`).
   */
  | { readonly kind: "lose_session"; readonly wording: "spark" | "databricks" | "not_found" }
  /**
   * Spark runs `statement` instead of the client's, for statements that Spark lacks: the client gets
   * its rows as the response to its own.
   */
  | { readonly kind: "run_instead"; readonly statement: string }
  /** The request's session is not ready yet, as on a warehouse that is starting. */
  | { readonly kind: "session_not_ready" }
  /** The operation is reported as pending, even if Spark says otherwise. For `GetOperationStatus`. */
  | { readonly kind: "keep_pending" }
  /** The response is delayed. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The request waits until the fault is released or removed. */
  | { readonly kind: "hold"; readonly moment: Moment }
  /** Another writer's statements run on Spark. */
  | { readonly kind: "run_sql"; readonly moment: Moment; readonly statements: readonly string[] };

/** What goes wrong, with which requests and how often. */
export interface FaultRule {
  readonly action: FaultAction;
  /**
   * Thrift methods (`ExecuteStatement`, `GetOperationStatus`, …) or `oauth_token`,
   * `oauth_discovery`. When absent: `ExecuteStatement` with a `statement`, else any Thrift method.
   */
  readonly methods?: readonly string[];
  /**
   * A regular expression (flags `is`) for the statement: that of the request, or of the operation that
   * the request is about.
   */
  readonly statement?: string;
  /** This many matching requests pass unharmed first. */
  readonly skip?: number;
  /** This many requests are hit, then no more. 1 by default. */
  readonly times?: number | "always";
  /** The fault ends this long after its first hit. */
  readonly forMs?: number;
}

/** The state of a fault. */
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

/** One HTTP request that reached the gateway, and its response. */
export interface RequestRecord {
  readonly sequence: number;
  readonly door: Door;
  /** The connection's number, which shows whether it was reused. */
  readonly connection: number;
  readonly path: string;
  /** The Thrift method, or `oauth_token`, `oauth_discovery`, `unknown`. */
  readonly method: string;
  readonly authorization: string | null;
  readonly userAgent: string | null;
  /** The statement that the request carries, or that its operation was started with. */
  readonly statement?: string;
  readonly parameters?: readonly RecordedParameter[];
  /** What a new session is to be set to. */
  readonly configuration?: Readonly<Record<string, string>>;
  readonly session?: string;
  readonly operation?: string;
  /** Ids of the faults that were applied. */
  readonly faults: readonly string[];
  /** HTTP status; `cut` if the connection ended instead; absent while there was no response. */
  readonly response?: number | "cut";
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
  /** Runs statements in one session directly on Spark; gives the rows of the last. */
  sql(...statements: string[]): Promise<Row[]>;
  addFault(rule: FaultRule): Promise<string>;
  faultState(id: string): Promise<FaultState>;
  /** Resolves when the fault has had this many hits; throws if that takes too long. */
  waitForHits(id: string, hits?: number, timeoutMs?: number): Promise<void>;
  /** Lets requests go on that the fault holds, or would hold. */
  release(id: string): Promise<void>;
  removeFault(id: string): Promise<void>;
  requests(): Promise<RequestRecord[]>;
  /** Every statement that a client sent, in order, including those that failed. */
  queryHistory(): Promise<QueryHistoryRow[]>;
  connections(): Promise<Record<Door, ConnectionCounts>>;
  /** Puts a secret into a scope, where SQL finds it as `secret(scope, key)`. */
  putSecret(scope: string, key: string, value: string): Promise<void>;
  /** How long OAuth tokens issued from now on last; 3600 at first. */
  setOauthTokenLifetime(seconds: number): Promise<void>;
  /** OAuth tokens issued so far stop working. */
  revokeOauthTokens(): Promise<void>;
  /** Removes all faults, records, counts and secrets, and undoes all other settings. */
  reset(): Promise<void>;
}
