/** Asks for the trigger token. */
import { useId, useRef, useState } from "preact/hooks";
import { ApiProblem, signIn } from "../api/client.ts";

/** A form with the token, and a name for those who want one. Both stay in the page's memory. */
export function SignIn() {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const token = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const [tokenId, nameId, faultId] = [useId(), useId(), useId()];

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = token.current?.value.trim() ?? "";
    if (given === "" || isBusy) return;
    setBusy(true);
    setFault("");
    try {
      await signIn(given, printable(name.current?.value ?? ""));
    } catch (error) {
      const isWrong = error instanceof ApiProblem && error.problem.status === 401;
      setFault(isWrong ? "That is not the token. Try again." : (error as Error).message);
      setBusy(false);
      token.current?.select();
    }
  };

  return (
    <main class="sign-in" id="main" tabIndex={-1}>
      <form class="card" onSubmit={submit}>
        <img src="/console/icon.svg" alt="" width="40" height="40" />
        <h1>Sign in</h1>
        <p>
          With the program's{" "}
          <code>TRIGGER_TOKEN</code>. It is kept in this page only, until you close or reload it.
        </p>
        <label for={tokenId}>Token</label>
        <input
          id={tokenId}
          ref={token}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          required
          autofocus
          aria-invalid={fault !== ""}
          aria-describedby={faultId}
        />
        <p id={faultId} class="fault" role="alert">{fault}</p>
        <label for={nameId}>
          Your name or e-mail <span class="fine">optional, shown with your runs</span>
        </label>
        <input id={nameId} ref={name} autocomplete="email" maxLength={200} />
        <button type="submit" class="primary" aria-disabled={isBusy}>
          {isBusy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}

/** What a header may hold. */
function printable(text: string): string {
  return text.normalize("NFKD").replaceAll(/[^\x20-\x7e]/g, "").trim();
}
