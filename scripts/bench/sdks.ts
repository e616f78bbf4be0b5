/**
 * The token SDKs that work in memory, beside the dummy: values per second of each alone, and a whole
 * table end to end, on the path on which the action makes the tokens. Taking turns, medians.
 */
import { MAX_BATCH_ROWS } from "../../src/platforms/postgres/rewrite/portal_batches.ts";
import { findAdapter } from "../../src/tokens/adapters.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { hmacJwk, jwkSet, settingsReader, sivJwk } from "../servers/test_keys.ts";
import type { BenchDatabase } from "./bench_database.ts";
import { fillSource, freshCopy } from "./bulk.ts";
import { runProgram } from "./contenders.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";

/** How much is measured. */
export interface SdkOptions {
  /** Rows of the table that is done end to end. */
  readonly rows: number;
  readonly rounds: number;
}

const MODES = ["dummy", "hmac-sha256", "aes-siv"];
const VALUES = 400_000;
const PLACE = { platform: "postgres", dataset: ["bench", "public", "people"], column: "email" };
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.people,PROD)";

/** One thing that is measured, in values or rows a second. */
interface Contender {
  readonly name: string;
  measure(): Promise<number>;
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
    const reading = sdk.detokenize === undefined ? [] : [readingBack(mode, sdk)];
    return [writing(mode, sdk), ...reading];
  }))).flat();
  report(`### Alone\n\n${table("values/s", await takeTurns(alone, rounds))}`);

  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/keys.json`, keys, { mode: 0o600 });
    await fillSource(database, rows);
    const env = { PG_CONN_STR: database.url, TOKEN_KEYS_FILE: `${dir}/keys.json` };
    const results = await takeTurns([
      ...MODES.map((mode) => tokenizing(mode, database, rows, env)),
      rotating("hmac-sha256", database, rows, env),
      rotating("aes-siv", database, rows, env),
    ], rounds);
    const size = rows.toLocaleString("en-US");
    report(`### End to end, ${size} rows, two columns\n\n${table("rows/s", results)}`);
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
  const values = sampleValues();
  return { name: mode, measure: () => rateOf(values, (batch) => sdk.tokenize(batch, PLACE)) };
}

function readingBack(mode: string, sdk: TokenSdk): Contender {
  const tokens = sdk.tokenize(sampleValues(), PLACE) as string[];
  return {
    name: `${mode}, reading back`,
    measure: () => rateOf(tokens, (batch) => sdk.detokenize!(batch, PLACE)),
  };
}

function sampleValues(): string[] {
  return Array.from({ length: VALUES }, (_, n) => `customer.${n}@example.com`);
}

async function rateOf(
  texts: readonly string[],
  work: (batch: readonly string[]) => unknown,
): Promise<number> {
  const startMs = performance.now();
  for (let i = 0; i < texts.length; i += MAX_BATCH_ROWS) {
    await work(texts.slice(i, i + MAX_BATCH_ROWS));
  }
  return texts.length / (performance.now() - startMs) * 1000;
}

type Env = Readonly<Record<string, string>>;

function tokenizing(mode: string, database: BenchDatabase, rows: number, env: Env): Contender {
  return {
    name: mode,
    async measure() {
      await freshCopy(database, rows, true);
      return await rowsPerSecond(["run"], { ...env, TOKEN_SDK_MODE: mode, PUSHDOWN: "false" });
    },
  };
}

function rotating(mode: string, database: BenchDatabase, rows: number, env: Env): Contender {
  return {
    name: `rotation from dummy to ${mode}`,
    async measure() {
      await freshCopy(database, rows, true);
      await rowsPerSecond(["run"], { ...env, TOKEN_SDK_MODE: "dummy" });
      await database.sql`VACUUM ANALYZE people`;
      return await rowsPerSecond(["rotate", "--from", "dummy"], { ...env, TOKEN_SDK_MODE: mode });
    },
  };
}

async function rowsPerSecond(command: readonly string[], env: Env): Promise<number> {
  const args = [...command, "--urn", URN, "--columns", "name,email"];
  const { report } = await runProgram(args, env);
  return report.updated / report.elapsed_ms * 1000;
}

type Rates = ReadonlyMap<Contender, readonly number[]>;

/** The order turns, so that no contender always has the warm or the noisy place. */
async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Rates> {
  const rates = new Map<Contender, number[]>(contenders.map((each) => [each, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length]!;
      progress(`token SDKs, round ${round}: ${contender.name}`);
      const rate = await contender.measure();
      if (round > 0) rates.get(contender)!.push(rate); // the first is to warm up
    }
  }
  progress("");
  return rates;
}

/** Each beside the first of the table, round by round. */
function table(unit: string, rates: Rates): string {
  const [first] = rates.values();
  const lines = [...rates].map(([{ name }, own]) => [
    name,
    Math.round(median(own)).toLocaleString("en-US"),
    median(own.map((rate, i) => first![i]! / rate)).toFixed(2),
  ]);
  return markdownTable(["token SDK", unit, "time to the dummy's"], lines);
}
