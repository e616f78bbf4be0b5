/** The receipt of a run. */
import { useEffect, useState } from "preact/hooks";
import { send } from "../api/client.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { Icon } from "../parts/icons.tsx";

/** The receipt of that run. */
export function ReceiptCard({ runId }: { runId: string }) {
  const [receipt, setReceipt] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    const path = `/runs/${encodeURIComponent(runId)}/receipt`;
    send(path, { signal: stop.signal })
      .then((response) => response.text())
      .then(setReceipt)
      .catch(() => {}); // there is none, or it can be asked for again with the page
    return () => stop.abort();
  }, [runId]);
  if (receipt === undefined) return null;
  const file = `receipt-${runId}.json`;
  const command = `tokenize receipt verify ${file} --key receipt.pub`;
  const keys = signersOf(receipt);
  return (
    <section class="card">
      <h2>
        <Icon name="shield" />Receipt
      </h2>
      {keys.length === 0
        ? (
          <p class="fine">
            A statement of what this run did. It is not signed: set RECEIPT_KEY_FILE for receipts
            that others can check.
          </p>
        )
        : (
          <>
            <p class="fine">
              A signed statement of what this run did, by the key{" "}
              {keys.join(", ")}. Anybody with the public key can check it, without this program's
              database.
            </p>
            <div class="command">
              <code>{command}</code>
              <CopyButton text={command} what="the command that checks the receipt" />
            </div>
          </>
        )}
      <p>
        <button type="button" onClick={() => save(file, receipt)}>
          <Icon name="download" />Download
        </button>
      </p>
    </section>
  );
}

/** Which keys signed a DSSE envelope. */
function signersOf(receipt: string): string[] {
  try {
    const { signatures } = JSON.parse(receipt) as { signatures: { keyid?: string }[] };
    return signatures.flatMap(({ keyid }) => keyid ?? []);
  } catch {
    return [];
  }
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
