/** Cuts a table into ranges of blocks, each to be converted in a transaction of its own. */
import type { BlockRange } from "../sql/block_ranges.ts";

/** The most and the fewest blocks of a range: 8 and 1 MiB of a table with blocks of the usual size. */
export const MAX_RANGE_BLOCKS = 1024;
export const MIN_RANGE_BLOCKS = 128;

/** What the size of a range depends on. */
export interface RangeSize {
  /** How many connections work at once. */
  readonly connections: number;
  /** The most blocks, where a range is to be quickly done; it may be less than the usual fewest. */
  readonly maxBlocks: number;
}

/**
 * The range that begins at the block `from` of a table with `blocks` of them. Ranges get smaller towards
 * the end, so that all connections finish at about the same time; the last one may reach beyond the end.
 */
export function nextRange(
  from: number,
  blocks: number,
  { connections, maxBlocks }: RangeSize,
): BlockRange {
  const share = Math.ceil((blocks - from) / (2 * connections));
  const usual = Math.min(MAX_RANGE_BLOCKS, Math.max(MIN_RANGE_BLOCKS, share));
  return { from, to: from + Math.max(1, Math.min(usual, maxBlocks)) };
}
