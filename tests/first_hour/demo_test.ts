/** `make demo`, as somebody sees it who has just cloned the repository. */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

Deno.test("make demo shows the job, fits 80 columns, and ends with a command that exists", async () => {
  const { code, stdout, stderr } = await new Deno.Command("make", {
    args: ["demo"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const shown = decoder.decode(stdout);
  assert.equal(code, 0, shown + decoder.decode(stderr));

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
