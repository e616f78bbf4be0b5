/** Judges the texts of one column: tokens of known keys, foreign tokens, lookalikes, and plain values. */
import { type Place, sivBinding, vaultBinding } from "./binding.ts";
import type { KnownKeys, VerificationKey } from "./known_keys.ts";
import { SivOpener } from "./siv.ts";
import { readToken, type TokenForm } from "./token_form.ts";

/**
 * - `token`: of a known key, and authentic as far as that can be told.
 * - `foreign`: of another key or SDK.
 * - `lookalike`: in the form of a token of a known key, but not authentic in this place.
 */
export type Standing = "token" | "foreign" | "lookalike";

/** How it was told: the token was opened with its key, or by its form alone. */
export type Checked = "opened" | "form";

/** A text in the form of a token. */
export interface JudgedToken {
  readonly standing: Standing;
  readonly form: TokenForm;
  readonly checked: Checked;
}

/** What a text is: undefined for a plain value. */
export type Judgement = JudgedToken | undefined;

/** The judge of one column. */
export class ColumnJudge {
  readonly #place: Place;
  readonly #known: KnownKeys;
  readonly #openers = new Map<string, SivOpener>();

  constructor(place: Place, known: KnownKeys) {
    this.#place = place;
    this.#known = known;
  }

  /** In the order of the texts. Throws what `AskVault` throws. */
  async judge(texts: readonly string[]): Promise<readonly Judgement[]> {
    const judged = texts.map((text) => this.#judge(readToken(text)));
    const { askVault, scope } = this.#known;
    const ofVault = [...judged.keys()].filter((i) =>
      judged[i]?.form.sdk === "vault-transit" && judged[i]?.standing === "token"
    );
    if (askVault === undefined || ofVault.length === 0) return judged;
    const binding = vaultBinding(scope, this.#place);
    const verdicts = await askVault(ofVault.map((i) => texts[i]!), binding);
    for (const [at, i] of ofVault.entries()) {
      const { form } = judged[i]!;
      const verdict = verdicts[at];
      judged[i] = {
        form,
        standing: verdict === "refused" ? "lookalike" : "token",
        checked: verdict === "not_allowed" ? "form" : "opened",
      };
    }
    return judged;
  }

  #judge(form: TokenForm | undefined): Judgement {
    if (form === undefined) return undefined;
    switch (form.sdk) {
      case "dummy":
        if (this.#known.sdk !== "dummy") return { form, standing: "foreign", checked: "form" };
        return { form, standing: isText(form.payload) ? "token" : "lookalike", checked: "opened" };
      case "vault-transit": {
        const isKnown = this.#known.askVault !== undefined;
        return { form, standing: isKnown ? "token" : "foreign", checked: "form" };
      }
      default:
        return this.#judgeKeyed(form);
    }
  }

  #judgeKeyed(form: TokenForm): JudgedToken {
    const key = form.isFormer
      ? undefined
      : this.#known.keys.find(({ sdk, id }) => sdk === form.sdk && id === form.keyId);
    if (key === undefined) return { form, standing: "foreign", checked: "form" };
    if (form.sdk === "hmac-sha256") return { form, standing: "token", checked: "form" };
    const sealed = Uint8Array.fromBase64(form.payload, { alphabet: "base64url" });
    const isAuthentic = this.#opener(key, form).isAuthentic(sealed);
    return { form, standing: isAuthentic ? "token" : "lookalike", checked: "opened" };
  }

  #opener(key: VerificationKey, { scope }: TokenForm): SivOpener {
    const name = `${scope} ${key.id}`;
    const opener = this.#openers.get(name) ??
      new SivOpener(key.bytes, sivBinding(scope!, this.#place));
    this.#openers.set(name, opener);
    return opener;
  }
}

/** Whether the content of a dummy token is text. */
function isText(base64: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(base64));
    return true;
  } catch {
    return false;
  }
}
