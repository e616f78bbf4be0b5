/** The permission to write, which the program gives up first of all. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const probe = fileURLToPath(new URL("write_probe.ts", import.meta.url));

/** What is left of the permission with these arguments. */
async function left(args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write", probe, ...args],
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("only keys new, keys add and what has a receipt may write", async () => {
  assert.equal(await left(["keys", "new"]), "granted");
  assert.equal(await left(["--config", "x", "keys", "add", "file"]), "granted");
  assert.equal(await left(["verify", "--receipt", "file"]), "granted");
  assert.equal(await left(["verify", "--receipt=file"]), "granted");
  const others = [["verify", "receipt"], [], ["serve"], ["run", "--urn", "new"], ["keys"], [
    "keys",
    "list",
  ], [
    "keys",
    "check",
  ]];
  for (const args of others) assert.notEqual(await left(args), "granted", args.join(" "));
});

Deno.test("the program gives it up before any other code of it is loaded", async () => {
  const main = await Deno.readTextFile(new URL("../../src/main.ts", import.meta.url));
  const [first] = main.match(/^import .*$/m)!;
  assert.equal(first, 'import "./sandbox/no_writing.ts";');
  const code = await Deno.readTextFile(new URL("../../src/sandbox/no_writing.ts", import.meta.url));
  assert.doesNotMatch(code, /^import /m);
});
