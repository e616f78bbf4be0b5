/**
 * `vault-transit` beside bare batch calls to the same OpenBao server: values per second of the SDK
 * alone, taking turns, and a whole table end to end.
 */
import { MAX_BATCHES } from "../../src/platforms/postgres/rewrite/bulk_pass.ts";
import { MAX_BATCH_ROWS } from "../../src/platforms/postgres/rewrite/portal_batches.ts";
import type { TokenSdk } from "../../src/tokens/token_sdk.ts";
import { VAULT_LIMITS } from "../../src/tokens/vault/limits.ts";
import { openTransit, type TransitFixture } from "../servers/openbao/transit_fixture.ts";
import { type BenchDatabase, openBenchDatabase } from "./bench_database.ts";
import { fillSource, freshCopy } from "./bulk.ts";
import { runProgram } from "./contenders.ts";
import { markdownTable, median, progress, type Report } from "./figures.ts";

/** How much is measured. */
export interface VaultOptions {
  /** Rows of the table that is done end to end. */
  readonly rows: number;
  readonly rounds: number;
}

const VALUES = 50_000;
const CONTEXT = new Uint8Array(58).toBase64();
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,bench.public.people,PROD)";

/** One way to have values encrypted. */
interface Contender {
  readonly name: string;
  encrypt(values: readonly string[]): Promise<void>;
}

/** Measures, and reports the tables. */
export async function benchVault({ rows, rounds }: VaultOptions, report: Report): Promise<void> {
  const vault = await openTransit();
  try {
    const bareRate = await benchAlone(vault, rounds, report);
    await using database = await openBenchDatabase();
    await benchEndToEnd(vault, database, { rows, bareRate, report });
  } finally {
    await vault.close();
  }
}

/** Gives how many values a second the fastest of the bare ways encrypts. */
async function benchAlone(
  vault: TransitFixture,
  rounds: number,
  report: Report,
): Promise<number> {
  const sdk = await vault.openSdk();
  const contenders = [
    bare(vault, 1),
    bare(vault, VAULT_LIMITS.requests),
    ours(sdk, 1),
    ours(sdk, MAX_BATCHES),
  ];
  const rates = new Map<Contender, number[]>(contenders.map((each) => [each, []]));
  for (let round = 0; round <= rounds; round++) {
    // the order turns, so that no contender always has the warm or the noisy place
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length]!;
      progress(`vault, round ${round}: ${contender.name}`);
      const values = Array.from({ length: VALUES }, (_, n) => `customer.${n}.${round}@example.com`);
      const startMs = performance.now();
      await contender.encrypt(values);
      const rate = VALUES / (performance.now() - startMs) * 1000;
      if (round > 0) rates.get(contender)!.push(rate); // the first round warms everything up
    }
  }
  await sdk.close!();
  progress("");
  const middle = contenders.map((contender) => median(rates.get(contender)!));
  const best = Math.max(middle[0]!, middle[1]!);
  const table = markdownTable(
    ["contender", "values/s", "to the best bare one"],
    contenders.map(({ name }, i) => [name, thousands(middle[i]!), (best / middle[i]!).toFixed(2)]),
  );
  report(`### Alone, ${thousands(VALUES)} values, median of ${rounds}\n\n${table}`);
  return best;
}

async function benchEndToEnd(
  vault: TransitFixture,
  database: BenchDatabase,
  { rows, bareRate, report: tell }: { rows: number; bareRate: number; report: Report },
): Promise<void> {
  await fillSource(database, rows);
  const lines = [];
  for (const columns of [["email"], ["name", "email"]]) {
    await freshCopy(database, rows, true);
    progress(`vault, ${rows} rows end to end, ${columns.join(" and ")}`);
    const args = ["run", "--urn", URN, "--columns", columns.join()];
    const { report, process } = await runProgram(args, {
      PG_CONN_STR: database.url,
      TOKEN_SDK_MODE: "vault-transit",
      ...vault.variables(),
    });
    progress("");
    if (report.updated !== rows) throw new Error(`${report.updated} rows of ${rows} were updated`);
    const seconds = report.elapsed_ms / 1000;
    const values = columns.length * rows;
    lines.push([
      columns.join(", "),
      thousands(rows / seconds),
      thousands(values / seconds),
      (seconds / (values / bareRate)).toFixed(2),
      (process.peakRssBytes / 1e6).toFixed(0),
    ]);
  }
  const table = markdownTable(
    ["columns", "rows/s", "values/s", "time to the best bare calls alone", "peak RSS, MB"],
    lines,
  );
  tell(`### End to end, ${thousands(rows)} rows\n\n${table}`);
}

/** Requests of as many values as the SDK sends, and nothing beside them. */
function bare(vault: TransitFixture, atOnce: number): Contender {
  const { VAULT_ADDR, VAULT_TRANSIT_KEY, VAULT_TOKEN } = vault.variables();
  const url = `${VAULT_ADDR}/v1/transit/encrypt/${VAULT_TRANSIT_KEY}`;
  const headers = { "x-vault-token": VAULT_TOKEN!, "content-type": "application/json" };
  const size = VAULT_LIMITS.itemsPerRequest;
  return {
    name: `bare: ${size} values a request, ${atOnce} at once`,
    async encrypt(values) {
      let next = 0;
      const work = async () => {
        while (next < values.length) {
          const part = values.slice(next, next += size);
          const batch_input = part.map((value) => ({ plaintext: btoa(value), context: CONTEXT }));
          const body = JSON.stringify({ batch_input });
          const response = await fetch(url, { method: "POST", headers, body });
          const { data } = await response.json();
          if (data.batch_results.length !== part.length) throw new Error("not all came back");
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },
  };
}

/** Calls of the SDK, each next one when an earlier one is answered. */
function ours(sdk: TokenSdk, atOnce: number): Contender {
  return {
    name: `ours: ${MAX_BATCH_ROWS} values a call, ${atOnce} at once`,
    async encrypt(values) {
      let next = 0;
      const work = async () => {
        while (next < values.length) {
          const part = values.slice(next, next += MAX_BATCH_ROWS);
          await sdk.tokenize(part, {
            platform: "postgres",
            dataset: ["bench", "public", "people"],
            column: "email",
          });
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },
  };
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
