/** What the machine allows the program. Its own files about that, in /proc, the program may not read. */
import type { MachineFacts } from "../command.ts";

/** More than runs and requests need; where the limit is beyond that is of no interest. */
export const ENOUGH_OPEN_FILES = 1024;

/** Finds out by opening as many files as allowed, for a moment. `open` opens one more, whichever it is. */
export function findMachineFacts(open: () => { close(): void }): MachineFacts {
  const opened: { close(): void }[] = [];
  try {
    while (opened.length < ENOUGH_OPEN_FILES) opened.push(open());
  } catch {
    // that was one too many
  } finally {
    for (const file of opened) file.close();
  }
  return { openFiles: opened.length };
}
