/** The icons. They only repeat what stands beside them, so they are hidden from screen readers. */
import type { JSX } from "preact";

const PATHS = {
  runs: "M4 6h16M4 12h16M4 18h10",
  plus: "M12 5v14M5 12h14",
  datahub: "M4 12a8 8 0 0 1 8-8 8 8 0 0 1 8 8M12 20a8 8 0 0 1-8-8M12 12h.01M16 16l4 4",
  connections:
    "M5 7c0-1.7 3.1-3 7-3s7 1.3 7 3-3.1 3-7 3-7-1.3-7-3zM5 7v10c0 1.7 3.1 3 7 3s7-1.3 7-3V7M5 12c0 1.7 3.1 3 7 3s7-1.3 7-3",
  book: "M5 4h9a4 4 0 0 1 4 4v12H9a4 4 0 0 1-4-4zM9 9h5M9 13h5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  alert: "M12 8v5M12 16.5v.01M12 3.5l9.5 16.5h-19z",
  info: "M12 11v6M12 7.5v.01M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 0 0-17 0z",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10-6.5z",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  download: "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14",
  arrow: "M19 12H5M11 6l-6 6 6 6",
  leave: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
  clock: "M3.5 12a8.5 8.5 0 1 0 17 0 8.5 8.5 0 0 0-17 0zM12 7v5l3 2",
  shield: "M12 3.5l7 3v5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9v-5zM9 12l2.2 2.2L15.2 10",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon, as large as the text. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
