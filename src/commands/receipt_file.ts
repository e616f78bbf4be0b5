/**
 * The file that receipts are written to. It is opened before the sandbox exists, and written by the
 * supervisor, which has no permission left but the open file.
 */
import { printError } from "./output.ts";

/** Why a receipt was not written. Its message follows the grammar of errors. */
export class UnwritableReceipt extends Error {
  override readonly name = "UnwritableReceipt";

  constructor(path: string, cause: unknown) {
    super(`Cannot write the receipt to "${path}": ${reasonOf(cause)}`);
  }
}

/** Where receipts go. */
export interface ReceiptFile {
  /** Adds a receipt, which has one line. */
  keep(receipt: string): void;
  /** Returns whether every receipt is on the disk. If not, standard error says so. */
  close(): boolean;
}

const NO_FILE: ReceiptFile = { keep: () => {}, close: () => true };

/**
 * Opens the file, and empties it: if nothing comes, no earlier receipt is taken for one. Throws
 * `UnwritableReceipt`.
 */
export function openReceipt(path: string | undefined): ReceiptFile {
  if (path === undefined) return NO_FILE;
  const file = attempt(
    path,
    () => Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o644 }),
  );
  let failure: UnwritableReceipt | undefined;
  return {
    keep(receipt) {
      failure ??= failureOf(path, () => {
        let bytes = new TextEncoder().encode(`${receipt}\n`);
        while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
      });
    },
    close() {
      failure ??= failureOf(path, () => file.syncSync());
      file.close();
      if (failure !== undefined) printError(failure.message);
      return failure === undefined;
    },
  };
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new UnwritableReceipt(path, error);
  }
}

function failureOf(path: string, write: () => void): UnwritableReceipt | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    return new UnwritableReceipt(path, error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.PermissionDenied) return "this user lacks the permission";
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ENOSPC") return "the disk is full";
  return typeof code === "string" ? `the system reports ${code}` : "the system refuses";
}
