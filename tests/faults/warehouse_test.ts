/**
 * The same on the stand-in warehouse, where each statement is all or nothing: at a random request of
 * a run something goes wrong, and then every row is checked.
 */
import assert from "node:assert/strict";
import { connectControl } from "../../scripts/servers/warehouse/remote_control.ts";
import type { Running } from "../support/program.ts";
import type { State } from "./arena.ts";
import { dice } from "./dice.ts";
import { report } from "./results.ts";
import { testUnless } from "../support/skipping.ts";
import { isLong, LONG_FORM_ONLY, SEED } from "./trial.ts";
import { WAREHOUSE_FAULTS, type WarehouseFault } from "./warehouse_faults.ts";
import { isThrift, ROWS, WarehousePlace, type Way, WRITES } from "./warehouse_place.ts";

/** run.ts starts the warehouse, and says so where that is not possible. */
const controlUrl = Deno.env.get("TEST_DBX_CONTROL");
const times = isLong ? 4 : 1;
/** So many of the faults meet a request about a write, the others any. */
const SHARE_OF_WRITES = 0.75;
/** Those that can be about a write. */
const METHODS = [
  "ExecuteStatement",
  "GetOperationStatus",
  "GetResultSetMetadata",
  "FetchResults",
];

/** A run takes seconds here, so the short form tries these alone. */
const SHORT_FORM: Readonly<Record<string, readonly Way[]>> = {
  "kill -9 of the action": ["client"],
  "connection cut after the effect": ["pushdown"],
  "network down from then on": ["client"],
};

const place = controlUrl === undefined
  ? undefined
  : new WarehousePlace(await connectControl(controlUrl));
await place?.makeSource();
const requestsOf = new Map<Way, Requests>();

/** How many requests a run makes that nothing happens to. */
interface Requests {
  readonly all: number;
  readonly aboutWrites: number;
}

WAREHOUSE_FAULTS.forEach((fault, index) => {
  for (const way of ["pushdown", "client"] as const) {
    const isTried = isLong || SHORT_FORM[fault.name]?.includes(way);
    testUnless(
      place === undefined ? "no stand-in warehouse" : isTried ? undefined : LONG_FORM_ONLY,
      `warehouse, ${fault.name}, ${way}: nothing is lost`,
      () => tryFault(place!, fault, way, dice(SEED + 1000 + index)),
    );
  }
});

async function tryFault(
  place: WarehousePlace,
  fault: WarehouseFault,
  way: Way,
  random: () => number,
): Promise<void> {
  const requests = requestsOf.get(way) ?? await countRequests(place, way);
  requestsOf.set(way, requests);
  const found: Record<State, number> = { old: 0, partly: 0, tokenized: 0 };
  let [struck, lost, plaintext] = [0, 0, 0];
  for (let time = 0; time < times; time++) {
    await place.refill();
    await using run = place.run(way);
    struck += await strike(place, fault, run, requests, random) ? 1 : 0;
    plaintext += await place.valuesInStatements();
    const seen = await place.inspect();
    await check(place, fault, way, run, seen, time === times - 1);
    found[seen.state]++;
    lost += seen.lost;
    plaintext += await place.valuesInStatements();
  }
  console.log(`  seed ${SEED}: ${JSON.stringify({ struck, ...found })}`);
  const rows = times * ROWS;
  const name = { fault: fault.name, run: `warehouse, ${way}` };
  await report({ ...name, times, struck, ...found, rows, lost, plaintext });
  assert.equal(lost, 0, "values are lost");
  assert.equal(plaintext, 0, "the text of a statement holds values");
}

async function countRequests(place: WarehousePlace, way: Way): Promise<Requests> {
  await place.refill();
  assert.equal((await place.run(way).ended).code, 0);
  assert.equal((await place.statements()).length, way === "pushdown" ? 1 : 3);
  const requests = (await place.control.requests()).filter(isThrift);
  const aboutWrites = requests.filter(({ method, statement }) =>
    METHODS.includes(method) && WRITES.test(statement ?? "")
  );
  return { all: requests.length, aboutWrites: aboutWrites.length };
}

/** Has it go wrong at one request, and waits for the end. Gives whether that was about a write. */
async function strike(
  { control }: WarehousePlace,
  fault: WarehouseFault,
  run: Running,
  { all, aboutWrites }: Requests,
  random: () => number,
): Promise<boolean> {
  const { action = { kind: "delay", delayMs: 0 } as const, requests: times } = fault;
  const id = await control.addFault(
    times !== "always" && random() < SHARE_OF_WRITES // what stays down is down for all
      ? {
        action,
        times,
        skip: Math.floor(random() * aboutWrites),
        methods: METHODS,
        statement: WRITES.source,
      }
      : { action, times, skip: Math.floor(random() * all) },
  );
  if (fault.action === undefined) {
    await Promise.race([control.waitForHits(id), run.ended]);
    await run.stop("SIGKILL");
  }
  await run.ended;
  const hit = (await control.requests()).find(({ faults }) => faults.includes(id));
  return WRITES.test(hit?.statement ?? "");
}

/** What must be true besides that nothing is lost. */
async function check(
  place: WarehousePlace,
  { action, code }: WarehouseFault,
  way: Way,
  run: Running,
  { state, tokenized }: { readonly state: State; readonly tokenized: number },
  isLast: boolean,
): Promise<void> {
  const ended = await run.ended;
  if (ended.code === 0) {
    const { updated, skipped } = JSON.parse(ended.stdout);
    assert.deepEqual([updated, skipped, tokenized], [ROWS, 0, ROWS]);
  } else if (ended.signal !== "SIGKILL") {
    const said = run.log().find(({ event }) => event === "run_failed");
    const defects = run.log().filter(({ event }) => event === "unexpected_failure");
    assert.equal(said?.code, code, JSON.stringify([said, defects]));
  }
  if (way === "pushdown") assert.notEqual(state, "partly", "one statement was done by half");
  // a statement that was under way when the action was killed may end later
  await place.complete(way, action === undefined ? undefined : ROWS - tokenized, isLast);
  const rows = (await place.statements()).reduce((sum, each) => sum + each, 0);
  assert.equal(rows, ROWS, "a row was written twice, or by a statement that did something else");
}
