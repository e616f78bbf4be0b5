/** Cuts a table into ranges of blocks, each to be converted in a transaction of its own. */
import type { BlockRange } from "../sql/block_ranges.ts";

/** The most and the fewest blocks of a range: 8 and 1 MiB of a table with blocks of the usual size. */
export const MAX_RANGE_BLOCKS = 1024;
export const MIN_RANGE_BLOCKS = 128;

/**
 * Ranges that cover `blocks` blocks without a gap. They get smaller towards the end, so that all
 * `connections` finish at about the same time; the last one may reach beyond the end.
 */
export function planRanges(blocks: number, connections: number): BlockRange[] {
  const ranges: BlockRange[] = [];
  for (let from = 0; from < blocks;) {
    const share = Math.ceil((blocks - from) / (2 * connections));
    const to = from + Math.min(MAX_RANGE_BLOCKS, Math.max(MIN_RANGE_BLOCKS, share));
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}
