/**
 * The main job on your own screen: an embedded Postgres (PGlite) with 100 customers, the real action
 * in its sandbox, two triggers. Nothing of this is in the binary.
 */
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { freePort } from "./servers/free_port.ts";

const COLUMNS = ["email", "phone"];
const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)";
const READY_WITHIN_MS = 30_000;

say("1. An embedded Postgres with 100 customers");
const database = await PGlite.create();
// PGlite has one database, whose name is fixed when it is made
await database.exec("UPDATE pg_database SET datname = 'app' WHERE datname = current_database()");
for (const file of ["table.sql", "seed.sql"]) {
  await database.exec(
    await Deno.readTextFile(new URL(`../deploy/postgres/${file}`, import.meta.url)),
  );
}
const postgresPort = freePort();
const socket = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: postgresPort });
await socket.start();
await showRows();

const actionPort = freePort();
const environment = {
  PG_CONN_STR: `postgres://postgres@127.0.0.1:${postgresPort}/app?sslmode=disable`,
  PORT: String(actionPort),
  LOG_FORMAT: "text",
  LOG_LEVEL: "warn",
};
say("2. The action, in its sandbox");
await tokenize("permissions");
const action = command("serve").spawn();
let failed = true;
try {
  await respondsAt(`http://127.0.0.1:${actionPort}/healthz`);

  say(`3. The first trigger: tokenize ${COLUMNS.join(" and ")}`);
  const first = await trigger();
  await showRows();

  say("4. The same trigger again: nothing is left to do");
  const second = await trigger();
  failed = !(first.updated === 100 && second.updated === 0 && second.skipped === 100);
} finally {
  action.kill("SIGTERM");
  await action.status;
}
if (failed) {
  console.error("\nThe demo did not go as it should: 100 rows updated, then 0.");
  Deno.exit(1);
}
say("Next");
console.log(
  `These tokens are of the SDK "dummy": Base64, which anybody can read. It protects nothing.
With a key of yours, and a Postgres of yours:

  make build

then paste from README.md, "Your own Postgres in a minute".`,
);
Deno.exit(0); // the socket server would wait for the action's idle connection

/** The program itself, with the permissions that its binary has. */
function command(...args: string[]): Deno.Command {
  return new Deno.Command("bash", {
    args: [new URL("./tokenize.sh", import.meta.url).pathname, ...args],
    env: environment,
    stdout: "inherit",
    stderr: "inherit",
  });
}

async function tokenize(...args: string[]): Promise<void> {
  const { success } = await command(...args).output();
  if (!success) throw new Error(`tokenize ${args[0]} failed`);
}

async function trigger(): Promise<{ updated: number; skipped: number }> {
  const response = await fetch(`http://127.0.0.1:${actionPort}/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dataset_urn: URN, columns: COLUMNS }),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  const { residue = [], ...report } = body;
  console.log(JSON.stringify(report, null, 2));
  console.log(`\n   → ${report.updated} updated, ${report.skipped} skipped`);
  const left = residue.filter(({ state }: { state: string }) => state === "remains");
  for (const { place, detail } of left) console.log(`   → old values in ${place}: ${detail}`);
  console.log();
  return report;
}

async function showRows(): Promise<void> {
  const { rows } = await database.query<Record<string, string>>(
    "SELECT id, name, email, phone FROM public.customers ORDER BY id LIMIT 3",
  );
  console.table(rows);
}

async function respondsAt(url: string): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadlineMs) {
    const responded = await fetch(url).then(
      async (response) => (await response.body?.cancel(), true),
      () => false,
    );
    if (responded) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the action did not start");
}

function say(text: string): void {
  console.log(`\n\x1b[1m${text}\x1b[0m`);
}
