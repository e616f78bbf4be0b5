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

/** The chart. It takes the same room while there is too little to draw. */
export function RateChart({ samples, hasEnded }: {
  samples: readonly Sample[];
  hasEnded: boolean;
}) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || first === last) return <NothingYet />;
  const highest = Math.max(1, ...samples.map((each) => each.rowsPerSecond));
  const spanMs = Math.max(1, last.atMs - first.atMs);
  const points = samples.map(({ atMs, rowsPerSecond }) => {
    const x = (atMs - first.atMs) / spanMs * WIDTH;
    const y = HEIGHT - rowsPerSecond / highest * (HEIGHT - TOP);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const seconds = Math.round(spanMs / 1000);
  const label = `Rows a second over ${seconds} seconds: at most ${
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
        <span>{hasEnded ? "0 s" : `${seconds} s ago`}</span>
        <span>{hasEnded ? `${seconds} s` : "now"}</span>
      </figcaption>
    </figure>
  );
}

function NothingYet() {
  return (
    <figure class="chart">
      <div class="plot nothing">
        <p class="fine">The rate shows once rows are written.</p>
      </div>
      <figcaption aria-hidden="true">&nbsp;</figcaption>
    </figure>
  );
}
