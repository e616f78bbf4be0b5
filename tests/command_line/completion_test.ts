/** Completion, by the shells themselves as far as they are installed. */
import assert from "node:assert/strict";
import { SHELLS } from "../../src/command.ts";
import { completionScript } from "../../src/command_line/completion.ts";
import { COMMANDS } from "../../src/command_line/commands.ts";
import { testUnless } from "../support/skipping.ts";

async function isInstalled(shell: string): Promise<boolean> {
  try {
    return (await new Deno.Command(shell, { args: ["-c", "exit 0"] }).output()).success;
  } catch {
    return false;
  }
}

const missing = new Map(
  await Promise.all(
    SHELLS.map(async (shell) =>
      [shell, await isInstalled(shell) ? undefined : `${shell} is not installed`] as const
    ),
  ),
);

/** What bash offers for the last of the words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const script = `${completionScript("bash")}
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _tokenize
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, success } = await new Deno.Command("bash", {
    args: ["-u", "-c", script, "bash", ...words],
    stderr: "inherit",
  }).output();
  assert.ok(success);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

testUnless(missing.get("bash"), "bash completes commands, options, values and files", async () => {
  assert.deepEqual(await offered("tokenize", "per"), ["permissions"]);
  assert.deepEqual(
    await offered("tokenize", "keys", ""),
    (await offered("tokenize", "keys", ""))
      .filter((word) => word.startsWith("-") || ["new", "add", "list", "check"].includes(word)),
  );
  assert.deepEqual(await offered("tokenize", "run", "--d"), ["--dry-run"]);
  assert.deepEqual(await offered("tokenize", "--config", "x", "run", "--commit", ""), [
    "atomic",
    "batches",
  ]);
  assert.deepEqual(await offered("tokenize", "completion", "b"), ["bash"]);
  assert.deepEqual(await offered("tokenize", "run", "--urn", ""), []);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/my keys.json`, "");
  for (const words of [["keys", "check"], ["serve", "--env-file"]]) {
    assert.deepEqual(await offered("tokenize", ...words, `${folder}/my`), [
      `${folder}/my keys.json`,
    ]);
  }
  await Deno.remove(folder, { recursive: true });
});

for (const shell of SHELLS) {
  testUnless(missing.get(shell), `${shell} accepts the script`, async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, completionScript(shell));
    const { success } = await new Deno.Command(shell, { args: ["-n", file], stderr: "inherit" })
      .output();
    assert.ok(success);
    await Deno.remove(file);
  });
  Deno.test(`the script for ${shell} has every command`, () => {
    const script = completionScript(shell);
    for (const { name } of COMMANDS) {
      for (const word of name.split(" ")) assert.match(script, new RegExp(`\\b${word}\\b`), name);
    }
  });
}
