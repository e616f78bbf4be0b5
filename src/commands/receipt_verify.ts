/** `tokenize receipt verify`: checks receipts with the public key of their signer. */
import type { ReceiptVerifyCommand } from "../command.ts";
import { counted } from "../counted.ts";
import { USAGE_EXIT_CODE } from "../exit_codes.ts";
import { type CheckedReceipt, verifyReceipts } from "../receipts/verify_receipt.ts";
import { whyUnreadable } from "../unreadable_file.ts";
import { MARKS } from "./marks.ts";
import { printError, printIfPossible, printJson } from "./output.ts";
import { printText } from "./text_lines.ts";

/** Checks them, and prints a line for each. Returns the exit code: 1 if one is not to be trusted. */
export async function verifyReceiptFiles(
  { files, key: keyFile, json }: ReceiptVerifyCommand,
  read: (path: string) => string,
): Promise<number> {
  const keyText = attempt(keyFile, read);
  const texts = files.map((file) => attempt(file, read));
  if (keyText === undefined || texts.includes(undefined)) return USAGE_EXIT_CODE;
  const key = await publicKey(keyText);
  if (key === undefined) {
    printError(
      `Cannot use "${keyFile}": it is not an Ed25519 public key in PEM (openssl pkey -pubout)`,
    );
    return USAGE_EXIT_CODE;
  }
  const lines = texts.flatMap((text) => receiptsIn(text!));
  if (lines.length === 0) {
    printError("Cannot verify: there is no receipt in what was named");
    return USAGE_EXIT_CODE;
  }
  const receipts = await verifyReceipts(lines, key);
  const faulty = receipts.filter(({ fault }) => fault !== undefined);
  printIfPossible(() => {
    if (json) printJson({ receipts, trusted: faulty.length === 0 });
    else {
      printText([
        ...receipts.map(lineOf),
        faulty.length === 0
          ? `${counted(receipts.length, "receipt")}, all signed by this key`
          : `${counted(faulty.length, "receipt")} of ${receipts.length} not to be trusted`,
      ]);
    }
  });
  return faulty.length === 0 ? 0 : 1;
}

function lineOf({ dataset, about, outcome, sequence, fault }: CheckedReceipt): string {
  const number = sequence === undefined ? "" : `${sequence}: `;
  const said = [about ?? "a receipt", dataset, outcome].filter(Boolean).join(", ");
  return fault === undefined
    ? `${MARKS.ok} ${number}${said}`
    : `${MARKS.failed} ${number}${said}: ${fault}`;
}

/** One JSON document, or one a line. */
function receiptsIn(text: string): string[] {
  try {
    JSON.parse(text);
    return [text];
  } catch {
    return text.split("\n").filter((line) => line.trim() !== "");
  }
}

function attempt(path: string, read: (path: string) => string): string | undefined {
  try {
    return read(path);
  } catch (error) {
    printError(`Cannot verify: the file "${path}" ${whyUnreadable(error)}`);
    return undefined;
  }
}

/** Source: RFC 8410 (Ed25519 in SubjectPublicKeyInfo), RFC 7468 (PEM). */
async function publicKey(pem: string): Promise<CryptoKey | undefined> {
  const [, body] = /-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----/.exec(pem) ?? [];
  if (body === undefined) return undefined;
  try {
    const der = Uint8Array.fromBase64(body);
    return await crypto.subtle.importKey("spki", der, "Ed25519", true, ["verify"]);
  } catch {
    return undefined;
  }
}
