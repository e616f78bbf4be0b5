/** What Linux allows the program, from the files in which it says so. */
import type { MachineFacts } from "../command.ts";

/** `Max open files            1024                 1048576              files`: soft, then hard. */
const OPEN_FILES = /^Max open files\s+(\d+|unlimited)/m;
/** Of control groups, version 2 and version 1. */
const MEMORY_FILES = [
  "/sys/fs/cgroup/memory.max",
  "/sys/fs/cgroup/memory/memory.limit_in_bytes",
];
/** What version 1 says for "no limit" is close to 2^63. */
const NO_LIMIT = 2 ** 60;

/** Reads them by `read`. What cannot be read, or sets no limit, is left out. */
export function readMachineFacts(read: (path: string) => string): MachineFacts {
  const tryRead = (path: string) => {
    try {
      return read(path);
    } catch {
      return "";
    }
  };
  const [, openFiles] = OPEN_FILES.exec(tryRead("/proc/self/limits")) ?? [];
  const memory = MEMORY_FILES.map((path) => Number(tryRead(path).trim() || NaN))
    .find((bytes) => bytes > 0 && bytes < NO_LIMIT);
  return { openFiles: asNumber(openFiles), memoryBytes: memory };
}

function asNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
