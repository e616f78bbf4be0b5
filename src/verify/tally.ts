/** Counts what the judge of a column says. */
import { counted } from "../counted.ts";
import type { Finding } from "../platforms/inspection.ts";
import type { JudgedToken, Judgement } from "./judge.ts";
import type { ColumnCounts, TokenCount } from "./verification.ts";

/** How many kinds of foreign tokens are listed: cells decide how many there are. */
const MAX_KINDS = 20;

type Count = { -readonly [Name in keyof TokenCount]: TokenCount[Name] };

/** The counts of one column so far. */
export class Tally {
  readonly #name: string;
  readonly #tokens = new Map<string, Count>();
  readonly #foreign = new Map<string, Count>();
  #nulls = 0;
  #lookalikes = 0;
  #plain = 0;

  constructor(name: string) {
    this.#name = name;
  }

  addNulls(nulls: number): void {
    this.#nulls += nulls;
  }

  add(judgement: Judgement): void {
    if (judgement === undefined) this.#plain++;
    else if (judgement.standing === "lookalike") this.#lookalikes++;
    else addTo(judgement.standing === "token" ? this.#tokens : this.#foreign, judgement);
  }

  get counts(): ColumnCounts {
    return {
      name: this.#name,
      nulls: this.#nulls,
      tokens: [...this.#tokens.values()],
      foreign: [...this.#foreign.values()],
      lookalikes: this.#lookalikes,
      plain: this.#plain,
    };
  }
}

function addTo(counts: Map<string, Count>, { form, checked }: JudgedToken): void {
  const { sdk, scope } = form;
  const own = `${sdk} ${form.keyId} ${scope} ${checked}`;
  const isListed = counts.has(own) || counts.size < MAX_KINDS;
  const kind = isListed ? own : sdk;
  const count = counts.get(kind);
  if (count !== undefined) count.count++;
  else {
    const named = isListed ? { key_id: form.keyId, scope } : { key_id: null, scope: null };
    counts.set(kind, { sdk, key_id: named.key_id, scope: named.scope, checked, count: 1 });
  }
}

/** What the counts of all columns say. */
export function valuesFinding(columns: readonly ColumnCounts[]): Finding {
  const sum = (of: (column: ColumnCounts) => number) =>
    columns.reduce((total, column) => total + of(column), 0);
  const plain = sum((column) => column.plain);
  const lookalikes = sum((column) => column.lookalikes);
  const foreign = sum((column) => column.foreign.reduce((total, { count }) => total + count, 0));
  const found = [
    ...(plain > 0 ? [counted(plain, "plain value")] : []),
    ...(lookalikes > 0 ? [counted(lookalikes, "lookalike")] : []),
    ...(foreign > 0 ? [counted(foreign, "token of an unknown key", "tokens of unknown keys")] : []),
  ];
  if (found.length === 0) return { check: "values", state: "clean" };
  return { check: "values", state: "not_clean", detail: found.join(", ") };
}
