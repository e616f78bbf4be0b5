/** AES-SIV of batches of texts, as the tests want it: an array for each. */
import { copyBytes } from "../../src/bytes.ts";
import { type AesBlocks, openAes } from "../../src/tokens/keyed/aes_blocks.ts";
import { SivCells } from "../../src/tokens/keyed/siv_cells.ts";
import { SIV_BYTES, SivCipher } from "../../src/tokens/keyed/siv_cipher.ts";

/** Encrypts and decrypts batches. */
export interface SivBatches extends Disposable {
  /** Where it works. */
  readonly cells: SivCells;
  /** The synthetic IVs, each followed by its ciphertext. */
  encrypt(plaintexts: readonly Uint8Array[]): Uint8Array[];
  /** The plaintexts; undefined for those whose authentication fails. */
  decrypt(ciphertexts: readonly Uint8Array[]): (Uint8Array | undefined)[];
}

/** Opens a key, with the strings of associated data. */
export function openBatches(
  key: Uint8Array,
  data: readonly Uint8Array[],
  open: (key: Uint8Array) => AesBlocks = openAes,
): SivBatches {
  const cells = new SivCells();
  const cipher = new SivCipher(key, data, open);
  const reserve = (texts: readonly Uint8Array[]) =>
    cells.reserve(texts.length, texts.reduce((sum, { length }) => sum + length, 0));
  const copy = (i: number, from: number) => {
    const start = 4 * cells.firsts[i]!;
    return cells.bytes.slice(start + from, start + SIV_BYTES + cells.lengths[i]!);
  };
  return {
    cells,
    encrypt(plaintexts) {
      reserve(plaintexts);
      for (const each of plaintexts) cells.load(each, 0, each.length);
      cipher.encrypt(cells);
      const found = plaintexts.map((_, i) => copy(i, 0));
      cells.clear();
      return found;
    },
    decrypt(ciphertexts) {
      reserve(ciphertexts);
      for (const each of ciphertexts) {
        copyBytes(each, 0, each.length, cells.bytes, cells.add(each.length - SIV_BYTES));
      }
      const failed = new Set(cipher.decrypt(cells));
      const found = ciphertexts.map((_, i) => failed.has(i) ? undefined : copy(i, SIV_BYTES));
      cells.clear();
      return found;
    },
    [Symbol.dispose]: () => cipher[Symbol.dispose](),
  };
}
