/** Numbers as a person reads them. */

/** `1,234,567`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 row`, `2,000 rows`: `plural` is `singular` with an s unless it is given. */
export function counted(number: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(number)} ${number === 1 ? singular : plural}`;
}

/**
 * A length of time, given in milliseconds: `42 ms`, `1.4 s`, `12 s`, `3 min 20 s`, `27 min`, `2 h 5 min`. It
 * is rounded to the nearest of these.
 */
export function duration(ms: number): string {
  const wholeMs = Math.round(ms);
  if (wholeMs < 1000) return `${wholeMs} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return `${grouped(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}
