/**
 * Whether the table takes the tokens, and each table to which a foreign key carries them: known before
 * the first row is written, by trying their conditions on the new rows in SELECTs.
 *
 * If the SDK has an SQL expression, all rows are tried. Otherwise the tokens of the first thousand are,
 * which the SDK is asked for: what a condition can see of a token is its form, and of its length, which
 * follows from that of the value, the columns' own limits are checked for all rows. To ask for every token
 * would cost as much as the run, which is undone if one is refused after all.
 *
 * What the role may not read is left to the run. So are conditions that are no function of one row: indexes'
 * limits of length, triggers, and exclusion constraints by other operators than equality.
 */
import { ServiceError } from "../../../errors.ts";
import { checkLengths } from "../../check_lengths.ts";
import { convertBatch, type TextColumns } from "../../convert_batch.ts";
import { throwObstacle } from "../../obstacles.ts";
import type { Session } from "../connection/session.ts";
import { arrayLiteral } from "../identifiers.ts";
import { type FindConditionsRow, findConditionsStatement } from "../sql/find_conditions.ts";
import { longestValuesStatement } from "../sql/longest_values.ts";
import { changedColumns, isToBeChanged, type SampleRow, sampleStatement } from "../sql/new_rows.ts";
import type { ReachedTable } from "../sql/reached_table.ts";
import {
  anyDuplicateStatement,
  anyReferringStatement,
  type Condition,
  conditionsOf,
  countRefusedStatement,
  hasConditions,
  type NewRowsOptions,
} from "../sql/try_conditions.ts";
import { attempt } from "./attempt.ts";
import { chooseMethod } from "./choose_method.ts";
import { reachedName, refusedCondition } from "./refused_condition.ts";
import { untriedConditions } from "./untried_conditions.ts";
import { actionOn, type Work } from "./work.ts";

/** The SQLSTATE of a function that would write. */
const READ_ONLY = "25006";
const SAVEPOINT = "SAVEPOINT tokenize_conditions";
const ROLL_BACK = "ROLLBACK TO SAVEPOINT tokenize_conditions";

/** Which tables, and which conditions. */
export interface ConditionScope {
  /** Only tables to which foreign keys carry the change: of the table itself the run finds out. */
  readonly carriedOnly: boolean;
  /**
   * Also CHECK constraints with functions that may do more than compute, for a transaction that cannot
   * write. One that would write is left to the run.
   */
  readonly withVolatile: boolean;
}

/** Throws `value_too_long` or `constraint_violation`, as the run would, if a condition is not met. */
export async function checkConditions(
  session: Session,
  work: Work,
  scope: ConditionScope,
): Promise<void> {
  const { run: { context }, table } = work;
  const { rows: [found] } = await session.query<FindConditionsRow>(
    `look up the constraints of ${table.displayName}`,
    findConditionsStatement(),
    [
      String(table.oid),
      arrayLiteral(table.columns.map(({ name }) => name)),
      String(context.strategy === "rewrite"),
    ],
  );
  for (const reached of found![0]) {
    if (scope.carriedOnly && !reached.isCarried) continue;
    context.onUntried?.(untriedConditions(reached));
    await new TableConditions(session, work, reached).check(scope);
  }
}

/** Where the tokens of new rows come from, and the texts of a sample if they were made of one. */
interface Tokens extends Pick<NewRowsOptions, "source"> {
  readonly parameters: readonly string[];
  readonly texts: TextColumns;
}

/** The conditions of one table. */
class TableConditions {
  readonly #session: Session;
  readonly #work: Work;
  readonly #reached: ReachedTable;
  readonly #action: string;

  constructor(session: Session, work: Work, reached: ReachedTable) {
    this.#session = session;
    this.#work = work;
    this.#reached = reached;
    this.#action = actionOn(work.table);
  }

