/** Rows a second over time, as a small chart. */
import { shortCount } from "../format.ts";

/** A rate at a time. */
export interface Sample {
  /** In milliseconds since 1970. */
  readonly atMs: number;
  readonly rowsPerSecond: number;
}

const WIDTH = 600;
const HEIGHT = 96;
/** Room above the highest point. */
const TOP = 6;

/** The chart of at least two samples. */
export function RateChart({ samples }: { samples: readonly Sample[] }) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const highest = Math.max(1, ...samples.map((each) => each.rowsPerSecond));
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const points = samples.map(({ atMs, rowsPerSecond }) => {
    const x = (atMs - first.atMs) / spanMs * WIDTH;
    const y = HEIGHT - rowsPerSecond / highest * (HEIGHT - TOP);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const seconds = Math.round(spanMs / 1000);
  const label = `Rows a second over the last ${seconds} seconds: at most ${
    shortCount(highest)
  }, at the end ${shortCount(last.rowsPerSecond)}`;
  return (
    <figure class="chart">
      <div class="plot">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
        >
          <path class="area" d={`M0,${HEIGHT} L${points.join(" L")} L${WIDTH},${HEIGHT} Z`} />
          <polyline points={points.join(" ")} />
        </svg>
        <span class="highest" aria-hidden="true">{shortCount(highest)}/s</span>
      </div>
      <figcaption aria-hidden="true">
        <span>{seconds} s ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}
