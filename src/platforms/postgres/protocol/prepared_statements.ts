/** The statements that are prepared under a name, on one connection. */
import type { Column } from "./backend_messages.ts";

/** A prepared statement. */
export interface Prepared {
  readonly name: string;
  /** Whether the server has prepared it: until then it may not know the name. */
  isKnown: boolean;
  /** The columns of its result; undefined until the server has described them. */
  columns: readonly Column[] | undefined;
}

/** Finds and names them. */
export class PreparedStatements {
  readonly #byText = new Map<string, Prepared>();
  #names = 0;

  /** The one of that text. */
  find(text: string): Prepared | undefined {
    return this.#byText.get(text);
  }

  /** A new one, to be prepared. */
  add(text: string): Prepared {
    const prepared = { name: `s${++this.#names}`, isKnown: false, columns: undefined };
    this.#byText.set(text, prepared);
    return prepared;
  }

  /** Forgets one that could not be prepared: the next attempt gets another name. */
  forget(prepared: Prepared): void {
    for (const [text, each] of this.#byText) {
      if (each === prepared) this.#byText.delete(text);
    }
  }
}