  async check(scope: ConditionScope): Promise<void> {
    const { isCarried, isReadable } = this.#reached;
    if (isCarried && !isReadable) return;
    if (isCarried) await this.#attempt(() => this.#checkLengths());
    if (hasConditions(this.#reached)) await this.#attempt(() => this.#checkNewRows(scope));
    await this.#attempt(() => this.#checkReferring());
  }

  async #checkNewRows(scope: ConditionScope): Promise<void> {
    const { source, parameters, texts } = await this.#makeTokens();
    const options = { selects: this.#work.conversion.selects, source };
    await this.#attempt(() => this.#checkRows(options, parameters, scope));
    await this.#attempt(() => this.#checkDuplicates(options, parameters));
    await this.#attempt(() => this.#checkSelfKeys(texts));
  }

  #attempt(check: () => Promise<void>): Promise<void> {
    const { run, table } = this.#work;
    return attempt(this.#session, table, run.context.onObstacle, check);
  }

  /** The columns of other tables may be shorter. */
  async #checkLengths(): Promise<void> {
    const { table, conversion } = this.#work;
    const measured = {
      displayName: table.displayName,
      columns: changedColumns(this.#reached),
      carriedTo: reachedName(this.#reached),
    };
    await checkLengths(measured, conversion, async (limited) => {
      const names = limited.map(({ name }) => name);
      const changed = isToBeChanged(this.#reached, conversion.selects);
      const { rows: [longest] } = await this.#session.query<(number | null)[]>(
        this.#action,
        longestValuesStatement(this.#reached, names, conversion.selects, changed),
      );
      return longest!;
    }, this.#work.run.context.onObstacle);
  }

  /** Where the tokens of the new rows come from: SQL, or parameters with those of a sample. */
  async #makeTokens(): Promise<Tokens> {
    const { run, table, conversion } = this.#work;
    const { selects, sqlExpression } = conversion;
    const options = { strategy: run.context.strategy, pushdown: run.pushdown };
    if (chooseMethod(table, options, conversion) !== "client") {
      return {
        source: (operand) => sqlExpression!("postgres", operand),
        parameters: [],
        texts: [],
      };
    }
    const { rows } = await this.#session.query<SampleRow>(
      this.#action,
      sampleStatement(this.#reached, selects),
    );
    // lengths are checked for all rows
    const columns = changedColumns(this.#reached).map((each) => ({ ...each, maxLength: null }));
    const texts = columns.map((_, i) => rows.map((row) => row[i + 1] ?? null));
    // the table's own context: a condition cannot tell in which one a token was made
    const { tokens } = await convertBatch({ ...table, columns }, conversion, texts);
    const ctids = rows.map(([ctid]) => ctid);
    return { source: "parameters", parameters: [ctids, ...tokens].map(arrayLiteral), texts };
  }

  /** Tokens that are bound to their column differ on the two sides of a key. */
  async #checkSelfKeys(texts: TextColumns): Promise<void> {
    const { table, conversion } = this.#work;
    const columns = changedColumns(this.#reached);
    for (const { name, referring, referred, isDeferred } of this.#reached.selfKeys) {
      const sides = [referring, referred].map((side) =>
        columns.findIndex((each) => each.name === side)
      );
      const text = texts[sides[0]!]?.find((each) => each !== null);
      if (text === undefined) continue;
      const place = { ...table, columns: sides.map((i) => columns[i]!) };
      const { tokens } = await convertBatch(place, conversion, [[text], [text]]);
      if (tokens[0]![0] !== tokens[1]![0]) {
        this.#refuse({ sqlState: "23503", constraint: name, isDeferred });
      }
    }
  }

  async #checkRows(
    options: NewRowsOptions,
    parameters: readonly string[],
    scope: ConditionScope,
  ): Promise<void> {
    const tryWith = async (withVolatile: boolean) => {
      const conditions = conditionsOf(this.#reached, { withVolatile });
      const statement = countRefusedStatement(this.#reached, conditions, options);
      const { rows: [counts] } = await this.#try(statement, parameters);
      for (const refused of conditions.filter((_, i) => counts![i] !== "0")) this.#refuse(refused);
    };
    const hasVolatile = this.#reached.checks.some(({ isVolatile }) => isVolatile);
    if (!hasVolatile || !scope.withVolatile) return await tryWith(false);
    await this.#session.query(this.#action, SAVEPOINT);
    try {
      await tryWith(true);
    } catch (error) {
      if (!(error instanceof ServiceError && error.facts.sqlState === READ_ONLY)) throw error;
      await this.#session.query(this.#action, ROLL_BACK);
      await tryWith(false);
    }
  }

  async #checkDuplicates(options: NewRowsOptions, parameters: readonly string[]): Promise<void> {
    for (const index of this.#reached.indexes) {
      const { name, duplicateState: sqlState, isDeferred, isReadable } = index;
      if (sqlState === null || !isReadable) continue;
      const statement = anyDuplicateStatement(this.#reached, index, options);
      const { rows: [found] } = await this.#try(statement, parameters);
      if (found![0]) this.#refuse({ sqlState, constraint: name, isDeferred });
    }
  }

  async #checkReferring(): Promise<void> {
    const { selects } = this.#work.conversion;
    for (const key of this.#reached.referredBy) {
      const { name, sqlState, isDeferred, isReadable } = key;
      if (!isReadable) continue;
      const statement = anyReferringStatement(this.#reached, key, selects);
      const { rows: [found] } = await this.#try(statement, []);
      if (found![0]) this.#refuse({ sqlState, constraint: name, isDeferred });
    }
  }

  /** The result. What the server reports of a table that the change is carried to gets that table's name. */
  async #try(statement: string, parameters: readonly string[]) {
    try {
      return await this.#session.query<unknown[]>(this.#action, statement, parameters);
    } catch (error) {
      const isRefused = error instanceof ServiceError &&
        ["constraint_violation", "value_too_long"].includes(error.code);
      throw isRefused && this.#reached.isCarried
        ? refusedCondition(this.#work, this.#reached, {
          sqlState: error.facts.sqlState ?? "23514",
        })
        : error;
    }
  }

  /** Throws, or for a plan notes, that a condition refuses the run. */
  #refuse(condition: Omit<Condition, "expression">): void {
    const { onObstacle = throwObstacle } = this.#work.run.context;
    onObstacle(refusedCondition(this.#work, this.#reached, condition));
  }
}
