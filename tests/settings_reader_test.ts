/** Secrets: where they may be stored, and who may be able to read their files. */
import assert from "node:assert/strict";
import { type FilePermissions, settingsReader } from "../src/settings_reader.ts";
import { machineSource } from "../scripts/servers/test_keys.ts";

const ROOT = 0;
const USER = 1000;

/** Whether a file with these permissions is accepted. */
function isAccepted(permissions: FilePermissions): boolean {
  const reader = settingsReader({
    variable: () => undefined,
    file: () => "canary",
    permissions: () => permissions,
  });
  try {
    return reader.secretFile("KEYS_FILE", "/keys") === "canary";
  } catch (error) {
    assert.match(String(error), /KEYS_FILE: the file can be read by others: run "chmod 600" on it/);
    assert.doesNotMatch(String(error), /canary/);
    return false;
  }
}

Deno.test("a secret's file may be readable by its owner alone, or if root owns it by its group: the rule of libpq", () => {
  const modesOf = (uid: number) =>
    Array.from({ length: 0o1000 }, (_, mode) => mode)
      .filter((mode) => isAccepted({ mode: 0o100000 + mode, uid }));
  assert.ok(modesOf(USER).every((mode) => (mode & 0o077) === 0));
  assert.equal(modesOf(USER).length, 8);
  assert.ok(modesOf(ROOT).every((mode) => (mode & 0o037) === 0));
  assert.equal(modesOf(ROOT).length, 16);
});

const KUBERNETES: readonly (readonly [string, FilePermissions, boolean])[] = [
  ["a secret with defaultMode 0440 and an fsGroup", { mode: 0o100440, uid: ROOT }, true],
  ["a secret with defaultMode 0400 and an fsGroup", { mode: 0o100440, uid: ROOT }, true],
  ["a secret with defaultMode 0600 and an fsGroup", { mode: 0o100640, uid: ROOT }, true],
  ["a secret with defaultMode 0400, read by root", { mode: 0o100400, uid: ROOT }, true],
  ["a secret with the default mode 0644", { mode: 0o100644, uid: ROOT }, false],
  ["a file that an init container wrote for the same user", { mode: 0o100600, uid: USER }, true],
  ["a file that an init container left readable", { mode: 0o100644, uid: USER }, false],
];
for (const [what, permissions, accepted] of KUBERNETES) {
  Deno.test(`in Kubernetes ${what} is ${accepted ? "accepted" : "refused"}`, () => {
    assert.equal(isAccepted(permissions), accepted);
  });
}

Deno.test("on systems without file modes, none is required", () => {
  assert.ok(isAccepted({ mode: null, uid: null }));
});

Deno.test("for a symbolic link the mode of its target counts, as in a volume of Kubernetes", async () => {
  const dir = await Deno.makeTempDir();
  try {
    // as the kubelet lays it out: token -> ..data/token, ..data -> ..2026_01_01
    await Deno.mkdir(`${dir}/..2026_01_01`);
    await Deno.writeTextFile(`${dir}/..2026_01_01/token`, "canary\n", { mode: 0o400 });
    await Deno.symlink("..2026_01_01", `${dir}/..data`);
    await Deno.symlink("..data/token", `${dir}/token`);
    const reader = settingsReader(machineSource({ TOKEN_FILE: `${dir}/token` }));
    assert.equal(reader.secret("TOKEN"), "canary");
    await Deno.chmod(`${dir}/..2026_01_01/token`, 0o644);
    assert.throws(() => reader.secret("TOKEN"), /TOKEN_FILE: the file can be read by others/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("only one line break is dropped, and only at the end", () => {
  const secretOf = (TOKEN: string) => settingsReader(machineSource({ TOKEN })).secret("TOKEN");
  assert.equal(secretOf("a\n"), "a");
  assert.equal(secretOf("a\r\n"), "a");
  assert.equal(secretOf("a\n\n"), "a\n");
  assert.equal(secretOf("\na b "), "\na b ");
  assert.equal(settingsReader(machineSource({})).secret("TOKEN"), undefined);
});

Deno.test("a directory or a missing file is an error", () => {
  for (const TOKEN_FILE of ["/none/of/it", "/"]) {
    const reader = settingsReader(machineSource({ TOKEN_FILE }));
    assert.throws(
      () => reader.secret("TOKEN"),
      /^ConfigError: TOKEN_FILE: the file ".*" (does not exist|can(not)? be read)/,
    );
  }
});
