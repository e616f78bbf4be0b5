/** The build for another machine than this one, as the image's second architecture is made. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { testUnless } from "../support/skipping.ts";

const OTHER: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "aarch64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu": "x86_64-unknown-linux-gnu",
};
/** `e_machine` in the header of an ELF file. Source: System V ABI, ELF header. */
const MACHINES: Readonly<Record<string, number>> = {
  "x86_64-unknown-linux-gnu": 62,
  "aarch64-unknown-linux-gnu": 183,
};
const project = fileURLToPath(new URL("../../", import.meta.url));
const target = OTHER[Deno.build.target];

testUnless(
  target === undefined ? "no runtime with a known SHA-256 for another machine" : undefined,
  "the build for another machine gives its program, of the same files",
  async () => {
    const dist = await Deno.makeTempDir({ prefix: "tokenize-cross-" });
    try {
      const command = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", "scripts/build.ts"],
        cwd: project,
        env: { TOKENIZE_DIST: dist, TOKENIZE_TARGET: target! },
      });
      const { success, stderr } = await command.output();
      assert.ok(success, new TextDecoder().decode(stderr));
      using file = await Deno.open(`${dist}/tokenize`);
      const header = new Uint8Array(20);
      await file.read(header);
      assert.equal(new DataView(header.buffer).getUint16(18, true), MACHINES[target!]);
      const contents = async (folder: string) =>
        JSON.parse(await Deno.readTextFile(`${folder}/contents.json`)).packages;
      assert.deepEqual(await contents(dist), await contents(`${project}dist`));
    } finally {
      await Deno.remove(dist, { recursive: true });
    }
  },
);
