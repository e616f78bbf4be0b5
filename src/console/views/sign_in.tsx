/** Asks for the trigger token. */
import { useId, useRef, useState } from "preact/hooks";
import { ApiProblem, signIn } from "../api/client.ts";

/** A form with one field. The token stays in the page's memory. */
export function SignIn() {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const [fieldId, faultId] = [useId(), useId()];

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (token === "" || isBusy) return;
    setBusy(true);
    setFault("");
    try {
      await signIn(token);
    } catch (error) {
      const isWrong = error instanceof ApiProblem && error.problem.status === 401;
      setFault(isWrong ? "That is not the token. Try again." : (error as Error).message);
      setBusy(false);
      field.current?.select();
    }
  };

  return (
    <main class="sign-in" id="main">
      <form class="card" onSubmit={submit}>
        <img src="/console/icon.svg" alt="" width="40" height="40" />
        <h1>Sign in</h1>
        <p>
          With the program's{" "}
          <code>TRIGGER_TOKEN</code>. It is kept in this page only, until you close or reload it.
        </p>
        <label for={fieldId}>Token</label>
        <input
          id={fieldId}
          ref={field}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
          autofocus
          aria-invalid={fault !== ""}
          aria-describedby={faultId}
        />
        <p id={faultId} class="fault" role="alert">{fault}</p>
        <button type="submit" class="primary" aria-disabled={isBusy}>
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
