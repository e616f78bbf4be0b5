/** Numbers, durations and times as people read them. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const clock = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** `12,345` */
export function count(value: number): string {
  return whole.format(value);
}

/** `12.3K` */
export function shortCount(value: number): string {
  return compact.format(value);
}

/** `1 row`, `2 rows` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** `26 Nov, 03:01:12`, in the reader's zone. */
export function localTime(time: Date): string {
  return clock.format(time);
}

/** `2026-11-26 03:01:12 UTC` */
export function utcTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `2 min. ago` */
export function ago(time: Date, now: number): string {
  const seconds = Math.round((time.getTime() - now) / 1000);
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60]] as const;
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return Math.abs(seconds) < 5 ? "just now" : relative.format(seconds, "second");
}

/** The parts of a dataset's URN: `postgres`, `app.public.customers`, `PROD`. Undefined if it is none. */
export function urnParts(urn: string): { platform: string; name: string; env: string } | undefined {
  const match = /^urn:li:dataset:\(urn:li:dataPlatform:([^,]+),(.+),([^,]+)\)$/s.exec(urn);
  if (match === null) return undefined;
  const [, platform = "", name = "", env = ""] = match;
  return { platform, name, env };
}

/** The last part of a URN: `PII` of `urn:li:tag:PII`. */
export function shortUrn(urn: string): string {
  return /^urn:li:[A-Za-z]+:(.+)$/s.exec(urn)?.[1] ?? urn;
}

/** `512 B`, `3.4 MB` */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1000 ** power;
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${units[power]}`;
}
