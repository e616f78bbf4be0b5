/**
 * How the warehouse makes the tokens: by an expression that needs no key, or with the key that it reads
 * from a secret scope.
 */
import { ServiceError } from "../../../errors.ts";
import type { KeyedSql } from "../../../tokens/token_sdk.ts";
import { convertBatch } from "../../convert_batch.ts";
import type { PreparedSession } from "../connection/session.ts";
import { rawLiteral } from "../identifiers.ts";
import {
  DECLARE_SECRET,
  type FunctionRow,
  ofSecret,
  readSecretStatement,
  type SampleRow,
  sampleStatement,
  type SecretName,
  SHOW_HMAC,
} from "../sql/secret_key.ts";
import { DECLARE_KEY } from "../sql/session_key.ts";
import type { CheckedColumn, CheckedTable } from "../table.ts";
import { actionOn, type Work } from "./work.ts";

/** Tokens as SQL. */
export interface TokenSql {
  /** The only session in which they can be made; any, if left out. */
  readonly within?: PreparedSession;
  /** The token of `operand`, a text of the column. */
  token(operand: string, column: CheckedColumn): string;
}

/** What the configuration says of work that the warehouse does. */
export interface Pushdown {
  /** Whether it may make tokens. */
  readonly pushdown: boolean;
  /** The secret scope with the SDK's key; undefined if the warehouse has no key. */
  readonly secretScope: string | undefined;
}

/**
 * Gets the warehouse ready to make this conversion's tokens, each time that a session has to; undefined
 * if it cannot or may not make them.
 */
export function tokenSqlFor(
  work: Work,
  { pushdown, secretScope }: Pushdown,
): (() => Promise<TokenSql>) | undefined {
  const { sqlExpression, keyedSql } = work.conversion;
  if (!pushdown) return undefined;
  if (sqlExpression !== undefined) {
    const token = (operand: string) => sqlExpression("spark", operand);
    return () => Promise.resolve({ token });
  }
  if (keyedSql === undefined || secretScope === undefined) return undefined;
  return () => prepareKey(work, keyedSql, secretScope);
}

/**
 * Has the warehouse read the key, and make a token to compare.
 *
 * Throws `permission_denied` if the secret cannot be read, `token_sdk_error` if it is not the key, and
 * what `Session.write` and `Session.read` throw.
 */
async function prepareKey(work: Work, keyedSql: KeyedSql, scope: string): Promise<TokenSql> {
  const { session, table } = work;
  const action = actionOn(table);
  const secret = { scope, name: keyedSql.secretName };
  const within = await session.prepare(action, DECLARE_KEY);
  await session.write(action, DECLARE_SECRET, {}, within);
  await session.write(`read the ${named(secret)}`, readSecretStatement(secret), {}, within);
  const functions = await session.query<FunctionRow>(action, SHOW_HMAC);
  const engine = { hasHmac: functions.some((each) => each.function === "hmac"), ofSecret };
  const token: TokenSql["token"] = (operand, column) =>
    keyedSql.expression(operand, contextOf(table, column), engine);
  if (!await makesSameTokens(work, { within, token })) {
    throw new ServiceError(
      "token_sdk_error",
      `Cannot ${action}: the ${named(secret)} is not the key "${keyedSql.keyId}" of ` +
        "TOKEN_KEYS_FILE, so the warehouse would make other tokens than the action",
    );
  }
  return { within, token };
}

/** Whether both sides make the same tokens of a text that nobody knows beforehand. */
async function makesSameTokens(work: Work, { within, token }: Required<TokenSql>) {
  const { session, table, conversion } = work;
  const sample = `é漢😀 ${crypto.randomUUID()}`;
  const { tokens } = await convertBatch(table, conversion, table.columns.map(() => [sample]));
  const statement = sampleStatement(
    table.columns.map((column) => token(rawLiteral(sample), column)),
  );
  const chunks = session.read<SampleRow>(actionOn(table), statement, () => 1, within);
  const rows = await Array.fromAsync(chunks);
  const [row] = rows.flat();
  return tokens.every(([made], i) => made === row?.[`t${i}`]);
}

function named({ scope, name }: SecretName): string {
  return `secret "${name}" in the scope "${scope}" (DBX_SECRET_SCOPE)`;
}

function contextOf({ platform, path }: CheckedTable, { name }: CheckedColumn) {
  return { platform, dataset: path, column: name };
}
