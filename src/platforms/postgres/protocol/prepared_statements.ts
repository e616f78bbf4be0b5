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

/**
 * How many are kept. Each takes memory of the server, and there are some for each table that a session
 * has worked on.
 */
const MAX_KEPT = 64;

/** Finds and names them. */
export class PreparedStatements {
  /** The one that was used least recently comes first. */
  readonly #byText = new Map<string, Prepared>();
  #names = 0;

  /** The one of that text. */
  find(text: string): Prepared | undefined {
    const prepared = this.#byText.get(text);
    if (prepared === undefined) return undefined;
    this.#byText.delete(text);
    this.#byText.set(text, prepared);
    return prepared;
  }

  /** A new one, to be prepared. */
  add(text: string): Prepared {
    const prepared = { name: `s${++this.#names}`, isKnown: false, columns: undefined };
    this.#byText.set(text, prepared);
    return prepared;
  }

  /** Gives up those that were used least recently, if there are too many: the caller closes them. */
  giveUp(): Prepared[] {
    const tooMany = Math.max(0, this.#byText.size - MAX_KEPT);
    const known = [...this.#byText.values()].filter(({ isKnown }) => isKnown); // others may still fail
    const old = known.slice(0, tooMany);
    old.forEach((each) => this.forget(each));
    return old;
  }

  /** Forgets one: the next attempt gets another name. */
  forget(prepared: Prepared): void {
    for (const [text, each] of this.#byText) {
      if (each === prepared) this.#byText.delete(text);
    }
  }
}
