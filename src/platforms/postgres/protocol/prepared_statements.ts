/** The statements that are prepared under a name, on one connection. */
import type { Column } from "./backend_messages.ts";
import { closeStatement, parse } from "./frontend_messages.ts";

/** A prepared statement. */
export interface Prepared {
  readonly name: string;
  /** Whether the server has prepared it: until then it may not know the name. */
  isKnown: boolean;
  /** The columns of its result; undefined until the server has described them. */
  columns: readonly Column[] | undefined;
}

/** How to run a statement. */
export interface Preparation {
  /** Undefined if it is not kept. */
  readonly prepared: Prepared | undefined;
  readonly name: string;
  /** What has to be sent before; nothing if the server knows the statement. */
  readonly messages: readonly Uint8Array[];
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

  /**
   * What to send before a statement of that text can be run by its name; if it is not to be kept, it is
   * prepared under none.
   */
  prepare(text: string, keeps: boolean): Preparation {
    const known = keeps ? this.#find(text) : undefined;
    if (known?.isKnown) return { prepared: known, name: known.name, messages: [] };
    // another one of the same text may be on its way, and may fail to be prepared
    const prepared = keeps && known === undefined ? this.#add(text) : undefined;
    const closing = this.#giveUp().map((old) => closeStatement(old.name));
    const name = prepared?.name ?? "";
    return { prepared, name, messages: [...closing, parse(name, text)] };
  }

  #find(text: string): Prepared | undefined {
    const prepared = this.#byText.get(text);
    if (prepared === undefined) return undefined;
    this.#byText.delete(text);
    this.#byText.set(text, prepared);
    return prepared;
  }

  #add(text: string): Prepared {
    const prepared = { name: `s${++this.#names}`, isKnown: false, columns: undefined };
    this.#byText.set(text, prepared);
    return prepared;
  }

  /** Gives up those that were used least recently, if there are too many. */
  #giveUp(): Prepared[] {
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
