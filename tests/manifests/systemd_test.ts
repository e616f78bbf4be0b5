/** The unit of systemd: valid, and as confined as it says. */
import assert from "node:assert/strict";
import { ENVIRONMENT_NAMES } from "../../src/environment_names.ts";
import { testUnless } from "../support/skipping.ts";
import { type Outcome, run } from "./judges.ts";

const FILE = "deploy/systemd/tokenize-action.service";
/** Of 100; a unit that confines nothing has 96. */
const EXPOSURE = 20;

const text = await Deno.readTextFile(FILE);

async function whyNotAnalyzed(): Promise<string | undefined> {
  const version = await run("systemd-analyze", ["--version"]).catch(() => undefined);
  if (version === undefined) return "systemd-analyze is not installed";
  const [, number] = /^systemd (\d+)/.exec(version.stdout) ?? [];
  return Number(number) >= 250 ? undefined : `systemd-analyze is of version ${number}, not 250`;
}

/** Runs systemd-analyze on the unit, with a program that every machine has. */
async function analyze(unit: string, ...args: string[]): Promise<Outcome> {
  const dir = await Deno.makeTempDir({ prefix: "tokenize-unit-" });
  try {
    const path = `${dir}/tokenize-action.service`;
    await Deno.writeTextFile(path, unit.replace(/^ExecStart=.*$/m, "ExecStart=/bin/true"));
    return await run("systemd-analyze", [...args, path]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const missing = await whyNotAnalyzed();

testUnless(missing, "systemd finds no fault in the unit", async () => {
  const { success, stderr } = await analyze(text, "verify");
  const own = stderr.split("\n").filter((line) => line.includes("tokenize-action"));
  assert.ok(success, stderr);
  assert.deepEqual(own, []);
  const wrong = await analyze(text.replace("ProtectHome=yes", "ProtectHomes=yes"), "verify");
  assert.match(wrong.stderr, /ProtectHomes/);
});

testUnless(missing, "the service is confined as far as a compiler at run time allows", async () => {
  const args = ["security", "--offline=true", `--threshold=${EXPOSURE}`];
  const { success, stdout } = await analyze(text, ...args);
  assert.ok(success, stdout);
  assert.equal((await analyze("[Service]\nExecStart=/bin/true\n", ...args)).success, false);
});

Deno.test("the unit sets settings of the program, and holds no secret", () => {
  const variables = [...text.matchAll(/^Environment=(.*)$/gm)]
    .flatMap(([, list]) => list!.split(" ").map((each) => each.split("=") as [string, string]));
  assert.ok(variables.length > 3);
  for (const [name, value] of variables) {
    assert.ok(ENVIRONMENT_NAMES.includes(name), name);
    if (name.endsWith("_FILE")) assert.match(value, /^%d\//, name);
  }
});
