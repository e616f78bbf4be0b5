/**
 * A connection to a database for tests and measurements, on the program's own client:
 *
 *     const sql = openSql(server.url());
 *     const rows = await sql`select name from people where id = ${7}`;
 *     await sql`create table ${sql("odd name")} (id int)`; // a name
 *     await sql.unsafe("drop table a; drop table b");
 *     await sql.begin(async (tx) => await tx`delete from people`);
 *     await sql.end();
 *
 * It connects with the first statement. A statement is sent at once.
 */
import { openClient } from "../../../src/platforms/postgres/connection/open_client.ts";
import {
  parsePostgresSettings,
  type ServerSettings,
} from "../../../src/platforms/postgres/connection/settings.ts";
import type { ReportFields } from "../../../src/platforms/postgres/protocol/backend_messages.ts";
import type { Client } from "../../../src/platforms/postgres/protocol/client.ts";
import type { Result } from "../../../src/platforms/postgres/protocol/operation.ts";
import { decodeOf, quoteName, toParameter } from "./sql_values.ts";

/** Statements of tests are seldom sent twice. */
const UNKEPT = { keeps: false, joinsNext: false };

/** The `application_name` of these connections, unless another is given. */
export const SQL_APPLICATION = "tokenize-tests";

/** A row by the names of its columns. */
// deno-lint-ignore no-explicit-any -- a test knows the types of what it asks for
export type Row = Record<string, any>;

/** The rows of a result, with the number of rows that were returned or changed. */
export type Rows<T extends readonly object[]> = T & { readonly count: number };

/** The result of a statement. */
export interface Statement<T extends readonly object[]> extends Promise<Rows<T>> {
  /** Each row as an array of its columns. */
  // deno-lint-ignore no-explicit-any -- as above
  values(): Promise<any[][]>;
}

/** A name as part of a statement, quoted. */
class Name {
  constructor(readonly quoted: string) {}
}

/** Runs statements. */
export interface Queries {
  <T extends readonly object[] = Row[]>(
    texts: TemplateStringsArray,
    ...values: readonly unknown[]
  ): Statement<T>;
  /** A name as part of a statement. */
  (name: string): Name;
  /** Runs a text: any number of statements, or one with parameters. */
  unsafe<T extends readonly object[] = Row[]>(
    text: string,
    parameters?: readonly unknown[],
  ): Statement<T>;
}

/** A connection. */
export interface Sql extends Queries, AsyncDisposable {
  /** Does `work` in a transaction, begun with those options. Other statements wait for its end. */
  begin<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  begin<T>(options: string, work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Closes the connection. */
  end(): Promise<void>;
}

/** How to connect. */
export interface SqlOptions {
  /** Settings of the session. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly onNotice?: (fields: ReportFields) => void;
}

/** Makes a connection to the database of a connection string. */
export function openSql(url: string, options: SqlOptions = {}): Sql {
  let client: Promise<Client> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const connected = () => client ??= connect(url, options);
  const direct = queries(async (send) => await send(await connected()));
  const inTurn = queries(async (send) => {
    await turn;
    return await send(await connected());
  });
  const begin = async <T>(...given: [string, Work<T>] | [Work<T>]): Promise<T> => {
    const [begins, work] = given.length === 1 ? ["", given[0]] : given;
    const before = turn;
    const done = Promise.withResolvers<void>();
    turn = done.promise;
    try {
      await before;
      await direct.unsafe(`BEGIN ${begins}`);
      const result = await work(direct);
      await direct.unsafe("COMMIT");
      return result;
    } catch (error) {
      await direct.unsafe("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      done.resolve();
    }
  };
  const end = async () => await (await client?.catch(() => undefined))?.close();
  return Object.assign(inTurn, { begin, end, [Symbol.asyncDispose]: end });
}

type Work<T> = (tx: Queries) => Promise<T>;

/** How to connect to the one server of a connection string, without a second try. */
export function serverSettings(url: string): ServerSettings {
  const file = (path: string) => Deno.readTextFileSync(path);
  const reader = {
    variable: () => undefined,
    file,
    secretFile: (_: string, path: string) => file(path),
  };
  const settings = parsePostgresSettings(url, reader);
  const isOptional = settings.sslMode === "allow" || settings.sslMode === "prefer";
  const encryption = settings.sslMode === "disable" ? "none" : isOptional ? "optional" : "required";
  return Object.assign({}, settings, settings.servers[0]!, { encryption } as const);
}

async function connect(
  url: string,
  { parameters = {}, onNotice }: SqlOptions,
): Promise<Client> {
  const options = Object.entries(parameters).map(([name, value]) => `-c ${name}=${value}`);
  const settings = Object.assign(serverSettings(url), {
    applicationName: SQL_APPLICATION,
    ...(options.length > 0 && { options: options.join(" ") }),
  });
  const client = await openClient(settings, AbortSignal.timeout(60_000), decodeOf);
  if (onNotice !== undefined) client.onNotice = onNotice;
  return client;
}

/** Sends a statement by the client that it is called with. */
type Send = (client: Client) => Promise<Result>;

function queries(run: (send: Send) => Promise<Result>): Queries {
  const unsafe: Queries["unsafe"] = (text, parameters) =>
    statement(
      run((client) =>
        parameters === undefined
          ? client.query(text)
          : client.execute(text, parameters.map(toParameter), UNKEPT)
      ),
    );
  const sql = (texts: TemplateStringsArray | string, ...values: readonly unknown[]) => {
    if (typeof texts === "string") return new Name(quoteName(texts));
    const parameters: unknown[] = [];
    const place = (value: unknown) =>
      value instanceof Name ? value.quoted : `$${parameters.push(value)}`;
    const text = texts.reduce((text, next, i) => text + place(values[i - 1]) + next);
    return unsafe(text, parameters);
  };
  return Object.assign(sql as Queries, { unsafe });
}

function statement<T extends readonly object[]>(result: Promise<Result>): Statement<T> {
  const values = async () => (await result).rows;
  return Object.assign(result.then(asObjects) as Promise<unknown> as Promise<Rows<T>>, { values });
}

function asObjects({ columns, rows, count }: Result): Rows<Row[]> {
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, i) => [name, row[i]]))
  );
  return Object.assign(objects, { count });
}
