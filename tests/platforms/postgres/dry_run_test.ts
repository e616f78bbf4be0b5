/** A dry run refuses what the run would refuse before it writes, with the same code and message. */
import assert from "node:assert/strict";
import { clientSdk, type RunOptions, useDatabase } from "../../support/action_fixture.ts";
import type { TokenSdk } from "../../../src/tokens/token_sdk.ts";
import type { ErrorCode } from "../../../src/errors.ts";

const { sql, openAction, assertUnchanged, createUser } = await useDatabase();

interface Refusal {
  readonly code: ErrorCode;
  /** What is done to the table `people`, and what the role may do with it. */
  readonly statement?: string;
  readonly grants?: string;
  readonly tokenSdk?: TokenSdk;
  readonly run?: RunOptions;
}

const REWRITE = { strategy: "rewrite" } as const;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a role that may not read row addresses, and an SDK without SQL": {
    code: "permission_denied",
    grants: "select (id, name), update (name)",
    tokenSdk: clientSdk,
  },
  "a rewrite by a role that does not own the table": {
    code: "permission_denied",
    grants: "select, update",
    run: REWRITE,
  },
  "a rewrite by an SDK without SQL": {
    code: "invalid_request",
    tokenSdk: clientSdk,
    run: REWRITE,
  },
  "a rewrite of a published table": {
    code: "table_not_supported",
    statement: "create publication news for table people",
    run: REWRITE,
  },
  "a column too short for its tokens": {
    code: "value_too_long",
    statement: "alter table people alter name type varchar(12)",
  },
};

for (const [title, { code, statement = "", grants, tokenSdk, run }] of Object.entries(REFUSALS)) {
  Deno.test(`a dry run and a run refuse alike: ${title}`, async () => {
    await sql.unsafe(`drop table if exists people; create table people (id int, name text);
      insert into people select n, 'canary ' || n from generate_series(1, 20) n; ${statement}`);
    const user = grants === undefined
      ? undefined
      : await createUser(`grant ${grants} on people to $user`);
    await using action = openAction({
      ...(user && { as: user }),
      ...(tokenSdk && { tokenSdk }),
    });
    const refuse = (dryRun: boolean) =>
      assertUnchanged(
        "people",
        () => action.fails(code, "public.people", ["name"], { ...run, dryRun }),
      );
    const [tried, done] = [await refuse(true), await refuse(false)];
    assert.equal(tried.message, done.message);
  });
}
