/** How long a Delta table keeps files, as its properties write it: `interval 1 week 12 hours`. */

/** Such an interval. */
export type Retention = string;

const UNITS_MS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};

/** The interval in milliseconds; undefined if it cannot be read. */
export function retentionMs(retention: Retention): number | undefined {
  const text = retention.trim().toLowerCase().replace(/^interval\s+/, "");
  if (!/^\d+ [a-z]+(?: \d+ [a-z]+)*$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+) ([a-z]+?)s?(?= |$)/g)) {
    const ms = UNITS_MS[unit!];
    if (ms === undefined) return undefined;
    sum += Number(count) * ms;
  }
  return sum;
}
