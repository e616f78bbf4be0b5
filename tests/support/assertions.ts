/** What tests of every kind assert: what a run reports, how it fails, and that nothing leaks. */
import assert from "node:assert/strict";
import type { Report } from "../../src/action/trigger.ts";
import { type ErrorCode, ServiceError } from "../../src/errors.ts";

/** Checks those fields of a report that `expected` names. */
export function assertReport(report: Partial<Report>, expected: Partial<Report>): void {
  const names = Object.keys(expected) as (keyof Report)[];
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, report[name]])), expected);
}

/** The word in every value that must stay in the table, as it is and at each offset in Base64. */
const CANARY = /.{0,40}(?:canary|Y2FuYXJ5|NhbmFye|jYW5hcn|@example\.com).{0,40}/is;

/**
 * Fails if what is shown outside holds a value that must stay in the table, or one of `secrets`. By
 * convention, such values hold the word "canary"; the seeded customers have addresses at example.com.
 */
export function assertLeaksNothing(
  shown: unknown,
  where: string,
  secrets: readonly string[] = [],
): void {
  const text = typeof shown === "string" ? shown : JSON.stringify(shown);
  const found = CANARY.exec(text);
  assert.equal(found, null, `${where} leaks a value: ${found?.[0]}`);
  for (const secret of secrets) assert.ok(!text.includes(secret), `${where} leaks a secret`);
}

/** Checks a message against the grammar of errors: `Cannot <action>: <reason>`, no final period. */
export function assertErrorMessage(message: string): void {
  assert.match(message, /^Cannot [a-z][^\n]+[^.\n]$/);
}

/** The error that a promise rejects with, which must be one of our own. */
export async function errorOf(promise: Promise<unknown>): Promise<ServiceError> {
  const error = await promise.then(
    (result) => assert.fail(`it succeeded: ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  assert.ok(error instanceof ServiceError, `not a ServiceError: ${error}`);
  return error;
}

/** Checks that a promise rejects with `code`, or one of several, and that the error is well-formed and leaks nothing. */
export async function assertFails(
  code: ErrorCode | readonly ErrorCode[],
  promise: Promise<unknown>,
  secrets: readonly string[] = [],
): Promise<ServiceError> {
  const error = await errorOf(promise);
  assert.ok([code].flat().includes(error.code), `${error.code}: ${error.message}`);
  assertErrorMessage(error.message);
  assertLeaksNothing([error.message, error.facts, error.stack], "the error", secrets);
  return error;
}
