/** `make demo`, as somebody sees it who has just cloned the repository. */
import assert from "node:assert/strict";
import { ROOT } from "./first_hour.ts";

const LONGEST_SILENCE_MS = 3000;

Deno.test("make demo shows the job in 80 columns, is never silent for 3 s, and names a next command", async () => {
  const { code, shown } = await calmest(() => watch("make", ["demo"]));
  assert.equal(code, 0, shown);

  assert.match(shown, /^0 of 100 rows hold a token: it was rolled back$/m);
  assert.match(shown, /^updated +100 rows$/m);
  assert.match(shown, /^updated +0 rows$/m);
  assert.match(shown, /^1 +Ada Almeida +tk1_siv_/m);
  assert.match(shown, /^"customer1@example\.com"$/m);
  assert.deepEqual(shown.split("\n").filter((line) => [...line].length > 80), []);

  const command = shown.split("\n").filter((line) => /^ {2}\S+ \S+/.test(line)).at(-1)!.trim();
  const [program, target] = command.split(" ");
  assert.equal(program, "make");
  assert.match(await Deno.readTextFile(new URL("Makefile", ROOT)), new RegExp(`^${target}:`, "m"));
});

/** What was shown in the first run of three without a long silence: a busy machine causes some, too. */
async function calmest(run: () => ReturnType<typeof watch>) {
  const silencesMs: number[] = [];
  while (silencesMs.length < 3) {
    const watched = await run();
    if (watched.longestSilenceMs <= LONGEST_SILENCE_MS) return watched;
    silencesMs.push(watched.longestSilenceMs);
  }
  assert.fail(`it showed nothing for ${silencesMs.join(", ")} ms`);
}

/** Runs a program that prints to one pipe, and takes the time between what it prints. */
async function watch(program: string, args: readonly string[]) {
  const child = new Deno.Command("bash", {
    args: ["-c", '"$0" "$@" 2>&1', program, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  let shown = "";
  let longestSilenceMs = 0;
  let lastAt = performance.now();
  const look = () => {
    const now = performance.now();
    longestSilenceMs = Math.max(longestSilenceMs, Math.round(now - lastAt));
    lastAt = now;
  };
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    look();
    shown += text;
  }
  look();
  const { code } = await child.status;
  return { code, shown, longestSilenceMs };
}
