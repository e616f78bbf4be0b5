/** A message about a file tells what is missing from what is forbidden. */
import assert from "node:assert/strict";
import { settingsReader } from "../src/settings_reader.ts";
import { machineSource } from "../scripts/servers/test_keys.ts";
import { fileInWords, whyUnreadable } from "../src/unreadable_file.ts";

Deno.test("a file that is missing and a directory are named as what they are", async () => {
  const dir = await Deno.makeTempDir();
  const reader = settingsReader(machineSource({}));
  try {
    const cases = [[`${dir}/none`, /: the file ".*\/none" does not exist$/], [
      dir,
      /: it is a directory$/,
    ]];
    for (const [path, message] of cases as [string, RegExp][]) {
      assert.throws(() => reader.secretFile("KEYS_FILE", path), { message });
    }
  } finally {
    await Deno.remove(dir);
  }
});

Deno.test("a file that the user may not read is told from a missing one", () => {
  const denied = new Deno.errors.PermissionDenied("canary");
  assert.equal(whyUnreadable(denied), "cannot be read: this user lacks the permission");
  assert.equal(whyUnreadable(new Error("canary")), "cannot be read");
});

Deno.test("a path is shown, but not what may be a secret in its place", () => {
  for (const path of ["/run/keys.json", "./keys", "~/keys", "../a/b", "keys.json"]) {
    assert.equal(fileInWords(path), `the file "${path}"`);
  }
  const secrets = [
    "canary",
    "postgres://u:canary@db.example.com",
    "PWD=canary.txt",
    "a canary.txt",
  ];
  for (const secret of secrets) assert.equal(fileInWords(secret), "the file");
});
