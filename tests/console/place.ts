/**
 * What the console's tests look at: the built program on a database of its own, with a browser beside it.
 *
 *     await using place = await openPlace();
 *     const page = await place.open("#/new");
 */
import type { BrowserContextOptions, Page } from "playwright-core";
import { urnOf } from "../support/action_fixture.ts";
import { compiled, type Environment, type Service, startService } from "../support/program.ts";
import { createTestDatabase, type TestDatabase } from "../support/test_database.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";

/** The token of the tests. */
export const TOKEN = "a-token-of-the-console-tests";

/** What a test may choose. */
export interface PlaceOptions {
  /** Whether the program asks for the token; the console then begins with signing in. */
  readonly token?: boolean;
  readonly env?: Environment;
}

/** Everything, running. */
export interface Place extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly service: Service;
  readonly browser: TestBrowser;
  /** The URN of a table of the database. */
  urn(table: string): string;
  /** Opens a view in a page of its own. */
  open(hash?: string, options?: BrowserContextOptions): Promise<Page>;
  /** Starts a run by the API. Gives its id. */
  start(body: Record<string, unknown>): Promise<string>;
}

/** Starts it. */
export async function openPlace({ token = false, env = {} }: PlaceOptions = {}): Promise<Place> {
  const database = await createTestDatabase({ customers: true });
  const variables = { PG_CONN_STR: database.url, ...(token && { TRIGGER_TOKEN: TOKEN }), ...env };
  const service = await startService(compiled, variables);
  const browser = await openBrowser();
  return {
    database,
    service,
    browser,
    urn: (table) => urnOf(`${database.name}.public.${table}`),
    open: (hash = "", options = {}) => browser.open(`${service.url}/${hash}`, options),
    async start(body) {
      const headers = new Headers({ "content-type": "application/json", prefer: "respond-async" });
      if (token) headers.set("authorization", `Bearer ${TOKEN}`);
      const { json } = await service.send("POST", "/trigger", {
        headers,
        body: JSON.stringify(body),
      });
      return json.run_id;
    },
    async [Symbol.asyncDispose]() {
      try {
        await browser[Symbol.asyncDispose]();
      } finally {
        await service[Symbol.asyncDispose]();
        await database.drop();
      }
    },
  };
}

/** Makes a table of so many rows with an e-mail address each. */
export async function fillTable({ sql }: TestDatabase, name: string, rows: number): Promise<void> {
  await sql.unsafe(
    `create table ${name} (id bigint primary key, email text);
     insert into ${name} select i, 'canary' || i || '@example.com' from generate_series(1, ${rows}) i;
     analyze ${name}`,
  );
}
