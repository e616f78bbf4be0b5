/**
 * What can be logged is a closed list, which the compiler enforces: with `@ts-expect-error`, the check of
 * this file fails as soon as an event accepts one more field.
 */
import assert from "node:assert/strict";
import { type ErrorFacts, ServiceError } from "../src/errors.ts";
import type { Observation } from "../src/observations.ts";

const cell = "a cell's value";
const run = "r1";
const urn = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";

/** Every event, with one field more than it has. */
const OVERFULL: { readonly [Event in Observation["event"]]: Observation & { event: Event } } = {
  sandbox_ready: {
    event: "sandbox_ready",
    hosts: ["localhost:5432"],
    files: [],
    // @ts-expect-error no event takes it
    cell,
  },
  listening: {
    event: "listening",
    url: "http://127.0.0.1:8080",
    authenticated: true,
    // @ts-expect-error no event takes it
    cell,
  },
  cannot_listen: {
    event: "cannot_listen",
    url: "http://127.0.0.1:8080",
    reason: "the port is in use",
    // @ts-expect-error no event takes it
    cell,
  },
  dummy_tokens: {
    event: "dummy_tokens",
    // @ts-expect-error no event takes it
    cell,
  },
  no_platform_configured: {
    event: "no_platform_configured",
    // @ts-expect-error no event takes it
    cell,
  },
  request_refused: {
    event: "request_refused",
    code: "not_found",
    method: "GET",
    path: "/trigger",
    // @ts-expect-error no event takes it
    cell,
  },
  run_started: {
    event: "run_started",
    runId: run,
    datasetUrn: urn,
    operation: "tokenize",
    columns: ["email"],
    dryRun: false,
    // @ts-expect-error no event takes it
    cell,
  },
  table_resolved: {
    event: "table_resolved",
    runId: run,
    table: "app.public.customers",
    columns: ["email"],
    // @ts-expect-error no event takes it
    cell,
  },
  batch_written: {
    event: "batch_written",
    runId: run,
    updated: 1,
    total: 2,
    // @ts-expect-error no event takes it
    cell,
  },
  warehouse_starting: {
    event: "warehouse_starting",
    runId: run,
    waitedSeconds: 3,
    // @ts-expect-error no event takes it
    cell,
  },
  retrying: {
    event: "retrying",
    runId: run,
    attempt: 1,
    facts: { cause: "HTTP_429" },
    // @ts-expect-error no event takes it
    cell,
  },
  residue_found: {
    event: "residue_found",
    runId: run,
    table: "app.public.customers",
    remains: "dead_rows",
    notChecked: "",
    cleared: "",
    // @ts-expect-error no event takes it
    cell,
  },
  run_finished: {
    event: "run_finished",
    runId: run,
    datasetUrn: urn,
    table: "app.public.customers",
    columns: ["email"],
    dryRun: false,
    method: "client",
    updated: 1,
    skipped: 0,
    foreign: 0,
    lookalikes: undefined,
    elapsedMs: 5,
    // @ts-expect-error no event takes it
    cell,
  },
  run_failed: {
    event: "run_failed",
    runId: run,
    datasetUrn: urn,
    code: "conflict",
    reason: "Cannot write: no",
    facts: { sqlState: "40001" },
    elapsedMs: 5,
    // @ts-expect-error no event takes it
    cell,
  },
  verification_started: {
    event: "verification_started",
    runId: run,
    datasetUrn: urn,
    columns: ["email"],
    // @ts-expect-error no event takes it
    cell,
  },
  verification_finished: {
    event: "verification_finished",
    runId: run,
    datasetUrn: urn,
    table: "app.public.customers",
    verdict: "clean",
    rows: 1,
    elapsedMs: 5,
    // @ts-expect-error no event takes it
    cell,
  },
  verification_failed: {
    event: "verification_failed",
    runId: run,
    datasetUrn: urn,
    code: "conflict",
    reason: "Cannot verify: no",
    facts: { sqlState: "40001" },
    // @ts-expect-error no event takes it
    cell,
  },
  unexpected_failure: {
    event: "unexpected_failure",
    kind: "TypeError",
    frames: [],
    // @ts-expect-error no event takes it
    cell,
  },
  stopping: {
    event: "stopping",
    signal: "SIGTERM",
    runs: 0,
    // @ts-expect-error no event takes it
    cell,
  },
  stopped: {
    event: "stopped",
    // @ts-expect-error no event takes it
    cell,
  },
  worker_died: {
    event: "worker_died",
    how: "without reporting why",
    // @ts-expect-error no event takes it
    cell,
  },
  grace_period_over: {
    event: "grace_period_over",
    // @ts-expect-error no event takes it
    cell,
  },
};

Deno.test("no event has a field for a value", () => {
  for (const [event, observation] of Object.entries(OVERFULL)) {
    assert.equal(observation.event, event);
    assert.ok("cell" in observation, event);
  }
});

Deno.test("an error keeps known facts and drops all others", () => {
  const facts: ErrorFacts = {
    sqlState: "40001",
    constraint: undefined,
    // @ts-expect-error nor do an error's facts
    cell,
  };
  const error = new ServiceError("conflict", "Cannot write: no", facts);
  assert.deepEqual(error.facts, { sqlState: "40001" });
});
