/**
 * The commands of docs/databricks.md that put a key into a secret scope, pasted as they stand into a
 * shell whose `databricks` writes down what it is called with.
 */
import assert from "node:assert/strict";
import { hmacJwk, jwkSet, sivJwk } from "../../scripts/servers/test_keys.ts";
import { codeBlocksOf } from "../../scripts/docs/markdown.ts";
import { testUnless } from "../support/skipping.ts";
import { textOf } from "./pages.ts";

const RECORDER = `#!/bin/sh
printf '%s\\n' "$*" >> "$FOLDER/calls"
if [ "$2" = put-secret ]; then cat > "$FOLDER/secret"; fi
`;

testUnless(
  await isInstalled("jq") ? undefined : "jq is not installed",
  "the documented commands put the key's own text into the scope, and no key on a command line",
  async () => {
    const page = await textOf("docs/databricks.md");
    const block = codeBlocksOf(page).find(({ text }) => text.includes("put-secret"));
    const wanted = await hmacJwk("2026a");
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/databricks`, RECORDER, { mode: 0o755 });
      const keys = jwkSet(await hmacJwk("2026b"), wanted, await sivJwk("s1"));
      await Deno.writeTextFile(`${folder}/keys.json`, keys);
      const shell = new Deno.Command("bash", {
        args: ["-euo", "pipefail", "-c", block!.text],
        env: {
          PATH: `${folder}:${Deno.env.get("PATH")}`,
          FOLDER: folder,
          DBX_SECRET_SCOPE: "pii",
          KEY_ID: "2026a",
          PRINCIPAL: "app-1",
          TOKEN_KEYS_FILE: `${folder}/keys.json`,
        },
      });
      const { success, stderr } = await shell.output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.equal(await Deno.readTextFile(`${folder}/secret`), wanted.k);
      assert.deepEqual((await Deno.readTextFile(`${folder}/calls`)).trim().split("\n"), [
        "secrets create-scope pii",
        "secrets put-secret pii tokenize-hmac-2026a",
        "secrets put-acl pii app-1 READ",
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function isInstalled(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}
