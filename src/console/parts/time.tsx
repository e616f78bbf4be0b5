/** A time: in the reader's zone, with UTC on hover, and how long ago it was. */
import { useEffect, useState } from "preact/hooks";
import { ago, localTime, utcTime } from "../format.ts";
import { Store, useStore } from "../store.ts";

/** Now, to the second; it goes on only while something shows it. */
const now = new Store(Date.now());
let shown = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The time now, in milliseconds since 1970, again each second. */
function useNow(): number {
  useEffect(() => {
    if (shown++ === 0) timer = setInterval(() => now.set(Date.now()), 1000);
    return () => {
      if (--shown === 0) clearInterval(timer);
    };
  }, []);
  return useStore(now);
}

/** `26 Nov, 03:01:12` */
export function Time({ at }: { at: string }) {
  const time = new Date(at);
  return <time dateTime={at} title={utcTime(time)}>{localTime(time)}</time>;
}

/** `2 min. ago`, with the time on hover. */
export function Ago({ at }: { at: string }) {
  const current = useNow();
  const time = new Date(at);
  const [title] = useState(() => `${localTime(time)} (${utcTime(time)})`);
  return <time dateTime={at} title={title}>{ago(time, current)}</time>;
}
