/**
 * The token SDKs that work in memory, beside the dummy: values per second of each alone, and a whole
 * table end to end, on the path on which the action makes the tokens, beside what the database needs for
 * such tokens. Taking turns, medians.
 */
import { MAX_BATCH_ROWS } from "../../src/platforms/postgres/rewrite/portal_batches.ts";
import { findAdapter } from "../../src/tokens/adapters.ts";
import { tokenizing } from "../../src/tokens/conversion.ts";
import { type PackedTexts, packTexts } from "../../src/tokens/packed_texts.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { hmacJwk, jwkSet, settingsReader, sivJwk } from "../servers/test_keys.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { fillSource, freshCopy } from "./bulk.ts";
import type { Contender as Limit } from "./contender.ts";
import { LIMIT, LIMIT_WITH_HASHES, runProgram } from "./contenders.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";
import { serverCpuSeconds } from "./process_watch.ts";

/** How much is measured. */
export interface SdkOptions {
  /** Rows of the table that is done end to end. */
  readonly rows: number;
  readonly rounds: number;
}

const MODES = ["dummy", "hmac-sha256", "aes-siv"];
const BATCHES = 400;
const PLACE = { platform: "postgres", dataset: ["bench", "public", "people"], column: "email" };
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.people,PROD)";

/** What one go of a contender gave. */
interface Sample {
  /** Values or rows. */
  readonly perSecond: number;
  /** Processor time of the server and of the program, in seconds. */
  readonly serverCpuSeconds?: number;
  readonly ownCpuSeconds?: number;
}

/** One thing that is measured. */
interface Contender {
  readonly name: string;
  /** What the database needs for tokens like these. */
  readonly limit?: Contender;
  measure(): Promise<Sample>;
}

/** Measures, and reports the tables. */
export async function benchSdks(
  database: BenchDatabase,
  { rows, rounds }: SdkOptions,
  report: Report,
): Promise<void> {
  const keys = jwkSet(await hmacJwk("h1"), await sivJwk("s1"));
  const alone = (await Promise.all(MODES.map(async (mode) => {
    const sdk = await openSdk(mode, keys);
    const reading = sdk.detokenizeBytes === undefined ? [] : [await readingBack(mode, sdk)];
    return [writing(mode, sdk), ...reading];
  }))).flat();
  report(`### Alone\n\n${aloneTable(await takeTurns(alone, rounds))}`);

  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/keys.json`, keys, { mode: 0o600 });
    await fillSource(database, rows);
    const env = { PG_CONN_STR: database.url, TOKEN_KEYS_FILE: `${dir}/keys.json` };
    const [plain, hashed] = [LIMIT, LIMIT_WITH_HASHES].map((each) => limit(each, database, rows));
    const results = await takeTurns([
      ...MODES.map((mode) =>
        tokenizingTable(mode, mode === "dummy" ? plain! : hashed!, database, rows, env)
      ),
      plain!,
      hashed!,
      rotating("hmac-sha256", hashed!, database, rows, env),
      rotating("aes-siv", hashed!, database, rows, env),
    ], rounds);
    const size = rows.toLocaleString("en-US");
    report(`### End to end, ${size} rows, two columns\n\n${wholeTable(results)}`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function openSdk(mode: string, keys: string): Promise<TokenSdk> {
  const adapter = findAdapter(mode)!;
  const read = settingsReader({ TOKEN_KEYS_FILE: "/keys" }, { "/keys": keys });
  return await adapter.create(adapter.readSettings(read));
}

function writing(mode: string, sdk: TokenSdk): Contender {
  const { convert } = tokenizing(sdk);
  return { name: mode, measure: () => rateOf(SAMPLE, (batch) => convert(batch, PLACE)) };
}

async function readingBack(mode: string, sdk: TokenSdk): Promise<Contender> {
  const { convert } = tokenizing(sdk);
  const tokens = await Promise.all(SAMPLE.map((batch) => convert(batch, PLACE)));
  return {
    name: `${mode}, reading back`,
    measure: () => rateOf(tokens, (batch) => sdk.detokenizeBytes!(batch, PLACE)),
  };
}

/** Values in batches, as a run has them. */
const SAMPLE: readonly PackedTexts[] = Array.from(
  { length: BATCHES },
  (_, batch) =>
    packTexts(
      Array.from({ length: MAX_BATCH_ROWS }, (_, n) =>
        `customer.${batch * MAX_BATCH_ROWS + n}@example.com`),
    ),
);

