/** Copies a text. */
import { useRef, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 1500;

/** A button that copies `text`, and says that it did. `what` names it for those who do not see it. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const copy = async () => {
    clearTimeout(timer.current);
    setSaid(await copied(text) ? "Copied" : "Not copied");
    timer.current = setTimeout(() => setSaid(""), SHOWN_MS);
  };
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Copy ${what}`}
      title="Copy"
      onClick={copy}
    >
      <Icon name={said === "Copied" ? "check" : "copy"} />
      <span class="visually-hidden" role="status">{said}</span>
    </button>
  );
}

/** Browsers have a clipboard only where the page came encrypted, or from this machine. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
