/** Completion, by the shells themselves as far as they are installed. */
import assert from "node:assert/strict";
import { SHELLS } from "../../src/command.ts";
import { completionScript } from "../../src/command_line/completion.ts";
import { completions } from "../../src/commands/complete_columns.ts";
import { readTypedWords } from "../../src/command_line/typed_words.ts";
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

const URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,app.crm.people,PROD)";

/** How each shell is asked what it offers for the last of the words, in which the URN is in quotes. */
const ASKING = {
  bash: `COMP_WORDS=(tokenize run --urn "\\"$1\\"" --columns email,); COMP_CWORD=5; _tokenize
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `compadd() { shift; print -l -- "$@"; }
    words=(tokenize run --urn "\\"$1\\"" --columns email,); CURRENT=6; _tokenize`,
  fish: `complete -C "tokenize run --urn '$argv[1]' --columns email,"`,
} as const;

for (const shell of SHELLS) {
  testUnless(missing.get(shell), `${shell} asks the program for the columns`, async () => {
    const dir = await Deno.makeTempDir();
    // what it is asked, and two columns of which one has a blank
    const program =
      `#!/bin/sh\nprintf '%s\\n' "$@" >"${dir}/asked"\necho 'email,phone'\necho 'email,full name'\n`;
    await Deno.writeTextFile(`${dir}/tokenize`, program, { mode: 0o755 });
    const before = shell === "zsh" ? "compdef() { :; }\n" : "";
    const script = `${before}${completionScript(shell)}\n${ASKING[shell]}`;
    const args = shell === "fish" ? ["-c", script, URN] : ["-c", script, shell, URN];
    const { stdout, success } = await new Deno.Command(shell, {
      args,
      env: { PATH: `${dir}:${Deno.env.get("PATH")}` },
      stderr: "inherit",
    }).output();
    assert.ok(success);
    const offered = new TextDecoder().decode(stdout).trim().split("\n");
    const names = offered.map((line) => line.split("\t")[0]).toSorted();
    assert.deepEqual(names, ["email,full name", "email,phone"]);
    const asked = (await Deno.readTextFile(`${dir}/asked`)).trimEnd().split("\n");
    assert.deepEqual(asked.slice(0, 2), ["complete-columns", "--"]);
    assert.deepEqual(readTypedWords(asked.slice(2)), {
      urn: URN,
      current: "email,",
      config: undefined,
      envFile: undefined,
    });
    await Deno.remove(dir, { recursive: true });
  });
}

Deno.test("of the columns those are offered that can follow what is typed", () => {
  const names = ["email", "Email2", "phone", "a,b", "it's", "x*"];
  assert.deepEqual(completions("", names), ["email", "Email2", "phone"]);
  assert.deepEqual(completions("em", names), ["email", "Email2"]);
  assert.deepEqual(completions("email,", names), ["email,Email2", "email,phone"]);
  assert.deepEqual(completions("email,ph", names), ["email,phone"]);
  assert.deepEqual(completions("email,x", names), []);
});

Deno.test("the words that are typed say which dataset, and with which settings", () => {
  const words = [
    "--env-file",
    ".env",
    "verify",
    "--urn",
    "x",
    "--columns",
    "a",
    "--urn",
    `'${URN}'`,
  ];
  assert.deepEqual(readTypedWords([...words, "--columns", '"em']), {
    urn: URN,
    current: "em",
    config: undefined,
    envFile: ".env",
  });
  assert.equal(readTypedWords(["run", "--columns", ""]), undefined);
});
