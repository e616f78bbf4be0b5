/** How errors of the client become errors that a caller may see. */
import assert from "node:assert/strict";
import { ERROR_CODES, ServiceError } from "../../../src/errors.ts";
import type { ReportedError } from "../../../src/platforms/postgres/connection/reported_error.ts";
import { PostgresError } from "../../../src/platforms/postgres/protocol/backend_messages.ts";
import { fromClient } from "../../../src/platforms/postgres/connection/sql_states.ts";

/** An error as the server reports it: full of what must not leave the process. */
function postgresError(code: string, constraint?: string): Error {
  return new PostgresError({
    C: code,
    M: "duplicate key value (email)=(canary)",
    D: "Key (email)=(canary) already exists",
    H: "canary",
    W: "COPY t, line 1: canary",
    q: "select 'canary'",
    n: constraint,
  });
}

const CASES: Readonly<Record<string, [code: string, message: string]>> = {
  "23505": ["constraint_violation", "a constraint refuses the tokens"],
  "23001": [
    "constraint_violation",
    "a foreign key refuses the tokens, since its other side keeps the values: " +
    "ON UPDATE CASCADE would carry the tokens there",
  ],
  "23503": [
    "constraint_violation",
    "a foreign key refuses the tokens, since its other side keeps the values: " +
    "ON UPDATE CASCADE would carry the tokens there",
  ],
  "23514": ["constraint_violation", "a constraint refuses the tokens"],
  "23P01": ["constraint_violation", "a constraint refuses the tokens"],
  "22001": ["value_too_long", "a token is longer than its column allows"],
  "54000": ["value_too_long", "a token is too long for its row or for an index on its column"],
  "55P03": ["lock_timeout", "another session holds a lock on the rows or the table"],
  "40001": ["conflict", "other transactions changed the same rows"],
  "40P01": ["conflict", "it was in a deadlock with another transaction"],
  "42501": ["permission_denied", "the role lacks a privilege that the run needs"],
  "57014": [
    "timeout",
    "a statement took longer than PG_STATEMENT_TIMEOUT_MS, or the statement_timeout of the server, allows",
  ],
  "28P01": ["database_unreachable", "the server refused the user or the password"],
  "08006": ["database_unreachable", "the connection failed"],
  "53100": ["database_error", "the server's disk is full"],
  "53200": [
    "database_error",
    "the server is out of memory, or its lock table is full (max_locks_per_transaction)",
  ],
  "53400": ["database_error", "a limit of the server was reached, such as temp_file_limit"],
  "42P10": [
    "table_not_supported",
    "a publication's row filter or column list needs columns outside of the replica identity",
  ],
  "XX000": ["database_error", "Postgres reported an error"],
};

for (const [state, [code, reason]] of Object.entries(CASES)) {
  Deno.test(`SQLSTATE ${state} becomes ${code}, without the message of the server`, () => {
    const error = fromClient(postgresError(state), "tokenize app.public.t");
    assert.equal(error.code, code);
    assert.ok((ERROR_CODES as readonly string[]).includes(error.code));
    assert.equal(error.message, `Cannot tokenize app.public.t: ${reason} (SQLSTATE ${state})`);
    assert.deepEqual(error.facts, { sqlState: state });
    assert.doesNotMatch(JSON.stringify([error, error.stack, Object.values(error)]), /canary/);
  });
}

Deno.test("a constraint violation names the constraint", () => {
  const thrown = postgresError("23505", "one_each");
  const reported = fromClient(thrown, "tokenize t") as ReportedError;
  assert.doesNotMatch(Deno.inspect(reported), /one_each/);
  assert.doesNotMatch(Deno.inspect(reported.naming(["another"])), /one_each/);
  const error = reported.naming(["another", "one_each"]);
  assert.match(error.message, /\(SQLSTATE 23505, constraint "one_each"\)$/);
  assert.deepEqual(error.facts, { sqlState: "23505", constraint: "one_each" });
});

Deno.test("an error that is not from Postgres is a failed connection, with its code alone", () => {
  const codes: [unknown, string][] = [
    [Object.assign(new Error("canary"), { code: "ECONNRESET" }), " (ECONNRESET)"],
    [Object.assign(new Error("canary"), { code: "a canary" }), ""],
    [Object.assign(new Error("canary"), { code: 7 }), ""],
    [new TypeError("canary"), ""],
    ["canary", ""],
    [undefined, ""],
    [null, ""],
  ];
  for (const [thrown, suffix] of codes) {
    const error = fromClient(thrown, "query Postgres");
    assert.equal(error.code, "database_unreachable");
    assert.equal(
      error.message,
      `Cannot query Postgres: the connection to Postgres failed${suffix}`,
    );
  }
});

Deno.test("a ServiceError is passed on unchanged", () => {
  const error = new ServiceError("conflict", "Cannot do it: for a reason");
  assert.equal(fromClient(error, "do something else"), error);
});