async function rateOf(
  batches: readonly PackedTexts[],
  work: (batch: PackedTexts) => unknown,
): Promise<Sample> {
  const startMs = performance.now();
  for (const batch of batches) await work(batch);
  const values = batches.length * MAX_BATCH_ROWS;
  return { perSecond: values / (performance.now() - startMs) * 1000 };
}

type Env = Readonly<Record<string, string>>;

function limit({ name, run }: Limit, database: BenchDatabase, rows: number): Contender {
  return {
    name,
    async measure() {
      await freshCopy(database, rows, true);
      return await onServer(database, async () => {
        const done = await run(database);
        return { perSecond: done!.rows / done!.elapsedMs * 1000 };
      });
    },
  };
}

function tokenizingTable(
  mode: string,
  limit: Contender,
  database: BenchDatabase,
  rows: number,
  env: Env,
): Contender {
  return {
    name: mode,
    limit,
    async measure() {
      await freshCopy(database, rows, true);
      const settings = { ...env, TOKEN_SDK_MODE: mode, PUSHDOWN: "false" };
      return await onServer(database, () => sampleOf(["run"], settings));
    },
  };
}

function rotating(
  mode: string,
  limit: Contender,
  database: BenchDatabase,
  rows: number,
  env: Env,
): Contender {
  return {
    name: `rotation from dummy to ${mode}`,
    limit,
    async measure() {
      await freshCopy(database, rows, true);
      await sampleOf(["run"], { ...env, TOKEN_SDK_MODE: "dummy" });
      await database.sql`VACUUM ANALYZE people`;
      const settings = { ...env, TOKEN_SDK_MODE: mode };
      return await onServer(database, () => sampleOf(["rotate", "--from", "dummy"], settings));
    },
  };
}

async function onServer({ server }: BenchDatabase, work: () => Promise<Sample>): Promise<Sample> {
  const before = await serverCpuSeconds(server);
  const sample = await work();
  return { ...sample, serverCpuSeconds: await serverCpuSeconds(server) - before };
}

async function sampleOf(command: readonly string[], env: Env): Promise<Sample> {
  const args = [...command, "--urn", URN, "--columns", "name,email"];
  const { report, process } = await runProgram(args, env);
  const perSecond = report.updated / report.elapsed_ms * 1000;
  return { perSecond, ownCpuSeconds: process.cpuSeconds };
}

type Results = ReadonlyMap<Contender, readonly Sample[]>;

/** The order turns, so that no contender always has the warm or the noisy place. */
async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Results> {
  const results = new Map<Contender, Sample[]>(contenders.map((each) => [each, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length]!;
      progress(`token SDKs, round ${round}: ${contender.name}`);
      const sample = await contender.measure();
      if (round > 0) results.get(contender)!.push(sample); // the first is to warm up
    }
  }
  progress("");
  return results;
}

function aloneTable(results: Results): string {
  const [first] = results.keys();
  const lines = [...results].map(([contender, own]) => [
    contender.name,
    rate(own),
    timesOf(results, contender, first),
  ]);
  return markdownTable(["token SDK", "values/s", "time to the dummy's"], lines);
}

function wholeTable(results: Results): string {
  const [first] = results.keys();
  const lines = [...results].map(([contender, own]) => [
    contender.name,
    rate(own),
    timesOf(results, contender, first),
    timesOf(results, contender, contender.limit),
    seconds(own.map((each) => each.serverCpuSeconds)),
    seconds(own.map((each) => each.ownCpuSeconds)),
  ]);
  const head = ["token SDK", "rows/s", "time to the dummy's", "to its limit"];
  return markdownTable([...head, "server CPU, s", "its own CPU, s"], lines);
}

function rate(own: readonly Sample[]): string {
  return Math.round(median(own.map((each) => each.perSecond))).toLocaleString("en-US");
}

/** Its time beside that of another, round by round. */
function timesOf(results: Results, contender: Contender, other: Contender | undefined): string {
  if (other === undefined) return "";
  const [own, others] = [results.get(contender)!, results.get(other)!];
  return median(own.map((each, i) => others[i]!.perSecond / each.perSecond)).toFixed(2);
}

function seconds(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? "" : median(known).toFixed(2);
}
