/** The digest of the program itself, by which a receipt says what did the work. */
import module from "node:module";
import { COMMIT } from "../version.ts";

const CHUNK_BYTES = 1 << 20;

/** The SHA-256 of the binary, in hexadecimal; undefined if the program runs from source. */
export function programSha256(): string | undefined {
  if (COMMIT === "source") return undefined;
  // required, since the binary's import map has no node:crypto
  const { createHash } = module.createRequire(import.meta.url)("node:crypto");
  const hash = createHash("sha256");
  using file = Deno.openSync(Deno.execPath());
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let length; (length = file.readSync(chunk)) !== null;) {
    hash.update(chunk.subarray(0, length));
  }
  return hash.digest("hex");
}
