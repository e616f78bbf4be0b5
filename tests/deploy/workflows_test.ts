/** The workflows of a public host cannot run here, so a linter and these tests read them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { installGoTool } from "../support/go_tools.ts";

const root = new URL("../../", import.meta.url);
const workflows = new URL(".github/workflows/", root);
const actionlint = await installGoTool("actionlint");
const missing = "missing" in actionlint ? ` (skipped: ${actionlint.missing})` : "";

const texts: Record<string, string> = {};
for await (const { name } of Deno.readDir(workflows)) {
  texts[name] = await Deno.readTextFile(new URL(name, workflows));
}

Deno.test({
  name: `actionlint has nothing to say about the workflows${missing}`,
  ignore: missing !== "",
  async fn() {
    assert.ok("program" in actionlint);
    const command = new Deno.Command(actionlint.program, { cwd: fileURLToPath(root) });
    const { success, stdout, stderr } = await command.output();
    assert.ok(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  },
});

Deno.test({
  name: `actionlint sees a job that waits for one that does not exist${missing}`,
  ignore: missing !== "",
  async fn() {
    assert.ok("program" in actionlint);
    const file = await Deno.makeTempFile({ suffix: ".yml" });
    try {
      await Deno.writeTextFile(file, texts["ci.yml"]!.replace("needs: ok", "needs: okay"));
      const command = new Deno.Command(actionlint.program, { args: [file] });
      const { success, stdout } = await command.output();
      assert.equal(success, false);
      assert.match(new TextDecoder().decode(stdout), /"okay" .*does not exist/);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("every action is pinned by the digest of a commit, with its version in a comment", () => {
  const uses = Object.values(texts).flatMap((text) => text.match(/^.*\buses: .*$/gm) ?? []);
  assert.ok(uses.length > 5);
  for (const line of uses) {
    assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

Deno.test("the same action is pinned by the same digest everywhere", () => {
  const pins = Object.values(texts).flatMap((text) => [...text.matchAll(/uses: (\S+)@(\S+)/g)])
    .map(([, action, digest]) => [action!, digest!] as const);
  for (const [action, digest] of pins) assert.equal(new Map(pins).get(action), digest, action);
});

Deno.test("workflows may only read by default; one job may publish, one may push, and one may sign", () => {
  for (const [name, text] of Object.entries(texts)) {
    assert.match(text, /^permissions:\n {2}contents: read\n/m, name);
  }
  const granted = Object.values(texts).flatMap((text) => text.match(/^.*: write$/gm) ?? []);
  assert.deepEqual(granted.map((line) => line.trim()).sort(), [
    "attestations: write",
    "contents: write",
    "id-token: write",
    "packages: write",
  ]);
});

Deno.test("a checkout keeps no credentials", () => {
  for (const [name, text] of Object.entries(texts)) {
    const checkouts = text.match(/uses: actions\/checkout@.*\n.*\n.*/g) ?? [];
    for (const each of checkouts) assert.match(each, /persist-credentials: false$/, name);
  }
});

Deno.test("a job runs targets of the Makefile, or scripts", async () => {
  const makefile = await Deno.readTextFile(new URL("Makefile", root));
  const all = Object.values(texts).join();
  const made = Array.from(all.matchAll(/\bmake ([a-z-]+)$/gm), ([, target]) => [target!]);
  const suites = Array.from(
    all.matchAll(/suite: \[([^\]]*)\]/g),
    ([, list]) => list!.match(/[\w-]+/g)!,
  );
  const names = made.concat(suites).flat();
  assert.ok(names.includes("test-databricks"));
  for (const name of names) assert.match(makefile, new RegExp(`^${name}: ## `, "m"));
  for (const [, script] of all.matchAll(/\b(scripts\/[\w.]+)/g)) {
    assert.ok((await Deno.stat(new URL(script!, root))).isFile);
  }
});
