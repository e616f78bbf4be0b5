/** Figures of the binary, measured and printed, not judged: they depend on the machine and its load. */
import assert from "node:assert/strict";
import { openDatabase, urnOf } from "../support/action_fixture.ts";
import { freePort } from "../../scripts/servers/free_port.ts";
import { compiled, spawnProgram, startService } from "../support/program.ts";

const STARTS = 10;

Deno.test("figures: from exec to the first answer of /healthz", async () => {
  const timesMs: number[] = [];
  for (let i = 0; i < STARTS; i++) timesMs.push(await timeToFirstAnswerMs());
  timesMs.sort((a, b) => a - b);
  const medianMs = (timesMs[STARTS / 2 - 1]! + timesMs[STARTS / 2]!) / 2;
  const [fastest, slowest] = [timesMs[0]!, timesMs.at(-1)!].map((ms) => ms.toFixed(0));
  const load = Deno.loadavg()[0]!.toFixed(1);
  console.log(
    `  exec to /healthz: median of ${STARTS} is ${medianMs.toFixed(0)} ms ` +
      `(${fastest} to ${slowest} ms; load ${load} on ${navigator.hardwareConcurrency} cores)`,
  );
});

Deno.test("figures: memory before and after the first trigger", async () => {
  const database = await openDatabase();
  try {
    await using service = await startService(compiled, { PG_CONN_STR: database.url });
    await service.send("GET", "/healthz");
    const before = await residentMegabytes(service.pid);
    const dataset_urn = urnOf(`${database.name}.public.customers`);
    const { json } = await service.trigger({ dataset_urn, columns: ["email", "phone"] });
    assert.equal(json.updated, 100);
    const after = await residentMegabytes(service.pid);
    console.log(`  RSS: ${before} MB before the first trigger, ${after} MB after it`);
  } finally {
    await database.drop();
  }
});

async function timeToFirstAnswerMs(): Promise<number> {
  const port = freePort();
  const startMs = performance.now();
  await using _service = spawnProgram(compiled, ["serve"], { PORT: String(port) });
  for (;;) {
    try {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new TextEncoder().encode("GET /healthz HTTP/1.0\r\n\r\n"));
      const answer = new Uint8Array(1024);
      const size = await connection.read(answer) ?? 0;
      assert.match(new TextDecoder().decode(answer.subarray(0, size)), /^HTTP\/1\.\d 200 /);
      return performance.now() - startMs;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

async function residentMegabytes(pid: number): Promise<number> {
  const args = ["-o", "rss=", "-p", String(pid)];
  const { stdout } = await new Deno.Command("ps", { args }).output();
  return Math.round(Number(new TextDecoder().decode(stdout)) / 1024);
}
