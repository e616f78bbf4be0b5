/**
 * The real program following the stand-in for DataHub, on a real database:
 *
 *     await using followed = await follow({ mode: "run" });
 *     followed.datahub.metadata.label({ dataset: followed.urn, column: "email", label: PII });
 *     await followed.untilTokenized("email");
 */
import {
  type DatahubServer,
  startDatahub,
} from "../../../scripts/servers/datahub/datahub_server.ts";
import { until } from "../../../scripts/servers/until.ts";
import { urnOf } from "../../support/action_fixture.ts";
import {
  type Environment,
  fromSource,
  type LogLine,
  type Service,
  startService,
} from "../../support/program.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test_database.ts";
import { isToken } from "./labels.ts";
import { loopEnvironment } from "./loop_environment.ts";

/** What a test may choose. */
export interface FollowOptions {
  readonly mode?: "observe" | "approve" | "run";
  readonly env?: Environment;
  /** Called before the program starts. */
  readonly before?: (datahub: DatahubServer, urn: string, database: TestDatabase) => unknown;
}

/** DataHub with the dataset of `customers`, the database, and the program. */
export interface Followed extends AsyncDisposable {
  readonly datahub: DatahubServer;
  readonly database: TestDatabase;
  readonly service: Service;
  /** The URN of `public.customers`. */
  readonly urn: string;
  /** What the program is started with. */
  readonly env: Environment;
  /** The columns of `customers` as they are. */
  values(column: string): Promise<(string | null)[]>;
  untilTokenized(column: string): Promise<void>;
  /** Waits for a line of the log. */
  untilLogged(event: string, matches?: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Starts all three. */
export async function follow(options: FollowOptions = {}): Promise<Followed> {
  const { mode, before, env: more = {} } = options;
  const datahub = startDatahub();
  const database = await createTestDatabase({ customers: true });
  const urn = urnOf(`${database.name}.public.customers`);
  datahub.metadata.addDataset(urn, ["id", "name", "email", "phone", "created_at"]);
  await before?.(datahub, urn, database);
  const env = { ...loopEnvironment({ datahub, database }, mode), ...more };
  const service = await startService(fromSource, env);
  const values = (column: string) => database.valuesOf("customers", column);
  return {
    datahub,
    database,
    service,
    urn,
    env,
    values,
    untilTokenized: (column) =>
      until(async () => (await values(column)).every(isToken), `${column} is not tokenized`),
    async untilLogged(event, matches = () => true) {
      const find = () => service.log().find((line) => line.event === event && matches(line));
      await until(() => find() !== undefined, `no ${event} in the log`);
      return find()!;
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await datahub[Symbol.asyncDispose]();
      await database.drop();
    },
  };
}
