/** A number of places, of which each work takes one for as long as it lasts. */

/** Does what it is given as soon as a place is free, in the order in which it was asked. */
export type InSlot = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes `count` places. */
export function slots(count: number): InSlot {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
