/** Asks before something that cannot be taken back. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** What is asked. */
export interface ConfirmProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What the button says that does it. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A dialogue over the page. Escape closes it. */
export function Confirm(props: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={props.onClose}>
      <h2 id={titleId}>{props.title}</h2>
      {props.children}
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>Back</button>
        <button
          type="button"
          class={props.isDangerous ? "danger" : "primary"}
          onClick={() => {
            props.onConfirm();
            dialog.current?.close();
          }}
        >
          {props.action}
        </button>
      </div>
    </dialog>
  );
}
